#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-cores.sh BUILD [MIB]
#
# cat, stats and verify over a folder of four recordings, on one CPU and on all that this process may
# use (goals: 1.6 times as fast, with 1.1 of the CPU time). What runs on one CPU is the build $AGAINST
# if there is one, on a recording of the same events in version 1 of the format. Both sides in one run, in turn;
# medians. The output on one and on all is compared before, and goes to /dev/null: who read it from a
# pipe would take one of the CPUs.
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

# in_folder SIDE COMMAND…: so that what is printed names the same files
in_folder() {
	cd "$work/$1"
	shift
	"$@" folder 2>/dev/null
}

timed() { # SIDE COMMAND…: appends wall and CPU seconds
	{ time (in_folder "$@" >/dev/null); } 2>>"$work/$1.times"
}

sum_of() { (in_folder "$@") | cksum; }

median() { # LOG wall|cpu: ms
	awk -v of="$2" '{ print 1000 * (of == "wall" ? $1 : $2 + $3) }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

compare() { # COMMAND…
	local i side

	rm -f "$work"/*.times
	[[ $(sum_of all "${on_one[@]}" "${new[@]}" "$@") = $(sum_of all "${new[@]}" "$@") ]]
	for ((i = 0; i < rounds; i++)); do
		timed one "${on_one[@]}" "${old[@]}" "$@"
		timed all "${new[@]}" "$@"
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

on_one=(taskset -c "$one") old=("$baseline/consumer/ringside") new=("$build/consumer/ringside")
mkdir -p "$work"/{one,all}/folder
make_recording() { "$build/tests/bench/make-recording" "$@"; }
# Four streams: of copies of one only the first is shown, and there would be nothing to do at once.
make_recording $((mib / 4)) >"$work/all/folder/1.pb.zst"
events=$("${new[@]}" cat -o json "$work/all/folder/1.pb.zst" | wc -l)
for i in 1 2 3 4; do
	make_recording 0 "$events" 2 $i >"$work/all/folder/$i.pb.zst"
	make_recording 0 "$events" 1 $i >"$work/one/folder/$i.pb.zst"
done
shown=$(in_folder all "${new[@]}" cat -o json | wc -l)
[[ $shown -eq $((4 * events)) ]] || { echo "bench-cores: $shown of $((4 * events)) events shown" >&2; exit 1; }
echo "cat, stats, verify of $mib MiB before compression, $(nproc) CPUs, median of $rounds"
compare cat -o text
compare cat -o json
compare stats
compare verify
