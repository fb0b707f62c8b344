#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-start.sh BUILD [native|guest]
#
# What it takes to be attached, in time and memory: on this machine, or in a guest that has kprobes. See
# footprint.sh.
set -euo pipefail

build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
out=$(mktemp -d)
mounted=''
trap '[[ -z $mounted ]] || umount "$mounted"; rm -rf "$out"' EXIT

# bpftrace finds tracepoints in tracefs alone; ours need none.
if [[ ! -d /sys/kernel/tracing/events ]]; then
	mount -t tracefs ringside-bench /sys/kernel/tracing
	mounted=/sys/kernel/tracing
fi

if [[ ${2-native} = native ]]; then
	echo 'start to attached, and memory then (the rings, 8.5 MB, are mapped twice in RSS)'
	ROUNDS=9 "$root/tests/bench/footprint.sh" "$build"
	exit
fi
echo 'start to attached, and memory then, in a guest (trixie, emulated: only the ratios mean something)'
"$root/tests/vm/run-guest" -b "$build" -o "$out" -m 1024 -t "${RINGSIDE_GUEST_SECONDS:-3600}" -p bpftrace -p oomkill trixie \
	sh -c 'mount -t tracefs none /sys/kernel/tracing 2>/dev/null
		ROUNDS=3 sh /tests/bench/footprint.sh /build >/out/table 2>/out/log' ||
	cat "$out/log" "$out/serial.log" >&2
cat "$out/table"
