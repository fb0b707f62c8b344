# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Before 5.11 an ordinary user needs CAP_SYS_RESOURCE beside CAP_BPF and CAP_PERFMON: maps are counted
# against RLIMIT_MEMLOCK. Without it the streamer and doctor say so; a limit raised by others will do.
# shellcheck disable=SC2034 # for collect.sh
targets='bullseye bullseye-v1'

# as CAPABILITIES PROGRAM ARG…
as() {
	caps=$1 program=$2
	shift 2
	"$folder/as-user" 65534 "$caps" "$folder/$program" "$@"
}

# begin NAME CAPABILITIES
begin() {
	"$folder/as-user" 65534 "$2" "$folder/ringside-streamer" --rate 0 >"$1.pb" 2>"$1.log" &
	streamer=$!
	name=$1
	echo "$streamer" >"$1.pid"
	wait_until 60 "first record of $1.pb" began
}

collect() {
	folder=$(mktemp -d)
	chmod 755 "$folder"
	trap 'rm -rf "$folder"; end_streamers' EXIT
	cp "$BUILD/testdata/as-user" "$BUILD/streamer/ringside-streamer" \
		"$BUILD/consumer/ringside" "$folder"
	chmod 755 "$folder"/*
	echo 2 >/proc/sys/kernel/perf_event_paranoid # for kprobes: see case-privileges.sh

	rc=0
	as bpf,perfmon ringside-streamer >without.pb 2>without.log || rc=$?
	echo $rc >without.exit
	rc=0
	as bpf,perfmon ringside doctor --no-measure >doctor.log 2>&1 || rc=$?
	echo $rc >doctor.exit

	begin resource bpf,perfmon,sys_resource
	trigger resource trigger-seccomp --cgroup ringside-memlock c01
	stop resource

	# shellcheck disable=SC3045 # busybox has it
	ulimit -l unlimited
	begin unlimited bpf,perfmon
	trigger unlimited trigger-seccomp --cgroup ringside-memlock c01
	stop unlimited
}

judge() {
	for name in without doctor; do
		tr -s ' \n' ' ' <$name.log >$name.said
		if [ "$(cat $name.exit)" = 1 ] &&
			grep -q 'CAP_SYS_RESOURCE is missing.*LimitMEMLOCK=infinity' $name.said; then
			echo "ok - $name: CAP_SYS_RESOURCE is named"
		else
			echo "not ok - $name: exits with $(cat $name.exit)"
			sed 's/^/# /' $name.log
		fi
	done
	for name in resource unlimited; do
		judge_whole $name
		seen=$("$BUILD/consumer/ringside" cat -o json --kind seccomp $name.pb | wc -l)
		if [ "$seen" = 1 ]; then
			echo "ok - $name: the denial is there"
		else
			echo "not ok - $name: $seen denials"
		fi
	done
}
