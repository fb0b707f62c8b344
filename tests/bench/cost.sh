#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/cost.sh BUILD HOOK TIER…
#
# What a denied call costs the one who makes it, in ns of its CPU time: without anything attached,
# with an empty bpftrace program on HOOK, and with ringside-streamer in each TIER: delivered (no limits)
# and limited (the default). In turn; medians. For bench-cost.sh, here and in guests.
set -eu

build=$1 hook=$2
shift 2
ROUNDS=${ROUNDS:-5} COUNT=${COUNT:-100000}
work=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT

# bpftrace may sleep on when it is told to end right after it began: it is told again.
end() {
	kill "$pid"
	(while sleep 1; do kill "$pid"; done) 2>/dev/null &
	again=$!
	wait "$pid" 2>/dev/null || true
	kill "$again"
	wait "$again" 2>/dev/null || true
	pid=''
}

call() { # FILE: one more figure
	"$build/testdata/trigger-storm" --count "$COUNT" | sed 's/.*"ns_per_call":\([0-9.]*\).*/\1/' >>"$work/$1"
}

# with FILE OUTPUT COMMAND…: it is attached when something is in OUTPUT
with() {
	name=$1 output=$2
	shift 2
	rm -f "$output"
	"$@" >"$work/stdout" 2>"$work/log" &
	pid=$!
	for try in $(seq 600); do
		[ ! -s "$output" ] || break
		if [ "$try" = 600 ] || ! kill -0 "$pid" 2>/dev/null; then
			echo "cost.sh: $1 is not up: $(cat "$work/log")" >&2
			exit 1
		fi
		sleep 0.05
	done
	call "$name"
	end
}

median() {
	sort -n "$work/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

stream() { # FILE OPTION…
	name=$1
	shift
	with "$name" "$work/out.pb" "$build/streamer/ringside-streamer" --allow-syscall-tax -q \
		-w "$work/out.pb" "$@"
	rm -f "$work/out.pb"
}

for _ in $(seq "$ROUNDS"); do
	call none
	! command -v bpftrace >/dev/null ||
		with empty "$work/stdout" bpftrace -B line -e "BEGIN { printf(\"up\\n\"); } $hook { }"
	for tier; do
		stream "$tier-delivered" --attach "$tier" --rate 0
		stream "$tier-limited" --attach "$tier"
	done
done
none=$(median none)
row() { # WHAT FILE
	[ ! -s "$work/$2" ] || awk -v what="$1" -v ns="$(median "$2")" -v none="$none" \
		'BEGIN { printf "  %-44s %8.0f ns  %+8.0f ns  %6.2f x\n", what, ns, ns - none, ns / none }'
}
row "nothing attached (baseline)" none
row "bpftrace, empty, $hook" empty
for tier; do
	row "ringside-streamer, $tier, delivered" "$tier-delivered"
	row "ringside-streamer, $tier, limited" "$tier-limited"
done
