# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What refuses bpf(2) or perf_event_open(2) to somebody who has the capabilities, and what runs out
# while the programs are loaded, is named by the streamer and by doctor.
# shellcheck disable=SC2034 # for collect.sh
targets='native bookworm trixie sid'

# try NAME COMMAND…: what it says is in NAME.log.
try() {
	name=$1
	shift
	rc=0
	"$@" >"$name.out" 2>"$name.log" || rc=$?
	echo $rc >"$name.exit"
}

# In a cgroup of its own, which may have enough memory for itself, but not for large rings.
limited() {
	parent=/sys/fs/cgroup file=memory.max
	[ ! -d $parent/memory ] || parent=/sys/fs/cgroup/memory file=memory.limit_in_bytes
	{ echo +memory >$parent/cgroup.subtree_control; } 2>/dev/null || true
	mkdir -p $parent/ringside-refused
	echo 40M >$parent/ringside-refused/$file
	sh -c "echo \$\$ >$parent/ringside-refused/cgroup.procs && exec \"\$@\"" sh "$@" || rc=$?
	rmdir $parent/ringside-refused
	return $rc
}

few_files() {
	(ulimit -n 20 && exec "$@")
}

small_files() {
	(ulimit -f 20 && exec "$@")
}

collect() {
	streamer=$BUILD/streamer/ringside-streamer doctor=$BUILD/consumer/ringside refuse=$BUILD/testdata/refuse

	try bpf "$refuse" bpf EPERM "$streamer"
	try bpf-enosys "$refuse" bpf,perf_event_open ENOSYS "$streamer"
	try doctor-bpf "$refuse" bpf EPERM "$doctor" doctor --no-measure
	try namespace unshare -r "$streamer"
	try doctor-namespace unshare -r "$doctor" doctor --no-measure
	try files few_files "$streamer"
	try doctor-files few_files "$doctor" doctor --no-measure
	try file-size small_files "$streamer" --allow-syscall-tax
	try memory limited "$streamer" --ring-size 64M
	[ "$TARGET" != native ] || return 0
	# This machine's own kernel has no kprobes.
	try perf "$refuse" perf_event_open EPERM "$streamer" --attach kprobe
	try perf-enosys "$refuse" perf_event_open ENOSYS "$streamer" --attach kprobe
}

# says NAME TEXT…: NAME has failed and said all of these, and nothing of what was not to blame.
says() {
	name=$1
	shift
	# doctor breaks lines
	said=$(cat "$name.log" "$name.out" | tr -s ' \n' ' ')
	for text in "$@" '!MEMLOCK' '!5.11' '!Invalid argument'; do
		found=yes
		printf '%s\n' "$said" | grep -qF -e "${text#!}" || found=no
		case $found$text in
		no!* | yes[!!]*) continue ;;
		esac
		echo "not ok - $name: $text"
		echo "# $said"
		return
	done
	if [ "$(cat "$name.exit")" = 1 ]; then
		echo "ok - $name: $*"
	else
		echo "not ok - $name exits with $(cat "$name.exit")"
	fi
}

judge() {
	says bpf 'bpf is refused (EPERM) by a seccomp profile' 'allow bpf and perf_event_open'
	says bpf-enosys 'bpf is refused (ENOSYS) by a seccomp profile'
	says doctor-bpf 'a seccomp profile of this container or service forbids bpf(2)'
	says namespace 'bpf is refused (EPERM): capabilities of a user namespace'
	says doctor-namespace 'this is a user namespace'
	says files 'too many open files: it may have 20' LimitNOFILE=
	says doctor-files 'too many open files: it may have 20'
	says file-size 'File too large' 'ulimit -f'
	says memory 'no memory (ENOMEM)' memory.max
	[ "$TARGET" != native ] || return 0
	says perf 'perf_event_open is refused (EPERM) by a seccomp profile'
	says perf-enosys 'perf_event_open is refused (ENOSYS) by a seccomp profile'
}
