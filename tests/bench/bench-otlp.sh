#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-otlp.sh BUILD [MIB]
#
# What forwarding to OTLP costs: CPU time per event beside `ringside cat -o json` (goal: twice as much),
# and the rate beside libcurl alone posting bodies that are ready, as many and as large (goal: 0.7 of
# it). Once to what answers without a look at what it gets: the limit there is the CPU time that mapping
# and compression take. Once to what takes requests out of gzip and protobuf, as all receivers have to:
# COLLECTOR, a program built with the receiver otlp and the exporter debug, or Python's protobuf. In
# turn; medians.
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/bench/table.sh
mib=${2-100}
rounds=${ROUNDS-5}
source=$PWD
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
TIMEFORMAT='%R %U %S'

start() { # COMMAND…: sets $url, of the port that it prints
	local port number

	exec {port}< <(cd "$work" && exec "$@")
	pids+=($!)
	read -r number <&"$port"
	url=http://127.0.0.1:$number/v1/logs
}

collector() { # likewise, of a port that is free now
	local number

	number=$(/usr/bin/python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
	cat >"$work/collector.yaml" <<-END
		receivers: {otlp: {protocols: {http: {endpoint: 127.0.0.1:$number}}}}
		exporters: {debug: {sampling_initial: 1, sampling_thereafter: 1000000}}
		service:
		  telemetry: {logs: {level: error}, metrics: {level: none}}
		  pipelines: {logs: {receivers: [otlp], exporters: [debug]}}
	END
	"$COLLECTOR" --config "$work/collector.yaml" >"$work/collector.log" 2>&1 &
	pids+=($!)
	url=http://127.0.0.1:$number/v1/logs
	until (: <>"/dev/tcp/127.0.0.1/$number") 2>/dev/null; do
		kill -0 "${pids[-1]}"
		sleep 0.1
	done
}

"$build/tests/bench/make-recording" "$mib" >"$work/events.pb.zst"
events=$("$build/consumer/ringside" cat -o json "$work/events.pb.zst" | wc -l)

timed() { # LOG COMMAND…
	local log=$1

	shift
	{ time "$@" >/dev/null 2>>"$work/said"; } 2>>"$log"
}

forward() { # LOG COMPRESSION
	rm -f "$work"/cursor*
	timed "$work/$1" "$build/consumer/ringside-forward" --to "otlp+$url" --cursor "$work/cursor" \
		--set compression="$2" "$work/events.pb.zst"
}

sent_bytes() { # STATUS
	awk '$1 == "sent_bytes" { print $2 }' "$1"
}

sent() { # COMPRESSION: bodies and bytes of each, as they were sent
	local bytes bodies

	forward probe "$1"
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

start /usr/bin/python3 "$source/tests/bench/otlp-decoder.py" "$source" "$work/body.gz"
forward probe gzip
body=$(stat -c %s "$work/body.gz")
[[ -z ${COLLECTOR-} ]] || collector
reader=$url
start "$build/tests/bench/http-sink"
sink=$url
forward probe none
cp "$work/cursor.status" "$work/plain.status"
for compression in none gzip zstd; do
	sent $compression >"$work/bodies.$compression"
done
read -r -a bodies <"$work/bodies.gzip"
for ((i = 0; i < rounds; i++)); do
	timed "$work/json" "$build/consumer/ringside" cat -o json "$work/events.pb.zst"
	for compression in none gzip zstd; do
		read -r -a bodies <"$work/bodies.$compression"
		url=$sink
		forward $compression $compression
		timed "$work/bare-$compression" "$build/tests/bench/post-bodies" "$url" "${bodies[@]}"
	done
	url=$reader
	forward read gzip
	timed "$work/bare-read" "$build/tests/bench/post-bodies" "$url" "${bodies[0]}" "$body" "$work/body.gz"
done
if grep -q '^post-bodies' "$work/said"; then
	grep '^post-bodies' "$work/said" >&2
	exit 1
fi

echo "OTLP, $events events, median of $rounds"
json=$(median "$work/json" cpu)
for compression in none gzip zstd; do
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
wall=$(median "$work/read" wall)
bare=$(median "$work/bare-read" wall)
awk -v n="$events" -v wall="$wall" -v bare="$bare" 'BEGIN {
	printf "  gzip, read: %.0f events/s; libcurl alone, with a body that is ready: %.0f\n", n / wall, n / bare }'
row "OTLP, gzip, read: rate beside libcurl" "$(ratio "$bare" "$wall")" x 'ready bodies' 1 0.7+
