# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Events of a Kubernetes container name it, from its cgroup's path and the kubelet's log folders,
# although the cgroup is gone a moment later. One that makes cgroups of the same names below its own,
# and 20 more before them, stays what it is. In guests: the folders are the machine's own.
# shellcheck disable=SC2034 # for collect.sh
targets='[!n]*'

uid=11111111-2222-3333-4444-555555555555
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
slice=kubepods-burstable-pod$(echo $uid | tr - _).slice
cgroup=kubepods.slice/kubepods-burstable.slice/$slice/cri-containerd-$id.scope

thief=fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210
levels() { # FIRST LAST
	seq -s / "$1" "$2"
}

collect() {
	mkdir -p "/var/log/pods/shop_web-7f9_$uid/app" /var/log/containers
	: >"/var/log/pods/shop_web-7f9_$uid/app/0.log"
	ln -s "/var/log/pods/shop_web-7f9_$uid/app/0.log" \
		"/var/log/containers/web-7f9_shop_app-$id.log"
	start container
	trigger container trigger-seccomp --cgroup "$cgroup" c01
	trigger container trigger-oom --cgroup "$cgroup" o01
	trigger container trigger-seccomp --cgroup "docker/$thief/$(levels 1 20)/$cgroup" c01
	trigger container trigger-oom --cgroup "docker/$thief/$(levels 1 20)/$cgroup" o01
	stop container
}

same() { # WHAT FOUND WANTED
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1: $2, not $3"
	fi
}

names() { # FILE FIELD: what it says of whose the cgroup is
	jq -r --arg kind "${2%/*}" "select(.kind == \$kind) | .${2#*/} |
		 \"\(.runtime) \(.id) \(.pod_uid) \(.namespace) \(.pod) \(.name) \(.cgroup)\"" "$1"
}

judge() {
	ringside=$BUILD/consumer/ringside
	"$ringside" cat -o json --kind oom,seccomp --container $id container.pb >container.json
	"$ringside" cat -o json --kind oom,seccomp --container $thief container.pb >thief.json
	want="containerd $id $uid shop web-7f9 app /$cgroup"
	deep="/docker/$thief/$(levels 1 6)/…/$(levels 17 20)/$cgroup"
	for field in seccomp_denial/container oom_kill/container oom_kill/limit_owner; do
		same "${field#*/} of ${field%/*}" "$(names container.json "$field")" "$want"
		same "${field#*/} of ${field%/*} of one that nests" "$(names thief.json "$field")" \
			"docker $thief null null null null $deep"
	done
	same "limit_level" "$(jq -r 'select(.limit_level) | .limit_level' container.json)" CONTAINER
	same "what is nested" "$(jq -r '.container.nested // empty' thief.json | sort -u)" \
		"…/pod:$uid/containerd:$id"
	same "lines of text that name it" \
		"$("$ringside" cat --pod 'web-*' --namespace shop container.pb |
			grep -c ' shop/web-7f9/app ')" 2
	same "lines of text that name the other one" \
		"$("$ringside" cat container.pb |
			grep -c " docker:fedcba987654/…/pod:$uid/containerd:$id ")" 2
	judge_whole container
}
