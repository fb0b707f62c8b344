# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The rows of BPF objects say what the kernel says: of a program and of maps of each type with known
# sizes, through their file descriptors; of all others on the machine, through bpftool.
# shellcheck disable=SC2034 # for collect.sh
targets='native bullseye bullseye-v1 bookworm bookworm-v1 bookworm-legacy bookworm-preempt
	trixie trixie-preempt trixie-smp8 trixie-arm64 sid sid-preempt sid-smp8'
# Of arm64 there is none here.
case $TARGET in
*-arm64) tool=--no-tool ;;
*) programs=bpftool tool='' ;;
esac
INTERVAL=2
RUNS=1000

collect() {
	start bpf --probes oom,seccomp,bpf --bpf-stats --counters-interval $INTERVAL
	"$BUILD/testdata/trigger-bpf" --cgroup ringside-bpf/known --runs $RUNS --hold $((3 * INTERVAL)) \
		>bpf.truth 2>bpf.skipped &
	known=$!
	wait_until 20 "known objects" test -s bpf.truth
	list before
	sleep $((2 * INTERVAL))
	list after
	wait $known
	sleep $((INTERVAL + 1)) # they are told to be gone
	stop bpf
}

# What is in both lists was there in between.
list() {
	[ -z "$tool" ] || return 0
	bpftool -j prog >"$1.programs"
	bpftool -j map >"$1.maps"
}

judge() {
	# shellcheck disable=SC2086 # one word or none
	/usr/bin/python3 "$TESTS/e2e/bpf.py" --runs $RUNS $tool bpf.pb bpf.truth >bpf.judged 2>&1 || true
	cat bpf.judged
	grep -q '^ok' bpf.judged || echo "not ok - bpf.py found nothing to say"
	judge_whole bpf
}
