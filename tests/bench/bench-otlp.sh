#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-otlp.sh BUILD [MIB]
#
# What forwarding to OTLP costs: CPU time per event beside `ringside cat -o json` (goal: twice as much),
# and the rate beside libcurl alone posting bodies that are ready, as many and as large (goal: 0.7 of
# it). The other side answers without a look at what it gets. In turn; medians.
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/bench/table.sh
mib=${2-100}
rounds=${ROUNDS-5}
work=$(mktemp -d)
exec {port}< <(exec "$build/tests/bench/http-sink")
sink=$!
trap 'kill $sink; rm -rf "$work"' EXIT
read -r number <&"$port"
url=http://127.0.0.1:$number/v1/logs
TIMEFORMAT='%R %U %S'

"$build/tests/bench/make-recording" "$mib" >"$work/events.pb.zst"
events=$("$build/consumer/ringside" cat -o json "$work/events.pb.zst" | wc -l)

timed() { # LOG COMMAND…
	local log=$1

	shift
	{ time "$@" >/dev/null 2>>"$work/said"; } 2>>"$log"
}

forward() { # COMPRESSION
	rm -f "$work"/cursor*
	timed "$work/$1" "$build/consumer/ringside-forward" --to "otlp+$url" --cursor "$work/cursor" \
		--set compression="$1" "$work/events.pb.zst"
}

sent_bytes() { # STATUS
	awk '$1 == "sent_bytes" { print $2 }' "$1"
}

sent() { # COMPRESSION: bodies and bytes of each, as they were sent
	local bytes bodies

	forward "$1"
	bytes=$(sent_bytes "$work/cursor.status")
	# of a mebibyte each before they are compressed
	bodies=$((($(sent_bytes "$work/plain.status") + (1 << 20) - 1) >> 20))
	echo "$bodies $((bytes / bodies))"
}

median() { # LOG wall|cpu
	awk -v what="$2" '{ print what == "wall" ? $1 : $2 + $3 }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

ratio() { # A B
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

forward none
cp "$work/cursor.status" "$work/plain.status"
for compression in none gzip; do
	sent $compression >"$work/bodies.$compression"
done
rm -f "$work/none" "$work/gzip"
for ((i = 0; i < rounds; i++)); do
	timed "$work/json" "$build/consumer/ringside" cat -o json "$work/events.pb.zst"
	for compression in none gzip; do
		read -r -a bodies <"$work/bodies.$compression"
		forward $compression
		timed "$work/bare-$compression" "$build/tests/bench/post-bodies" "$url" "${bodies[@]}"
	done
done

echo "OTLP, $events events, median of $rounds"
json=$(median "$work/json" cpu)
for compression in none gzip; do
	read -r -a bodies <"$work/bodies.$compression"
	cpu=$(median "$work/$compression" cpu)
	wall=$(median "$work/$compression" wall)
	bare=$(median "$work/bare-$compression" wall)
	awk -v what="$compression" -v n="$events" -v cpu="$cpu" -v wall="$wall" -v bodies="${bodies[0]}" \
		-v size="${bodies[1]}" -v bare="$bare" 'BEGIN {
		printf "  %-5s %7.0f events/s  %5.2f µs CPU an event  %d bodies of %d bytes, which libcurl alone posts in %.2f s\n",
			what, n / wall, cpu * 1e6 / n, bodies, size, bare }'
	row "OTLP, $compression: CPU beside cat -o json" "$(ratio "$cpu" "$json")" x 'cat -o json' 1 2
	row "OTLP, $compression: rate beside libcurl" "$(ratio "$bare" "$wall")" x 'ready bodies' 1 0.7+
done
