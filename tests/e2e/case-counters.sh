# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Counters are the trigger's own count to the last denial, for every reader: rows of four cgroups that
# grow on all CPUs at once, as two streamers write them and as two clients of `ringside serve` read
# them meanwhile; and the rows of 1,000 cgroups that come and go, which lose no value and leave
# nothing behind. RINGSIDE_COUNTERS: denials, of all four together.
# shellcheck disable=SC2034 # for collect.sh
targets='native bookworm trixie'

case $TARGET in
native) COUNT=${RINGSIDE_COUNTERS:-1000000} SECONDS_OF_IT=6 ;;
*) COUNT=${RINGSIDE_COUNTERS:-100000} SECONDS_OF_IT=5 ;;
esac

collect() {
	# Only a streamer that has had as many before shows what stays behind. In guests case-fair waits
	# for rows to leave.
	[ "$TARGET" != native ] || {
		start_two loop
		loop 1
	}
	collect_storm
	[ "$TARGET" = native ] || return 0
	leave
	remember_memory before
	loop 2
	leave
	remember_memory after
	stop_two loop
}

collect_storm() {
	start_two storm
	[ "$TARGET" != native ] || serve storm-packed.pb
	storm
	stop_two storm
	[ "$TARGET" != native ] || end_serve
}

# loop NUMBER: 1,000 cgroups, one after the other, with three rows each: about what one container may
# have.
loop() {
	trigger loop trigger-storm --cgroup "counters-loop-$1" --tasks 2 --count 3500 --per-cgroup 7 \
		--distinct 3
	looped=$(date +%s)
}

# Until the rows have left: ten seconds after their cgroups, with the set after the next.
leave() {
	rest=$((looped + 13 - $(date +%s)))
	[ $rest -le 0 ] || sleep $rest
}

# With the limits as they are by default: most of a storm is in the counters alone.
start_two() {
	for name in "$1-plain" "$1-packed"; do
		case $name in
		*-packed) packed=-z ;;
		*) packed='' ;;
		esac
		# shellcheck disable=SC2086 # none or one word
		start "$name" $packed --rate 1,20 --container-rate 1000 --counters-interval 1
	done
}

stop_two() {
	stop "$1-plain"
	stop "$1-packed"
}

# Four cgroups at once, each with a task on every CPU, and with few rows, which then are added to by
# several CPUs at the same moment, or many.
storm() {
	tasks=$(grep -c ^processor /proc/cpuinfo)
	[ "$tasks" -ge 2 ] || tasks=2
	each=$(((COUNT + 4 * tasks - 1) / (4 * tasks)))
	pids=''
	for distinct in 2 5 20 250; do
		"$BUILD/testdata/trigger-storm" --cgroup counters-$distinct --tasks "$tasks" --pin \
			--count $each --seconds $SECONDS_OF_IT --distinct $distinct >storm.truth.$distinct &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	cat storm.truth.* >storm.truth
}

# serve FILE: and two clients, which ask until the end.
serve() {
	"$BUILD/consumer/ringside" serve --per-container --listen unix:serve.sock "$1" >serve.log 2>&1 &
	echo $! >serve.pid
	wait_until 10 "socket of serve" test -S serve.sock
	for what in metrics check; do
		/usr/bin/python3 "$TESTS/e2e/ask.py" serve.sock $what >$what.answers 2>$what.log &
		echo $! >$what.pid
	done
}

# The last sums are served on when a recording is closed.
end_serve() {
	sleep 1
	stop metrics
	stop check
	stop serve
}

remember_memory() {
	for name in loop-plain loop-packed; do
		sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(cat $name.pid)/status" >"$name.$1"
	done
}

judge() {
	judge_by storm-plain storm storm-plain.pb storm.truth
	judge_by storm-packed storm storm-packed.pb storm.truth
	judge_whole storm-plain
	judge_whole storm-packed
	[ "$TARGET" = native ] || return 0
	judge_by metrics metrics metrics.answers storm.truth
	judge_by check check check.answers storm.truth
	for name in loop-plain loop-packed; do
		judge_by $name loop $name.pb loop.truth
		judge_whole $name
		judge_memory $name
	done
}

judge_by() { # LABEL WHAT FILE TRUTH
	/usr/bin/python3 "$TESTS/e2e/counters.py" "$2" "$3" "$4" >"$1.judged" 2>&1 || true
	sed -E "s/^(ok|not ok) - /\1 - $1: /" "$1.judged"
	grep -qE '^(ok|not ok)' "$1.judged" || echo "not ok - $1: counters.py found nothing to say"
}

judge_memory() {
	before=$(cat "$1.before") after=$(cat "$1.after") sign=not
	[ $((after - before)) -ge 256 ] || sign=
	echo "$sign${sign:+ }ok - $1: RssAnon was $before kB, and is $after kB after as many cgroups again"
}
