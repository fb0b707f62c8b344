# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# memory.oom.group: of more victims at once than are kept in mind, each is told once or said to be
# lost; and a streamer that is killed right after such a kill leaves it open whether there was another.
# shellcheck disable=SC2034 # for collect.sh
targets='bookworm trixie sid' # the machine's own kernel may have cgroup v1
memory=1536

TASKS=4500

collect() {
	# What goes before all others does so all the time, or some victims end before the last is killed.
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	for tier in auto tracepoint; do
		start $tier --probes oom --attach $tier
		trigger $tier trigger-oom --group $TASKS
		stop $tier
	done
	collect_killed
}

# The next set of counters would be in ten minutes.
collect_killed() {
	mkdir folder
	for try in killed next; do
		"$BUILD/streamer/ringside-streamer" -w folder/ --probes oom --counters-interval 600 \
			2>$try.log &
		streamer=$!
		echo $streamer >$try.pid
		wait_until 60 "first record of $try" recorded $try
		if [ $try = killed ]; then
			trigger killed trigger-oom o03
			wait_until 10 "three kills" three_are_told
			kill -KILL $streamer
			wait $streamer || true
			rm killed.pid
		fi
	done
	stop next
}

recorded() {
	[ "$(find folder -type f -size +0 | wc -l)" -lt "$([ "$1" = killed ] && echo 1 || echo 2)" ] ||
		return 0
	kill -0 "$streamer" && return 1
	cat "$1.log"
	exit 1
}

three_are_told() {
	[ "$("$BUILD/consumer/ringside" cat --kind oom folder | grep -c .)" -ge 3 ]
}

judge() {
	for tier in auto tracepoint; do
		/usr/bin/python3 "$TESTS/e2e/group.py" $tier.pb $tier.truth >$tier.judged 2>&1 || true
		sed -E "s/^(ok|not ok) - /\1 - $tier: /" $tier.judged
		grep -q '^ok' $tier.judged || echo "not ok - $tier: group.py found nothing to say"
	done
	"$BUILD/consumer/ringside" verify folder >verified || true
	if grep -q 'there were 0 to 1 OOM kills' verified; then
		echo "ok - killed after a group: there were 0 to 1 more"
	else
		echo "not ok - killed after a group: $(cat verified)"
	fi
}
