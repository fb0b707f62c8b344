#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-cost.sh BUILD
#
# What a denied call costs the one who makes it: on this machine in the tier it offers, and, for
# information, in a guest in the others (emulated: only the ratios mean something). See cost.sh.
set -euo pipefail

build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
mounted=''
trap '[[ -z $mounted ]] || umount "$mounted"' EXIT
if [[ ! -d /sys/kernel/tracing/events ]]; then # for bpftrace
	mount -t tracefs ringside-bench /sys/kernel/tracing
	mounted=/sys/kernel/tracing
fi

echo 'a denied call, CPU time of the caller'
"$root/tests/bench/cost.sh" "$build" tracepoint:raw_syscalls:sys_exit tracepoint
echo 'the same in a guest (trixie, emulated)'
out=$(mktemp -d)
"$root/tests/vm/run-guest" -b "$build" -o "$out" -m 1024 -t "${RINGSIDE_GUEST_SECONDS:-3600}" -p bpftrace trixie \
	sh -c 'mount -t tracefs none /sys/kernel/tracing 2>/dev/null
		COUNT=20000 ROUNDS=3 sh /tests/bench/cost.sh /build kprobe:__secure_computing \
		fentry kprobe tracepoint >/out/table 2>/out/log' || cat "$out/log" "$out/serial.log" >&2
cat "$out/table"
rm -rf "$out"
