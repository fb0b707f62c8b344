#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# systemd 252 (Debian 12): what one would guess: `--user --machine=1000@`, the manual's way to another
# user's manager on this very machine, works for all verbs that name a unit, since no other machine is
# involved. What happens: `edit` and `cat` refuse it before they connect to anything ("Cannot edit units
# remotely.", "Cannot remotely cat units.", exit 1), as for --machine=NAME of a container; `set-property`
# goes over the bus and is not refused (here, where no bus is, it fails to connect instead). Advice has
# to give the user's own `systemctl --user edit`, run as that user.
# Usage: findings/systemctl-edit-is-local-only.sh   (apt-get, dpkg-deb, script; exit 1 if that changes)
set -euo pipefail

version=252.39-1~deb12u2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download "systemd=$version" "libsystemd-shared=$version" 2>/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" tree; done

# `edit` asks for a terminal first: script(1) gives it one.
ask() { # ARG…
	TERM=dumb timeout 20 script -qec "env LD_LIBRARY_PATH=$work/tree/lib/x86_64-linux-gnu/systemd:$work/tree/usr/lib/x86_64-linux-gnu/systemd \
		$work/tree/bin/systemctl --no-pager $*" /dev/null </dev/null 2>&1 | tr -d '\r' || true
}
expect() { # WORDS ARG…
	local out
	out=$(ask "${@:2}")
	echo "systemctl ${*:2}: $out"
	[[ $out = *"$1"* ]] || { echo "changed: expected '$1'" >&2; exit 1; }
}

expect 'systemd 252' --version
for where in '--user --machine=1000@' '--machine=web'; do
	expect 'Cannot edit units remotely.' "$where edit redis.service"
	expect 'Cannot remotely cat units.' "$where cat redis.service"
	out=$(ask "$where set-property redis.service MemoryMax=1G")
	echo "systemctl $where set-property: $out"
	[[ $out != *remotely* ]] || { echo "changed: set-property is refused, too" >&2; exit 1; }
done
