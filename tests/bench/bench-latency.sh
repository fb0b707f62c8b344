#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-latency.sh BUILD
#
# How old a denial is, by the time the hook put into it, when its last byte has come out of the
# streamer's stdout: single ones on an idle machine, and in a storm of one task. No limits.
set -euo pipefail

build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# latency WHAT COMMAND…: a line of what measure-latency says of the denials COMMAND makes
latency() {
	local what=$1 streamer reader

	shift
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	"$build/tests/bench/measure-latency" <"$work/pipe" >"$work/result" &
	reader=$!
	"$build/streamer/ringside-streamer" --allow-syscall-tax --rate 0 -q >"$work/pipe" 2>"$work/log" &
	streamer=$!
	sleep 0.5
	"$@" >/dev/null
	sleep 0.5
	kill "$streamer"
	wait "$streamer" "$reader"
	awk -v what="$what" '{ printf "  %-44s %9d events  p50 %8.3f ms  p99 %8.3f ms  max %8.3f ms\n", what,
		$1, $2 / 1000, $3 / 1000, $4 / 1000 }' "$work/result"
}

single() {
	local i

	for ((i = 0; i < 300; i++)); do
		"$build/testdata/trigger-storm" --count 1
		sleep 0.01
	done
}

echo 'from the hook to the last byte on stdout'
latency 'idle, one at a time' single
latency 'in a storm of 1,000,000' "$build/testdata/trigger-storm" --count 1000000
