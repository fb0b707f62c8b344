#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-start.sh BUILD [native|guest]
#
# What it takes to be attached, in time and memory: on this machine, or in a guest (trixie) that has
# kprobes, emulated, so that only the ratios mean something. Against an older build of ours where $AGAINST
# is one. See footprint.sh.
set -euo pipefail

build=$(realpath "$1") where=${2:-native}
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/bench/table.sh"
streamer=streamer/ringside-streamer
old=-
[[ -z ${AGAINST-} ]] || old=$(realpath "$AGAINST")/$streamer
work=$(mktemp -d)
mounted=''
trap '[[ -z $mounted ]] || umount "$mounted"; rm -rf "$work"' EXIT

native() {
	# bpftrace finds tracepoints in tracefs alone; ours need none.
	if [[ ! -d /sys/kernel/tracing/events ]]; then
		mount -t tracefs ringside-bench /sys/kernel/tracing
		mounted=/sys/kernel/tracing
	fi
	ROUNDS=9 "$root/tests/bench/footprint.sh" "$build/$streamer" "$old" >"$work/figures"
}

guest() {
	local files=$work/files in_guest=-

	mkdir -p "$files"
	if [[ $old != - ]]; then
		strip --strip-debug -o "$files/old" "$old"
		in_guest=/files/old
	fi
	"$root/tests/vm/run-guest" -b "$build" -o "$work/out" -f "$files" -m 1024 \
		-t "${RINGSIDE_GUEST_SECONDS:-3600}" -p bpftrace -p oomkill trixie \
		sh -c "mount -t tracefs none /sys/kernel/tracing 2>/dev/null
			ROUNDS=5 sh /tests/bench/footprint.sh /build/$streamer $in_guest \
			>/out/figures 2>/out/log" || cat "$work/out/log" "$work/out/serial.log" >&2
	cp "$work/out/figures" "$work/figures"
}

ms() { awk -v name="$1" '$1 == name { print $2 }' "$work/figures"; }

"$where"
echo "start to attached, and memory then (the rings, 8.5 MB, are mapped twice in RSS), $where"
awk '{ printf "  %-10s %8.1f ms %8.1f MB RSS %8.1f MB of its own\n", $1, $2, $3 / 1024, $4 / 1024 }' \
	"$work/figures"
row "$where: from exec to attached, 2 probes" "$(ms new)" ms 'bpftrace, 1 probe' "$(ms bpftrace)" ''
[[ -z $(ms oomkill) ]] ||
	row "$where: from exec to attached, 2 probes" "$(ms new)" ms 'oomkill, 1 probe' "$(ms oomkill)" ''
[[ $old = - ]] ||
	row "$where: from exec to attached, 2 probes" "$(ms new)" ms 'the older build' "$(ms old)" 1.05
