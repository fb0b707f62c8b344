# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What an ordinary user makes below his own manager on cgroup v2, with the names of other people's
# things: it stays his, whatever it is called, and no advice is about the machine's own unit of that name.
# In guests: the user's slice is the machine's.
# shellcheck disable=SC2034 # for collect.sh
targets='bookworm trixie bullseye sid'

user=1000
top=user.slice/user-$user.slice/user@$user.service
pod=11111111-2222-3333-4444-555555555555
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
names="ssh.service docker-$id.scope kubepods/burstable/pod$pod/$id a/b/c/d/e/f/g/h/i/j/k/l/nginx.service"

# In the user's shell: NAME below the manager, with a limit of its own; a denial, and a kill.
as_user() {
	cat <<-'END'
		set -e
		cgroup=$1
		while [ "$2" ]; do
			echo +memory >"$cgroup/cgroup.subtree_control"
			cgroup=$cgroup/${2%%/*}
			[ -d "$cgroup" ] || mkdir "$cgroup"
			case $2 in
			*/*) set -- "$1" "${2#*/}" "$3" ;;
			*) set -- "$1" "" "$3" ;;
			esac
		done
		echo 16777216 >"$cgroup/memory.max"
		[ ! -e "$cgroup/memory.swap.max" ] || echo 0 >"$cgroup/memory.swap.max"
		sh -c 'echo 0 >"$1/cgroup.procs"; exec "$2/trigger-seccomp" c01' sh "$cgroup" "$3"
		! sh -c 'echo 0 >"$1/cgroup.procs"; exec tail -c 67108864 /dev/zero' sh "$cgroup"
	END
}

# The cgroups that systemd makes, and hands over.
delegate() {
	cgroup=/sys/fs/cgroup
	for part in user.slice user-$user.slice user@$user.service init.scope; do
		echo +memory >"$cgroup/cgroup.subtree_control"
		cgroup=$cgroup/$part
		mkdir "$cgroup"
	done
	for cgroup in /sys/fs/cgroup/$top /sys/fs/cgroup/$top/init.scope; do
		chown $user "$cgroup" "$cgroup/cgroup.procs" "$cgroup/cgroup.subtree_control"
	done
}

collect() {
	folder=/tmp/delegated
	mkdir -m 755 "$folder"
	cp "$BUILD/testdata/as-user" "$BUILD/testdata/trigger-seccomp" $folder
	as_user >$folder/user.sh
	chmod 755 $folder/*
	delegate
	start delegated
	for name in $names; do
		sh -c 'echo 0 >"$1/init.scope/cgroup.procs"; exec "$2/as-user" '$user' none sh "$2/user.sh" "$1" "$3" "$2"' \
			sh /sys/fs/cgroup/$top $folder "$name" >>delegated.did 2>&1
	done
	stop delegated
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
	"$ringside" cat -v --kind oom,seccomp delegated.pb >text
	"$ringside" cat -o json --kind oom,seccomp delegated.pb >json
	same "kills told" "$(jq -r 'select(.kind == "oom_kill") | .kind' json | wc -l)" 4
	same "whose all of it is" \
		"$(jq -r '.container.unit' json | sort -u)" "user@$user.service"
	same "whose limits they are" "$(jq -r '.limit_owner.unit // empty' json | sort -u)" "user@$user.service"
	same "paths of the limits" "$(jq -r '.limit_owner.cgroup // empty' json | sort)" \
		"$(for name in $names; do echo "/$top/$name"; done | sort)"
	same "different words for different cgroups" \
		"$(awk '/ (DENY|OOM) / { print $5 }' text | sort -u | wc -l)" 4
	same "the machine's ssh.service and nginx.service" \
		"$("$ringside" cat --kind oom,seccomp -u ssh.service -u nginx.service delegated.pb | wc -l)" 0
	same "the user's ssh.service" "$("$ringside" cat --kind oom --user-unit ssh.service delegated.pb | wc -l)" 1
	same "the machine's pod and container" \
		"$("$ringside" cat --kind oom,seccomp --pod $pod --container docker:0123456789ab delegated.pb | wc -l)" 0
	same "what to change" "$(grep -cE '^ +(raise|allow) ' text)" 8
	same "commands for the machine's own units" \
		"$(grep -cE 'systemctl (edit|set-property) (ssh|nginx)' text || true)" 0
	judge_whole delegated
}
