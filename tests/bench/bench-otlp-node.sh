#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-otlp-node.sh BUILD [EVENTS]
#
# `ringside forward` beside the exporter of OpenTelemetry's SDK for Node: the same records, as many in a
# request, gzip, two requests at a time, to the same receiver, which answers without a look at what it
# gets. What the SDK is given is in its memory, and its code compiled, before the clock starts; ours
# reads the recording. In turn; medians. Goal: five times its rate. npm fetches the SDK, to a folder of
# its own.
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/bench/table.sh
events=${2-20000}
rounds=${ROUNDS-5}
batch=640 # records in a mebibyte
version=0.57.2
work=$(mktemp -d)
exec {port}< <(exec "$build/tests/bench/http-sink")
sink=$!
trap 'kill $sink; rm -rf "$work"' EXIT
read -r number <&"$port"
url=http://127.0.0.1:$number/v1/logs
TIMEFORMAT='%R %U %S'

npm install --silent --no-audit --no-fund --prefix "$work" \
	"@opentelemetry/exporter-logs-otlp-proto@$version" "@opentelemetry/resources@1.30.1" >"$work/npm.log"
"$build/tests/bench/make-recording" 0 "$events" >"$work/events.pb.zst"
"$build/consumer/ringside" cat -o otel-json "$work/events.pb.zst" >"$work/requests"
export NODE_PATH=$work/node_modules

median() { # COLUMN LOG
	awk -v column="$1" '{ print $column }' "$2" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

for ((i = 0; i < rounds; i++)); do
	rm -f "$work"/cursor*
	{ time "$build/consumer/ringside-forward" --to "otlp+$url" --cursor "$work/cursor" "$work/events.pb.zst" \
		2>"$work/said"; } 2>>"$work/times"
	node tests/bench/post-records.js "$url" "$batch" 2 <"$work/requests" >>"$work/node"
done
awk '{ print $1, $2 + $3 }' "$work/times" >"$work/ours"
awk -v n="$events" -v ours="$(median 1 "$work/ours")" -v cpu="$(median 2 "$work/ours")" \
	-v node="$(median 2 "$work/node")" -v node_cpu="$(median 3 "$work/node")" 'BEGIN {
	printf "OTLP, %d events: ringside forward %.0f events/s, %.1f µs CPU an event; Node SDK %.0f events/s, %.1f µs\n",
		n, n / ours, cpu * 1e6 / n, n / node, node_cpu * 1e6 / n }'
row 'OTLP, gzip: rate beside the Node SDK' \
	"$(awk -v a="$(median 2 "$work/node")" -v b="$(median 1 "$work/ours")" 'BEGIN { printf "%.2f", a / b }')" \
	x "exporter-logs-otlp-proto $version" 1 5+
