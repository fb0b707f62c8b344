# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A minute with nothing to report: what the streamer costs then.
# shellcheck disable=SC2034 # for collect.sh
targets=native beside=yes

collect() {
	# A minute in which nobody else made events: that is what idle means.
	for try in 1 2 3; do
		minute
		# but for the other streamer, whose self-test comes at its start
		"$BUILD/consumer/ringside" cat --kind oom,seccomp idle.pb | grep -qv ringside-stream ||
			return 0
		rm idle.pb packed.pb
	done
	echo "after three tries ($try), something on this machine still makes events all the time"
	return 1
}

minute() {
	start idle --ring-size 2M
	start packed -z --ring-size 2M
	for name in idle packed; do
		cpu "$(cat $name.pid)" >$name.before
	done
	sleep 60
	for name in idle packed; do
		pid=$(cat $name.pid)
		cpu "$pid" >$name.after
		grep -E '^(RssAnon|VmRSS):' "/proc/$pid/status" >$name.memory
		stop $name
	done
}

# CPU time of all its threads in ns; a tick of /proc/PID/stat would be 10 ms.
cpu() {
	awk '{ sum += $1 } END { printf "%.0f\n", sum }' "/proc/$1"/task/*/schedstat
}

below() { # WHAT FIGURE LIMIT UNIT
	if [ "$2" -lt "$3" ]; then
		echo "ok - $1: $2 $4, below $3"
	else
		echo "not ok - $1: $2 $4, not below $3"
	fi
}

judge() {
	for name in idle packed; do
		used=$((($(cat $name.after) - $(cat $name.before)) / 1000))
		below "$name: CPU time in 60 s" $used 50000 µs
		below "$name: RssAnon" "$(awk '/RssAnon/ { print $2 }' $name.memory)" 4096 kB
		below "$name: VmRSS" "$(awk '/VmRSS/ { print $2 }' $name.memory)" 13824 kB
	done
	judge_whole idle
}
