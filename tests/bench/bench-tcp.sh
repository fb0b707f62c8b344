#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-tcp.sh BUILD
#
# What the probe of TCP queues costs: those who send and receive, in the tier this machine offers, and
# the streamer, for the look at all open files before each set of Counters. With and without it in
# turn; medians of the ratio.
set -euo pipefail

build=$(realpath "$1")
ROUNDS=${ROUNDS:-9}
work=$(mktemp -d)
streamer='' holder=''
trap 'kill $streamer $holder 2>/dev/null || true; rm -rf "$work"' EXIT

start() { # OPTION…
	rm -f "$work/out.pb"
	"$build/streamer/ringside-streamer" --allow-syscall-tax -q -w "$work/out.pb" "$@" 2>"$work/log" &
	streamer=$!
	until [[ -s $work/out.pb ]]; do
		kill -0 $streamer 2>/dev/null || { cat "$work/log" >&2; exit 1; }
		sleep 0.05
	done
}

stop() {
	kill "$streamer"
	wait "$streamer" || true
	streamer=''
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# transfer WHAT SIZE COUNT
transfer() {
	local i without with

	rm -f "$work/without" "$work/with" "$work/ratio"
	for ((i = 0; i < ROUNDS; i++)); do
		without=$("$build/tests/bench/tcp-load" "$2" "$3")
		start --probes tcp
		with=$("$build/tests/bench/tcp-load" "$2" "$3")
		stop
		echo "$without" >>"$work/without"
		echo "$with" >>"$work/with"
		awk "BEGIN { print $with / $without }" >>"$work/ratio"
	done
	printf '  %-44s %8.0f ns  %8.0f ns  %6.3f x\n' "$1" "$(median <"$work/without")" \
		"$(median <"$work/with")" "$(median <"$work/ratio")"
}

ticks() { awk '{ print $14 + $15 }' "/proc/$streamer/stat"; }

# look FILES: CPU time of the streamer for each set of Counters
look() {
	local before

	"$build/tests/bench/tcp-load" files "$1" >"$work/up" &
	holder=$!
	until [[ -s $work/up ]]; do sleep 0.05; done
	start --probes tcp --counters-interval 1
	before=$(ticks)
	sleep 10.2
	awk -v t="$(($(ticks) - before))" -v hz="$(getconf CLK_TCK)" -v what="with $1 more sockets open" \
		'BEGIN { printf "  %-44s %8.1f ms\n", what, t / hz * 1000 / 10 }'
	stop
	kill $holder
	wait $holder 2>/dev/null || true
	holder=''
}

echo 'one send and one receive, CPU time: without, with the probe'
transfer '64 bytes' 64 300000
transfer '64 KiB' 65536 30000
echo 'the streamer, for each set of Counters'
look 0
look 10000
