#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-size.sh BUILD
#
# Bytes per event: a recording the streamer made of a storm of denials, from 8 cgroups with 200
# pairs of call and errno in turn, against the same events as JSON lines (ringside cat -o json)
# through gzip -6 (goal: under a third of that) and zstd -3. Needs root.
#
# The goal is out of reach as long as each record says by itself when, which and after how many it
# was: the last row is the same recording without that (both times, seq, cpu_sums), which is what
# would be left for the goal if these cost nothing.
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
cgroups=8
tasks=2
count=12500
work=$(mktemp -d)
streamer='' storms=()
trap '[[ -z $streamer ]] || kill "$streamer" 2>/dev/null || true; rm -rf "$work"' EXIT
ringside=$build/consumer/ringside
file=$work/events.pb.zst

die() {
	echo "bench-size: $*" >&2
	cat "$work/log" >&2
	exit 1
}

began() { # attached: the first record is written then
	local tries

	for ((tries = 0; tries < 600; tries++)); do
		[[ ! -s $file ]] || return 0
		kill -0 "$streamer" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

size_of() { # COMMAND…
	"$@" | wc -c
}

bare() { # the recording's records without what differs in each
	zstd -dcq "$file" | PYTHONPATH=$build/proto:tests/e2e /usr/bin/python3 -c '
import sys
from judge import read_records
for record in read_records(sys.stdin.buffer.read()):
    for field in "cpu_sums", "boottime_nano", "time_unix_nano", "seq":
        record.ClearField(field)
    data = record.SerializeToString()
    sys.stdout.buffer.write(bytes([len(data) & 127 | 128, len(data) >> 7 & 127 | 128, len(data) >> 14]) + data)'
}

row() { # LABEL BYTES
	awk -v label="$1" -v bytes="$2" -v events="$events" -v base="$gzip" 'BEGIN {
		printf "  %-44s %12d %10.2f %9.3f\n", label, bytes, bytes / events, bytes / base }'
}

"$build/streamer/ringside-streamer" -w "$file" --allow-syscall-tax --rate 0 --ring-size 128M \
	2>"$work/log" &
streamer=$!
began || die "the streamer does not start"
for ((i = 0; i < cgroups; i++)); do
	"$build/testdata/trigger-storm" --tasks $tasks --count $count --distinct 200 \
		--cgroup "ringside-bench-$$-$i" >"$work/truth.$i" &
	storms+=($!)
done
for pid in "${storms[@]}"; do
	wait "$pid"
done
kill "$streamer"
wait "$streamer" || die "the streamer failed"
streamer=''

"$ringside" cat -o json "$file" >"$work/json"
events=$(wc -l <"$work/json")
wanted=$(jq -s 'map(.triggered) | add' "$work"/truth.*)
[[ $wanted = $((cgroups * tasks * count)) ]] || die "only $wanted denials were triggered"
# Others may be denied something meanwhile. What is lost is missing on both sides.
[[ $events -ge $((wanted * 9 / 10)) ]] || die "$events events in the recording, of $wanted"

ours=$(stat -c %s "$file")
gzip=$(size_of gzip -6c "$work/json")
echo "size of a recording, $events events of which $wanted triggered here"
printf '  %-44s %12s %10s %9s\n' '' bytes per\ event ratio
row "JSON | gzip -6 (baseline)" "$gzip"
"$ringside" cat -o protojson "$file" >"$work/protojson"
row "ProtoJSON (all fields) | gzip -6" "$(size_of gzip -6c "$work/protojson")"
row "JSON | zstd -3" "$(size_of zstd -3qc "$work/json")"
row "JSON" "$(stat -c %s "$work/json")"
row "the recording, not compressed" "$(size_of zstd -dcq "$file")"
row ".pb.zst (goal 0.333)" "$ours"
bare >"$work/bare"
row "... without times, seq and sums, zstd -3" "$(size_of zstd -3qc "$work/bare")"
