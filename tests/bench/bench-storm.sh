#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-storm.sh BUILD
#
# COUNT (10,000,000) denials of one task on one CPU, without limits, into a file, plain and compressed:
# how many were dropped. Takes some 4 GB in TMPDIR.
set -euo pipefail

build=$(realpath "$1")
count=${COUNT:-10000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

storm() { # WHAT FILE OPTION…
	local what=$1 file=$work/$2 streamer ticks

	shift 2
	"$build/streamer/ringside-streamer" --allow-syscall-tax --rate 0 -q -w "$file" "$@" 2>"$work/log" &
	streamer=$!
	until [[ -s $file ]]; do
		kill -0 "$streamer"
		sleep 0.1
	done
	taskset -c 0 "$build/testdata/trigger-storm" --count "$count" >"$work/truth"
	ticks=$(awk '{ print $14 + $15 }' "/proc/$streamer/stat")
	kill "$streamer"
	wait "$streamer"
	"$build/consumer/ringside" verify -v "$file" >"$work/verified" || true
	awk -v what="$what" -v count="$count" -v ticks="$ticks" -v bytes="$(stat -c %s "$file")" '
		$1 == "seccomp_denial" {
			printf "  %-28s %9d delivered %9d dropped %6.0f ns CPU and %6.1f B an event\n",
				what, $2, $4, ticks * 1e7 / count, bytes / count
		}' "$work/verified"
	rm -f "$file"
}

echo "a storm of $count denials on one CPU"
storm plain plain.pb
storm 'compressed (-z)' small.pb.zst -z
