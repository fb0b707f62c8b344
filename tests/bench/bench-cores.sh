#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-cores.sh BUILD [MIB]
#
# cat, stats and verify over a folder of four recordings, on one CPU and on all that this process may
# use (goals: 1.6 times as fast, with 1.1 of the CPU time). What runs on one CPU is the build $AGAINST
# if there is one. Both sides in one run, in turn; medians. The output is compared before, and goes
# to /dev/null: who read it from a pipe would take one of the CPUs.
set -euo pipefail

build=$(realpath "$1")
mib=${2-400}
baseline=$(realpath "${AGAINST:-$1}")
rounds=${ROUNDS-5}
# shellcheck source=tests/bench/table.sh
. "$(dirname "$0")/table.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%R %U %S'
one=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//') # of the CPUs that are allowed

timed() { # LOG COMMAND…: appends wall and CPU seconds
	local log=$1

	shift
	# verify finds that all four are the same stream, and fails
	{ time "$@" >/dev/null 2>&1 || true; } 2>>"$log"
}

sum_of() { # COMMAND…: of what it prints
	{ "$@" 2>/dev/null || true; } | cksum
}

median() { # LOG wall|cpu: ms
	awk -v of="$2" '{ print 1000 * (of == "wall" ? $1 : $2 + $3) }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

compare() { # COMMAND…
	local i side

	rm -f "$work"/*.times
	[[ $(sum_of taskset -c "$one" "$baseline/consumer/ringside" "$@" "$work/folder") = \
		$(sum_of "$build/consumer/ringside" "$@" "$work/folder") ]]
	for ((i = 0; i < rounds; i++)); do
		timed "$work/one.times" taskset -c "$one" "$baseline/consumer/ringside" "$@" "$work/folder"
		timed "$work/all.times" "$build/consumer/ringside" "$@" "$work/folder"
	done
	for side in wall cpu; do
		printf '  %-14s %-5s %8.0f ms on one CPU %8.0f ms on all\n' "$*" $side \
			"$(median "$work/one.times" $side)" "$(median "$work/all.times" $side)"
	done
	row "$* on all CPUs, wall" "$(median "$work/all.times" wall)" ms "on one CPU" \
		"$(median "$work/one.times" wall)" 0.625
	row "$* on all CPUs, CPU time" "$(median "$work/all.times" cpu)" ms "on one CPU" \
		"$(median "$work/one.times" cpu)" 1.1
}

mkdir "$work/folder"
for i in 1 2 3 4; do
	"$build/tests/bench/make-recording" $((mib / 4)) >"$work/folder/$i.pb.zst"
done
echo "cat, stats, verify of $mib MiB before compression, $(nproc) CPUs, median of $rounds"
compare cat -o text
compare cat -o json
compare stats
compare verify
