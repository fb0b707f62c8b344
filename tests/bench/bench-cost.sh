#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-cost.sh BUILD [native|guest]
#
# What a system call costs the one who makes it: here, in ns, in the tier that this machine offers, beside
# auditd; in a guest (trixie), which is emulated, in instructions, in the tiers that fleets run. Against
# an older build of ours where $AGAINST is one. See cost.sh.
set -euo pipefail

build=$(realpath "$1") where=${2:-native}
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/bench/table.sh"
old=-
[[ -z ${AGAINST-} ]] || old=$(realpath "$AGAINST")/streamer/ringside-streamer
work=$(mktemp -d)
mounted=''
trap '[[ -z $mounted ]] || umount "$mounted"; rm -rf "$work"' EXIT

# added WHO KIND: what WHO adds to a call
added() {
	awk -v who="$1" -v kind="$2" '
		BEGIN { base = kind; if (kind == "delivered" || kind == "limited") base = "denied" }
		$1 == "none" && $2 == base { none = $3 }
		$1 == who && $2 == kind { ns = $3 }
		END { printf "%.1f\n", ns - none }' "$work/costs"
}

older() { # UNIT TIER: rows against the build of $AGAINST
	[[ $old != - ]] || return 0
	row "$2: a limited denial adds" "$(added "new-$2" limited)" "$1" "the older build" \
		"$(added "old-$2" limited)" 0.30
	row "$2: a delivered denial adds" "$(added "new-$2" delivered)" "$1" "the older build" \
		"$(added "old-$2" delivered)" 0.45
}

rows() { # UNIT TIER
	row "$2: a limited denial adds" "$(added "new-$2" limited)" "$1" \
		"an empty program on sys_exit" "$(added exit denied)" ''
	row "$2: a delivered denial adds" "$(added "new-$2" delivered)" "$1" \
		"an empty program on sys_exit" "$(added exit denied)" ''
	older "$@"
}

# per_call COMMAND…: ns of a denied call while that runs, which says so by a file $work/up
per_call() {
	local pid

	rm -f "$work/up"
	"$@" &
	pid=$!
	until [[ -s $work/up ]]; do
		kill -0 "$pid" || return 1
		sleep 0.05
	done
	"$build/tests/bench/call-load" "$kind" "$calls" >>"$work/ns.$name"
	kill "$pid"
	wait "$pid" || true
}

median() { sort -n "$work/ns.$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# The denials of a filter that logs, kept by auditd as Debian sets it up, but for where.
install_auditd() {
	(cd "$work" && apt-get -qq download auditd libauparse0 2>/dev/null)
	for package in "$work"/*.deb; do dpkg -x "$package" "$work/auditd"; done
	mkdir -m 750 "$work/etc" "$work/log"
	sed "s,^log_file = .*,log_file = $work/log/audit.log,; s,^log_group = .*,log_group = root," \
		"$work/auditd/etc/audit/auditd.conf" >"$work/etc/auditd.conf"
	libraries=$(dirname "$(find "$work/auditd" -name 'libauparse.so.0' -print -quit)")
}

auditd() {
	cd "$work"
	rm -f log/*
	LD_LIBRARY_PATH=$libraries auditd/sbin/auditd -n -c "$work/etc" -s enable >"$work/said" 2>&1 &
	trap 'kill $!' TERM
	until grep -qs 'type=DAEMON_START' "$work/log/audit.log"; do sleep 0.05; done
	echo up >"$work/up"
	wait $! || wait $!
}

# bpftrace may sleep on when it is told to end right after it began: it is told again.
printing() {
	bpftrace -e 'BEGIN { printf("up\n"); }
		tracepoint:raw_syscalls:sys_exit /comm == "call-load" && args->ret == -1/ {
			printf("%llu %d %s %d\n", nsecs, pid, comm, args->id);
		}' >"$work/up" 2>"$work/bpftrace.log" &
	trap 'kill $!' TERM
	wait $! || wait $!
}

ours() {
	"$build/streamer/ringside-streamer" --allow-syscall-tax -q --probes seccomp --rate 0 \
		-w "$work/up" 2>"$work/log.ours" &
	trap 'kill $!' TERM
	wait $! || wait $!
}

peers() {
	local kind calls name bytes kept
	local bare ns

	install_auditd
	if [[ ! -d /sys/kernel/tracing/events ]]; then # for bpftrace
		mount -t tracefs ringside-bench /sys/kernel/tracing
		mounted=/sys/kernel/tracing
	fi
	for _ in 1 2 3; do
		kind=logged calls=20000 name=auditd
		per_call auditd
		bytes=$(cat "$work"/log/* | awk '/type=SECCOMP/ { n++; size += length + 1 } END { printf "%.1f", size / n }')
		kept=$(cat "$work"/log/* | grep -c type=SECCOMP)
		kind=denied calls=200000 name=bpftrace
		per_call printing
		name=ours
		per_call ours
	done
	echo "  auditd kept $kept of 20000 denials"
	bare=$(awk '$1 == "none" && $2 == "denied" { print $3 }' "$work/costs")
	ns=$(awk -v a="$(median ours)" -v b="$bare" 'BEGIN { printf "%.1f", a - b }')
	row 'a delivered denial adds' "$ns" ns 'auditd, logged by the filter' \
		"$(awk -v a="$(median auditd)" -v b="$bare" 'BEGIN { printf "%.1f", a - b }')" ''
	row 'a delivered denial adds' "$ns" ns 'bpftrace that prints each' \
		"$(awk -v a="$(median bpftrace)" -v b="$bare" 'BEGIN { printf "%.1f", a - b }')" ''
	row 'bytes of a delivered denial' "$(awk -v size="$(stat -c %s "$work/up")" \
		'BEGIN { printf "%.1f", size / 200000 }')" B 'auditd' "$bytes" ''
}

native() {
	echo 'what a system call costs its caller: ns, medians; none: nothing is attached'
	"$root/tests/bench/cost.sh" "$build/tests/bench/call-load" \
		"$build/streamer/ringside-streamer" "$old" tracepoint >"$work/costs"
	sed 's/^/  /' "$work/costs"
	rows ns tracepoint
	row "tracepoint: an allowed call of a filtered process" "$(added new-tracepoint allowed)" ns \
		"empty programs on sys_enter and sys_exit" "$(added both allowed)" 1.7
	row "tracepoint: a call of a process without a filter" "$(added new-tracepoint free)" ns \
		"empty programs on sys_enter and sys_exit" "$(added both free)" 1.15
	peers
}

guest() {
	local files=$work/files in_guest=-

	mkdir -p "$files"
	strip --strip-debug -o "$files/call-load" "$build/tests/bench/call-load"
	if [[ $old != - ]]; then
		strip --strip-debug -o "$files/old" "$old"
		in_guest=/files/old
	fi
	echo 'the same in a guest: instructions'
	"$root/tests/vm/run-guest" -i -b "$build" -o "$work/out" -f "$files" -m 1024 \
		-t "${RINGSIDE_GUEST_SECONDS:-1800}" trixie sh -c "
		COUNT=20000 ROUNDS=3 sh /tests/bench/cost.sh /files/call-load \
			/build/streamer/ringside-streamer $in_guest fentry kprobe tracepoint \
			>/out/costs 2>/out/log" || cat "$work/out/log" "$work/out/serial.log" >&2
	cp "$work/out/costs" "$work/costs"
	sed 's/^/  /' "$work/costs"
	rows instructions fentry
	rows instructions kprobe
	rows instructions tracepoint
}

"$where"
