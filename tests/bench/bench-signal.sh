#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-signal.sh BUILD
#
# What the probe of kills costs others: a signal that ends nobody, and a process that ends by itself.
# Without it, with empty programs on the same hooks, and with it (KPROBE=1: in both tiers), in turn;
# medians. For dev bench, and in guests.
set -eu

build=$1
ROUNDS=${ROUNDS:-9} SIGNALS=${SIGNALS:-2000000} EXITS=${EXITS:-20000}
work=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT

load() { # NAME [empty]: one more figure of each
	"$build/tests/bench/signal-load" signal "$SIGNALS" ${2:+"$2"} >>"$work/$1-signal"
	"$build/tests/bench/signal-load" exit "$EXITS" ${2:+"$2"} >>"$work/$1-exit"
}

with_probe() { # NAME OPTION…
	name=$1
	shift
	rm -f "$work/out.pb"
	"$build/streamer/ringside-streamer" -q -w "$work/out.pb" --probes signal "$@" 2>"$work/log" &
	pid=$!
	until [ -s "$work/out.pb" ]; do
		kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
		sleep 0.05
	done
	load "$name"
	kill "$pid"
	wait "$pid" || true
	pid=''
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for _ in $(seq "$ROUNDS"); do
	load none
	load empty empty
	with_probe tracepoint --attach tracepoint
	[ "${KPROBE-}" = '' ] || with_probe kprobe --attach kprobe
done
for what in signal exit; do
	empty=$(median "$work/empty-$what")
	for name in none empty tracepoint kprobe; do
		[ ! -e "$work/$name-$what" ] || awk -v what="$what, $name" -v ns="$(median "$work/$name-$what")" \
			-v empty="$empty" 'BEGIN { printf "  %-30s %8.1f ns  %6.3f of empty\n", what, ns, ns / empty }'
	done
done
