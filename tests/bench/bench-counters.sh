#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-counters.sh BUILD
#
# What sets of Counters cost the streamer when all their rows change each time: its CPU time less that
# of a second one beside it, which gets the same events and makes no set (the baseline). With a set a
# second, so that there are enough; an hour's is of the default interval. Medians.
set -euo pipefail

build=$(realpath "$1")
ROUNDS=${ROUNDS:-3} SECONDS_OF_IT=10 DEFAULT_INTERVAL=10
work=$(mktemp -d)
pids=()
trap '[[ ${#pids[@]} = 0 ]] || kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

start() { # NAME INTERVAL: each row has an event a second, which is what the limits let through
	rm -f "$work/$1.pb"
	"$build/streamer/ringside-streamer" --allow-syscall-tax -q -w "$work/$1.pb" --probes seccomp \
		--container-rate 0 --counters-interval "$2" 2>"$work/log" &
	pids+=($!)
	until [[ -s $work/$1.pb ]]; do
		kill -0 $! 2>/dev/null || { cat "$work/log" >&2; exit 1; }
		sleep 0.05
	done
}

cpu() { awk '{ sum += $1 } END { printf "%.0f", sum }' "/proc/$1"/task/*/schedstat; } # ns

sets() { "$build/consumer/ringside" cat --kind counters -o json "$work/sets.pb" 2>/dev/null | grep -c '"part":1,'; }

# measure ROWS: one more line of ns a set, and of the baseline in the whole time
measure() {
	local baseline with n

	pids=()
	start baseline 3600
	start sets 1
	[[ $1 = 0 ]] || {
		"$build/testdata/trigger-storm" --cgroup bench-counters --distinct "$1" \
			--count $(($1 * (SECONDS_OF_IT + 4))) --seconds $((SECONDS_OF_IT + 4)) >/dev/null &
		pids+=($!)
	}
	sleep 2.5
	n=$(sets) baseline=$(cpu "${pids[0]}") with=$(cpu "${pids[1]}")
	sleep $SECONDS_OF_IT
	baseline=$(($(cpu "${pids[0]}") - baseline)) with=$(($(cpu "${pids[1]}") - with))
	n=$(($(sets) - n))
	echo "$(((with - baseline) / n)) $baseline" >>"$work/$1"
	kill "${pids[0]}" "${pids[1]}"
	wait "${pids[@]}"
	pids=()
}

median() { # FILE COLUMN
	awk -v c="$2" '{ print $c }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

echo 'sets of Counters: CPU time of the streamer; beside it the baseline, events without sets'
for rows in 0 1000 4000; do
	for ((i = 0; i < ROUNDS; i++)); do
		measure $rows
	done
	awk -v rows=$rows -v ns="$(median "$work/$rows" 1)" -v base="$(median "$work/$rows" 2)" \
		-v seconds=$SECONDS_OF_IT -v interval=$DEFAULT_INTERVAL 'BEGIN {
			printf "  %-44s %8.0f µs a set %8.2f s an hour, one every %d s; baseline %.2f s an hour\n",
				(rows ? rows " rows that all changed" : "no rows"), ns / 1e3, ns / 1e9 * 3600 / interval, interval,
				base / 1e9 / seconds * 3600 }'
done
