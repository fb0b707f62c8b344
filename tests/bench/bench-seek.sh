#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-seek.sh BUILD [MIB]
#
# A recording of 1 GiB before compression. First: 30 seconds out of its 29 hours, through the index
# against reading it whole (goal: 50 times faster). Then: `ringside replay --speed max` against
# `zstd -dc`, both into wc -c (goal: half as fast or better). Both sides in one run, in turn, equal
# output; medians.
set -euo pipefail

build=$(realpath "$1")
mib=${2-1024}
rounds=${ROUNDS-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ringside=$build/consumer/ringside
file=$work/events.pb.zst

timed() { # LOG COMMAND…: appends ms to LOG; stdout is the command's
	local log=$1 begin end

	shift
	begin=$(date +%s%N)
	"$@"
	end=$(date +%s%N)
	awk "BEGIN { printf \"%.2f\n\", ($end - $begin) / 1e6 }" >>"$log"
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

bytes_of() { # COMMAND…
	"$@" | wc -c
}

seek_index() { # OPTION…
	"$ringside" cat -o json "$@" "$file"
}

seek_whole() { # OPTION…
	zstd -dc "$file" | "$ringside" cat -o json "$@"
}

report() { # LABEL BASELINE OURS UNIT RATIO WORD
	printf '  %-44s %10s ms\n  %-44s %10s ms\n  %-44s %10s x %s\n' "$1" "$2" "$3" "$4" ratio "$5" "$6"
}

"$build/tests/bench/make-recording" "$mib" >"$file"
first=$("$ringside" cat -o json -n 1 "$file" | jq -r '.time | sub("\\..*"; "Z") | fromdate')
last=$("$ringside" tail -o json -n 1 "$file" | jq -r '.time | sub("\\..*"; "Z") | fromdate')

for ((i = 0; i < rounds; i++)); do
	at=$((first + (last - first) * (2 * i + 1) / (2 * rounds)))
	timed "$work/index" seek_index --since "@$at" --until "@$((at + 30))" >"$work/one"
	timed "$work/whole" seek_whole --since "@$at" --until "@$((at + 30))" >"$work/two"
	cmp "$work/one" "$work/two"
	[[ $(wc -l <"$work/one") -gt 100 ]]
	timed "$work/zstd" bytes_of zstd -dc "$file" >"$work/one"
	timed "$work/replay" bytes_of "$ringside" replay --speed max "$file" >"$work/two"
	cmp "$work/one" "$work/two"
done

bytes=$(cat "$work/one")
index=$(median "$work/index") whole=$(median "$work/whole")
zstd=$(median "$work/zstd") replay=$(median "$work/replay")
echo "seek and replay, $bytes bytes ($(stat -c %s "$file") compressed), median of $rounds"
report "30 s out of it, read whole (baseline)" "$whole" "30 s out of it, by the index" "$index" \
	"$(awk "BEGIN { printf \"%.1f\", $whole / $index }")" "faster (goal 50)"
report "zstd -dc | wc -c (baseline)" "$zstd" "ringside replay --speed max | wc -c" "$replay" \
	"$(awk "BEGIN { printf \"%.2f\", $zstd / $replay }")" "as fast (goal 0.5)"
