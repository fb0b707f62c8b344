#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-size.sh BUILD
#
# Bytes per event: recordings the streamer made, with its usual flushing, of denials from 8 cgroups with
# 200 pairs of call and errno in turn, 100 a second for a minute, 10,000 for ten seconds, and as fast as
# they go; against the same events as ProtoJSON (ringside cat -o protojson) through gzip -6 (goal: half of
# that), and as JSON lines (-o json). Needs root.
#
# The last row is the same recording without what differs in each record (times, seq, cpu_sums): what
# would be left if these cost nothing.
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/bench/table.sh
cgroups=8
work=$(mktemp -d)
streamer='' storms=()
trap '[[ -z $streamer ]] || kill "$streamer" 2>/dev/null || true; rm -rf "$work"' EXIT
ringside=$build/consumer/ringside

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

record() { # COUNT SECONDS: of each cgroup; SECONDS 0: as fast as they go
	local pid i pace=()

	[[ $2 = 0 ]] || pace=(--seconds "$2")
	storms=()
	"$build/streamer/ringside-streamer" -w "$file" --allow-syscall-tax --rate 0 --ring-size 128M \
		2>"$work/log" &
	streamer=$!
	began || die "the streamer does not start"
	for ((i = 0; i < cgroups; i++)); do
		"$build/testdata/trigger-storm" --count "$1" --distinct 200 "${pace[@]}" \
			--cgroup "ringside-bench-$$-$i" >"$work/truth.$i" &
		storms+=($!)
	done
	for pid in "${storms[@]}"; do
		wait "$pid"
	done
	kill "$streamer"
	wait "$streamer" || die "the streamer failed"
	streamer=''
}

line() { # LABEL BYTES
	awk -v label="$1" -v bytes="$2" -v events="$events" -v base="$gzip" 'BEGIN {
		printf "  %-44s %12d %10.2f %9.3f\n", label, bytes, bytes / events, bytes / base }'
}

per_event() { awk -v n="$1" -v events="$events" 'BEGIN { printf "%.2f", n / events }'; }

measure() { # LABEL COUNT SECONDS
	local wanted

	file=$work/$2-$3.pb.zst
	record "$2" "$3"
	"$ringside" cat -o protojson "$file" >"$work/protojson"
	"$ringside" cat -o json "$file" >"$work/json"
	events=$(wc -l <"$work/json")
	wanted=$(jq -s 'map(.triggered) | add' "$work"/truth.*)
	[[ $wanted = $((cgroups * $2)) ]] || die "only $wanted denials were triggered"
	# Others may be denied something meanwhile. What is lost is missing on both sides.
	[[ $events -ge $((wanted * 9 / 10)) ]] || die "$events events in the recording, of $wanted"
	gzip=$(size_of gzip -6c "$work/protojson")
	bare >"$work/bare"
	echo "size of a recording, $1: $events events of which $wanted triggered here"
	printf '  %-44s %12s %10s %9s\n' '' bytes per\ event ratio
	line "ProtoJSON (all fields) | gzip -6 (baseline)" "$gzip"
	line "JSON | gzip -6" "$(size_of gzip -6c "$work/json")"
	line "JSON | zstd -3" "$(size_of zstd -3qc "$work/json")"
	line "JSON" "$(stat -c %s "$work/json")"
	line "the recording, not compressed" "$(size_of zstd -dcq "$file")"
	line ".pb.zst (goal 0.500)" "$(stat -c %s "$file")"
	line "... without times, seq and sums, zstd -3" "$(size_of zstd -3qc "$work/bare")"
	row "bytes of an event in .pb.zst, $1" "$(per_event "$(stat -c %s "$file")")" B \
		'ProtoJSON | gzip -6' "$(per_event "$gzip")" 0.5
}

measure "100 a second" 750 60
measure "10,000 a second" 12500 10
measure "as fast as they go" 25000 0
