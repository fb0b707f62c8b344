#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/footprint.sh STREAMER AGAINST
#
# From exec to attached, and the memory of each once it is: ringside-streamer with both probes against
# an older one (- for none), bpftrace with one probe and, where kprobes are, the oomkill of libbpf-tools.
# In turn. Prints NAME MS RSS ANON (KiB), medians. For bench-start.sh, here and in guests.
set -eu

new=$1 old=$2
ROUNDS=${ROUNDS:-5}
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

now() { # ms; /proc/uptime alone has 10 of them
	date +%s%N 2>/dev/null | grep -q N || { date +%s%N | awk '{ printf "%.1f", $1 / 1e6 }'; return; }
	awk '{ printf "%.0f", $1 * 1000 }' /proc/uptime
}

# attached READY: that is in its stdout or its file; oomkill, which buffers, has a link by then
attached() {
	! grep -qa "$1" "$work/out" "$work/out.pb" 2>/dev/null || return 0
	[ "$1" = link ] || return 1
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in
		*bpf*link* | *perf_event*) return 0 ;;
		esac
	done
	return 1
}

# measure NAME READY COMMAND…
measure() {
	name=$1 ready=$2
	shift 2
	rm -f "$work/out" "$work/out.pb"
	begin=$(now)
	"$@" >"$work/out" 2>"$work/log" &
	pid=$!
	until attached "$ready"; do
		kill -0 "$pid" 2>/dev/null || { echo "footprint.sh: $name: $(cat "$work/log")" >&2; exit 1; }
		sleep 0.005
	done
	end=$(now)
	sleep 0.3
	rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
	anon=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")
	echo "$begin $end $rss $anon" | awk '{ print $2 - $1, $3, $4 }' >>"$work/$name"
	end
}

ours() { # NAME STREAMER
	measure "$1" RINGSIDE "$2" --allow-syscall-tax -q -w "$work/out.pb"
}

median() { # FILE COLUMN
	awk -v c="$2" '{ print $c }' "$work/$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

for _ in $(seq "$ROUNDS"); do
	measure bpftrace ^up bpftrace -B line \
		-e 'BEGIN { printf("up\n"); } tracepoint:oom:mark_victim { }'
	[ "$old" = - ] || ours old "$old"
	ours new "$new"
	! { command -v oomkill && [ -e /sys/bus/event_source/devices/kprobe ]; } >/dev/null ||
		measure oomkill link oomkill
done
for name in bpftrace oomkill old new; do
	[ ! -s "$work/$name" ] ||
		echo "$name $(median "$name" 1) $(median "$name" 2) $(median "$name" 3)"
done
