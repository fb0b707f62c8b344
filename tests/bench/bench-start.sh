#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-start.sh BUILD
#
# From exec to attached: ringside-streamer (its first record is written then, both probes with
# their self-test) against bpftrace with one empty tracepoint probe (its BEGIN runs then). Both
# sides in one run, in turn; medians. The ratio is bpftrace's time over ours.
set -euo pipefail

build=$(realpath "$1")
rounds=${ROUNDS-9}
work=$(mktemp -d)
mounted=''
trap 'rm -rf "$work"; [[ -z $mounted ]] || umount "$mounted"' EXIT

# bpftrace finds tracepoints in tracefs alone; ours need none.
if [[ ! -d /sys/kernel/tracing/events ]]; then
	mount -t tracefs ringside-bench /sys/kernel/tracing
	mounted=/sys/kernel/tracing
fi

now() { # ms
	date +%s%N | awk '{ printf "%.1f", $1 / 1e6 }'
}

# until_output TEXT COMMAND…: ms until its stdout begins with TEXT, or has it in a line
until_output() {
	local text=$1 pid begin end

	shift
	mkfifo "$work/pipe"
	begin=$(now)
	"$@" >"$work/pipe" 2>"$work/log" &
	pid=$!
	grep -qam1 "$text" "$work/pipe"
	end=$(now)
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	rm "$work/pipe"
	awk "BEGIN { printf \"%.1f\n\", $end - $begin }"
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

for ((i = 0; i < rounds; i++)); do
	until_output RINGSIDE "$build/streamer/ringside-streamer" --allow-syscall-tax -q >>"$work/ours"
	until_output ^up bpftrace -B line -e 'BEGIN { printf("up\n"); } tracepoint:oom:mark_victim { }' >>"$work/theirs"
done
ours=$(median "$work/ours") theirs=$(median "$work/theirs")
echo "start to attached, median of $rounds"
printf '  %-44s %8s ms\n' "bpftrace, 1 probe (baseline)" "$theirs" "ringside-streamer, 2 probes and self-test" "$ours"
awk "BEGIN { printf \"  %-44s %8.2f x faster\n\", \"ratio\", $theirs / $ours }"
