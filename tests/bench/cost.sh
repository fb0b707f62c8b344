#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/cost.sh LOAD STREAMER AGAINST TIER…
#
# What a system call costs the one who makes it, with nothing attached, with empty programs on sys_exit
# (exit), and on sys_enter besides (both), and with ringside-streamer in each TIER, STREAMER and AGAINST
# (- for none) in turn: denied and delivered, denied and limited, allowed by a filter, made without one
# (free). Prints WHO KIND NS, medians of ROUNDS. For bench-cost.sh, here and in guests.
set -eu

load=$1 new=$2 old=$3
shift 3
ROUNDS=${ROUNDS:-5} COUNT=${COUNT:-1000000}
work=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT

take() { # WHO KIND [ARG…]: one more figure
	who=$1 kind=$2
	shift 2
	"$load" "$kind" "$COUNT" "$@" >>"$work/$who.$kind.ns"
}

attach() { # STREAMER OPTION…
	streamer=$1
	shift
	rm -f "$work/out.pb"
	"$streamer" --allow-syscall-tax -q --probes seccomp -w "$work/out.pb" "$@" 2>"$work/log" &
	pid=$!
	until [ -s "$work/out.pb" ]; do
		kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
		sleep 0.05
	done
}

detach() {
	kill "$pid"
	wait "$pid" || true
	pid=''
}

measure() { # WHO STREAMER TIER
	attach "$2" --attach "$3" --rate 0
	"$load" denied "$COUNT" >>"$work/$1-$3.delivered.ns"
	detach
	attach "$2" --attach "$3"
	"$load" denied "$COUNT" >>"$work/$1-$3.limited.ns"
	take "$1-$3" allowed
	take "$1-$3" free
	detach
}

for _ in $(seq "$ROUNDS"); do
	for kind in denied allowed free; do
		take none "$kind"
		take exit "$kind" exit
		take both "$kind" both
	done
	for tier; do
		[ "$old" = - ] || measure old "$old" "$tier"
		measure new "$new" "$tier"
	done
done
for file in "$work"/*.ns; do
	name=${file##*/}
	name=${name%.ns}
	sort -n "$file" | awk -v who="${name%.*}" -v kind="${name##*.}" \
		'{ v[NR] = $1 } END { print who, kind, v[int((NR + 1) / 2)] }'
done
