#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-nats.sh BUILD [EVENTS]
#
# `ringside forward --to nats://...` beside a bare asynchronous publisher of the same messages, ready in
# memory before its clock starts, in turn, into one server and into three with three copies; medians of
# five. Then the bare one with several records in a message, the memory of both sides, and reading back.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=$(realpath "$1")
events=${2:-100000}
# shellcheck source=tests/bench/table.sh
. tests/bench/table.sh
PATH=$PATH:$(tests/vm/daemons)/usr/sbin
work=$(mktemp -d)
servers=()
trap 'kill -9 "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

port() { # N: a free one
	/usr/bin/python3 -c 'import socket, sys
all = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in all))' "$1"
}

# serve N: so many servers; sets $ports
serve() {
	local i all routes=() more=()

	read -ra all < <(port $((3 * $1)))
	ports=("${all[@]:0:$1}")
	for ((i = 0; i < $1; i++)); do
		routes+=("nats://127.0.0.1:${all[2 * $1 + i]}")
	done
	for ((i = 0; i < $1; i++)); do
		[[ $1 = 1 ]] || more=(-cluster "${routes[i]}" -cluster_name bench -routes "$(
			IFS=,
			echo "${routes[*]}"
		)")
		"${NATS_SERVER:-nats-server}" -n "n$i" -a 127.0.0.1 -p "${ports[i]}" -m "${all[$1 + i]}" -js -sd "$work/$1-$i" \
			"${more[@]}" >"$work/log" 2>&1 &
		servers+=($!)
	done
	sleep 3
}

stop() {
	kill "${servers[@]}"
	wait "${servers[@]}" || true
	servers=()
}

# Makes the stream, empty: by a forwarder, which finds nothing there; deletes the one before.
api() { # SUBJECT JSON
	PYTHONPATH=tests/cli /usr/bin/python3 -c 'import json, sys
from nats import Client
answer = Client(int(sys.argv[1])).request(sys.argv[2], **json.loads(sys.argv[3]))
sys.exit(str(answer["error"]) if "error" in answer else 0)' "${ports[0]}" "$1" "$2"
}

fresh() { # COPIES
	api "\$JS.API.STREAM.DELETE.B" '{}' 2>/dev/null || true
	api "\$JS.API.STREAM.CREATE.B" "{\"name\": \"B\", \"subjects\": [\"ringside.v1.>\"], \"storage\": \"file\",
		\"num_replicas\": $1, \"duplicate_window\": 120000000000}"
	sleep 0.5
}

bare() { # COPIES [PER]: records a second
	fresh "$1"
	"$build/tests/bench/nats-publisher" "${ports[0]}" "$work/events.pb.zst" "${@:2}"
}

ours() { # COPIES: records a second, the program's start and end included
	local start

	fresh "$1"
	rm -f "$work"/cursor*
	start=$EPOCHREALTIME
	"$build/consumer/ringside-forward" --to "nats://127.0.0.1:${ports[0]}/B" --cursor "$work/cursor" \
		"$work/events.pb.zst" 2>"$work/said"
	awk -v n="$events" -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f\n", n / (b - a) }'
}

median() {
	sort -n | sed -n "$((($1 + 1) / 2))p"
}

"$build/tests/bench/make-recording" 1 "$events" >"$work/events.pb.zst"
for copies in 1 3; do
	serve "$copies"
	for ((i = 0; i < 5; i++)); do
		bare "$copies" >>"$work/bare-$copies"
		ours "$copies" >>"$work/ours-$copies"
	done
	a=$(median 5 <"$work/ours-$copies")
	b=$(median 5 <"$work/bare-$copies")
	echo "copies $copies: forward $a records/s, bare publisher $b ($(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", a / b }'))"
	row "forward to NATS, copies: $copies" "$a" records/s 'bare publisher' "$b" 0.7+
	for per in 10 50; do
		c=$(for ((i = 0; i < 3; i++)); do bare "$copies" "$per"; done | median 3)
		echo "copies $copies, $per records a message, bare: $c records/s"
	done
	bare "$copies" >/dev/null
	start=$EPOCHREALTIME
	"$build/consumer/ringside-from-nats" "nats://127.0.0.1:${ports[0]}/B" >"$work/back"
	awk -v n="$events" -v a="$start" -v b="$EPOCHREALTIME" \
		'BEGIN { printf "read back: %.0f records/s\n", n / (b - a) }'
	grep RssAnon "/proc/${servers[0]}/status" | sed 's/^/nats-server: /'
	stop
done
