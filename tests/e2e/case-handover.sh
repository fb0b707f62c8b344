# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A streamer that is started again by a service manager which keeps its descriptors, in the midst of a storm:
# each event is there once, in one stream, also where it is killed instead of told to end; and the end for good
# leaves nothing attached. Once it is attached it takes no privileges to go on, where the kernel wants none for bpf(2)
# (5.19).
# shellcheck disable=SC2034 # for run
targets='native bullseye bookworm bookworm-legacy trixie sid'
later=''
RUNS=6
MS=2500

collect() {
	run_under_storm handover TERM
	case $TARGET in
	bullseye*) ;;
	*) later='-u 4242' ;;
	esac
	run_under_storm killed KILL,TERM,KILL
}

run_under_storm() { # NAME SIGNALS
	mkdir "$1.kept"
	chown 4242:4242 "$1.kept"
	# shellcheck disable=SC2086 # none or two words
	"$BUILD/testdata/keep-fds" $later $RUNS "$2" $MS "$BUILD/streamer/ringside-streamer" -w "$1.kept/" --user 4242 \
		--allow-syscall-tax --rate 0 $variant --probes oom,seccomp,signal,tcp,bpf \
		2>"$1.log" >"$1.runs" &
	keeper=$!
	wait_until $patience "first start" grep -q 'recording to' "$1.log"
	trigger "$1" trigger-storm --tasks 2 --count 20000 --seconds $((RUNS * MS / 1000 - 3)) --cgroup ringside-handover
	wait $keeper
	grep -lE '^link_type:[[:space:]]*(tracing|raw_tracepoint|perf|iter|kprobe)' /proc/[0-9]*/fdinfo/* 2>/dev/null >"$1.left" || true
	chmod -R a+rX "$1.kept"
}

judge() {
	judge_one handover --lost no --limited no --sink no --handed-on
	judge_one killed --lost no --limited no --sink no --open --handed-on
}

judge_one() { # NAME OPTION…: of sums.py
	one=$1
	shift
	sed 's/^/# /' "$one.log" "$one.runs"
	if [ "$(grep -c 'goes on with what' "$one.log")" = $((RUNS - 1)) ] &&
		[ "$(grep -c '"kept":[1-9]' "$one.runs")" = $((RUNS - 1)) ]; then
		echo "ok - $one: each went on with what the one before it left"
	else
		echo "not ok - $one: each went on with what the one before it left"
	fi
	if tail -n 1 "$one.runs" | grep -q '"signal":2,"exit":0,"kept":0' && [ ! -s "$one.left" ]; then
		echo "ok - $one: the end for good leaves nothing"
	else
		sed 's/^/# /' "$one.left"
		echo "not ok - $one: the end for good leaves nothing"
	fi
	/usr/bin/python3 "$TESTS/e2e/sums.py" --verify "$BUILD/consumer/ringside" "$@" \
		"$one.kept" "$one.truth" >"$one.sums" || true
	sed -E "s/^(ok|not ok) - /\\1 - $one: /" "$one.sums"
	grep -q '^ok' "$one.sums" || echo "not ok - $one: sums.py found nothing to say"
	"$BUILD/consumer/ringside" cat -o json --kind seccomp "$one.kept" 2>/dev/null |
		grep '"kind":"seccomp_denial"' >"$one.json"
	if grep -q . "$one.json" && ! grep -qv '/ringside-handover' "$one.json"; then
		echo "ok - $one: each has the name of its cgroup"
	else
		echo "not ok - $one: each has the name of its cgroup"
	fi
}
