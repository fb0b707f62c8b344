# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A container that a real runtime (crun) makes, with the seccomp profile that podman gives it: what
# is denied and killed in it names it, although nothing of it is left when the streamer gets to it.
# shellcheck disable=SC2034 # for collect.sh
targets='bullseye bookworm trixie sid *-preempt'
programs=crun

id=3b1c5e0fa2d94786b5d0c7e1f8a92364aa17c0de5b6f4891d2e3c4b5a6978801
cgroup=/machine.slice/libpod-$id.scope/container
# The clock is not a container's; then three times the limit.
command='date -s 2000-01-01; dd if=/dev/zero of=/dev/null bs=96M count=1; echo dd: $?'

prepare() {
	mkdir -p bundle/rootfs/bin bundle/rootfs/dev bundle/rootfs/proc
	cp /bin/busybox bundle/rootfs/bin/
	for applet in sh date dd; do
		ln -s busybox bundle/rootfs/bin/$applet
	done
	jq --arg cgroup "$cgroup" --arg command "$command" --argjson limit $((32 << 20)) \
		-f "$TESTS/e2e/oci.jq" /usr/share/containers/seccomp.json >bundle/config.json
}

collect() {
	start runtime
	kill -STOP "$(cat runtime.pid)"
	rc=0
	crun --cgroup-manager=cgroupfs run --no-pivot -b "$FILES/bundle" "$id" >crun.out 2>&1 || rc=$?
	rmdir "/sys/fs/cgroup${cgroup%/*}" || rc=1 # podman's part; its own, crun has removed
	kill -CONT "$(cat runtime.pid)"
	cat crun.out
	[ $rc = 0 ]
	stop runtime
}

judge() {
	"$BUILD/consumer/ringside" cat -o json --kind oom,seccomp runtime.pb >runtime.json
	same "the container's own view" "$(tail -n 1 crun.out)" "dd: 137"
	same "denied" "$(value 'select(.process.comm == "date") |
		"\(.syscall) \(.action) \(.errno) \(.container.runtime) \(.container.id)"')" \
		"clock_settime ERRNO EPERM podman $id"
	same "killed" "$(value 'select(.kind == "oom_kill") |
		"\(.process.comm) \(.container.runtime) \(.container.id)"')" "dd podman $id"
	same "whose limit" "$(value 'select(.kind == "oom_kill") |
		"\(.limit_level) \(.limit_owner.id) \(.limit_bytes)"')" "CONTAINER $id $((32 << 20))"
	same "their pids, here and there" "$(value '.process |
		select(.comm | IN("date", "dd")) | .pid > 10 and .vpid < 10' | xargs)" "true true"
	same "events of others" "$(value 'select(.container.id != "'$id'") |
		.message')" ""
	judge_whole runtime
}

value() {
	jq -r "$1" runtime.json
}

same() { # WHAT FOUND WANTED
	if [ "$2" = "$3" ]; then
		echo "ok - $1: $2"
	else
		echo "not ok - $1: $2, not $3"
	fi
}
