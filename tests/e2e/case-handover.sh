# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A streamer that is started again by a service manager which keeps its descriptors, in the midst of a storm:
# each event is there once, in one stream; and the end for good leaves nothing attached.
# shellcheck disable=SC2034 # for run
targets='native bullseye bookworm bookworm-legacy trixie sid'
RUNS=6
MS=2500

collect() {
	mkdir kept
	chown 4242:4242 kept
	# shellcheck disable=SC2086 # none or two words
	"$BUILD/testdata/keep-fds" $RUNS TERM $MS "$BUILD/streamer/ringside-streamer" -w kept/ --user 4242 \
		--allow-syscall-tax --rate 0 $variant --probes oom,seccomp,signal,tcp,bpf 2>handover.log >handover.runs &
	keeper=$!
	wait_until $patience "first start" grep -q 'recording to' handover.log
	trigger handover trigger-storm --tasks 2 --count 20000 --seconds $((RUNS * MS / 1000 - 3)) --cgroup ringside-handover
	wait $keeper
	grep -lE '^link_type:[[:space:]]*(tracing|raw_tracepoint|perf|iter|kprobe)' /proc/[0-9]*/fdinfo/* 2>/dev/null >left || true
	chmod -R a+rX kept
}

judge() {
	sed 's/^/# /' handover.log handover.runs
	if [ "$(grep -c 'goes on with what' handover.log)" = $((RUNS - 1)) ] &&
		[ "$(grep -c '"exit":0,"kept":[1-9]' handover.runs)" = $((RUNS - 1)) ]; then
		echo "ok - each went on with what the one before it left"
	else
		echo "not ok - each went on with what the one before it left"
	fi
	if tail -n 1 handover.runs | grep -q '"signal":2,"exit":0,"kept":0' && [ ! -s left ]; then
		echo "ok - the end for good leaves nothing"
	else
		sed 's/^/# /' left
		echo "not ok - the end for good leaves nothing"
	fi
	/usr/bin/python3 "$TESTS/e2e/sums.py" --verify "$BUILD/consumer/ringside" --lost no --limited no --handed-on \
		kept handover.truth >handover.sums || true
	cat handover.sums
	grep -q '^ok' handover.sums || echo "not ok - sums.py found nothing to say"
	"$BUILD/consumer/ringside" cat -o json --kind seccomp kept >handover.json
	if [ "$(grep -c '"name":"getppid"\|getppid' handover.json)" = "$(grep -c '/ringside-handover' handover.json)" ]; then
		echo "ok - each has the name of its cgroup"
	else
		echo "not ok - each has the name of its cgroup"
	fi
}
