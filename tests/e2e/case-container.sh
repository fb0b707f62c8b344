# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Events of a Kubernetes container name it, from its cgroup's path and the kubelet's log folders,
# although the cgroup is gone a moment later. In guests: the folders are the machine's own.
# shellcheck disable=SC2034 # for collect.sh
targets='[!n]*'

uid=11111111-2222-3333-4444-555555555555
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
slice=kubepods-burstable-pod$(echo $uid | tr - _).slice
cgroup=kubepods.slice/kubepods-burstable.slice/$slice/cri-containerd-$id.scope

collect() {
	mkdir -p "/var/log/pods/shop_web-7f9_$uid/app" /var/log/containers
	: >"/var/log/pods/shop_web-7f9_$uid/app/0.log"
	ln -s "/var/log/pods/shop_web-7f9_$uid/app/0.log" \
		"/var/log/containers/web-7f9_shop_app-$id.log"
	start container
	trigger container trigger-seccomp --cgroup "$cgroup" c01
	trigger container trigger-oom --cgroup "$cgroup" o01
	stop container
}

same() { # WHAT FOUND WANTED
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1: $2, not $3"
	fi
}

judge() {
	ringside=$BUILD/consumer/ringside
	"$ringside" cat -o json --kind oom,seccomp container.pb >container.json
	want="containerd $id $uid shop web-7f9 app /$cgroup"
	for field in seccomp_denial/container oom_kill/victim_container oom_kill/limit_owner; do
		same "${field#*/} of ${field%/*}" "$(jq -r --arg kind "${field%/*}" \
			"select(.kind == \$kind) | .${field#*/} |
			 \"\\(.runtime) \\(.id) \\(.pod_uid) \\(.namespace_name) \\(.pod_name) \\(.container_name) \\(.cgroup_path)\"" \
			container.json)" "$want"
	done
	same "limit_level" "$(jq -r 'select(.limit_level) | .limit_level' container.json)" CONTAINER
	same "lines of text that name it" \
		"$("$ringside" cat --pod 'web-*' --namespace shop container.pb |
			grep -c ' shop/web-7f9/app ')" 2
	judge_whole container
}
