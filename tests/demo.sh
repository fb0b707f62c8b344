#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/demo.sh BUILD
#
# What ./dev demo shows: one OOM kill and three denials on this machine, made by small programs in
# cgroups and filters of their own. Fails if one of them is missing from what was shown.
set -euo pipefail

build=$(realpath "$1")
ringside=$build/consumer/ringside
work=$(mktemp -d)
recording=$work/demo.pb
streamer=''
trap '[[ -z $streamer ]] || kill "$streamer" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

bold='' plain=''
[[ ! -t 1 || -n ${NO_COLOR-} ]] || { bold=$'\e[1m' plain=$'\e[0m'; }

say() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
	[[ $# -lt 2 ]] || printf '%s\n' "${@:2}"
	echo
}

fail() {
	echo "demo: $*" >&2
	[[ ! -s $work/log ]] || sed 's/^/  ringside-streamer: /' "$work/log" >&2
	exit 1
}

wait_for() { # WHAT COMMAND [ARG…]
	local end=$((SECONDS + 30)) what=$1

	shift
	until "$@"; do
		[[ $SECONDS -lt $end ]] || fail "no $what within 30 s"
		kill -0 "$streamer" 2>/dev/null || fail "no $what: the streamer ended early"
		sleep 0.1
	done
}

shown() { # PATTERN: a line of the live text matches
	grep -qE "$1" "$work/text"
}

say "Live, from this machine's kernel" \
	'  ringside-streamer --allow-syscall-tax -w demo.pb &' \
	'  tail -c +1 -f demo.pb | ringside cat' \
	"(--allow-syscall-tax permits a hook that costs every system call about 0.2 µs, where the" \
	"kernel offers none better; it is taken off again at the end.)"
"$build/streamer/ringside-streamer" --allow-syscall-tax -w "$recording" 2>"$work/log" &
streamer=$!
wait_for 'first record' test -s "$recording"
tail -s 0.1 --pid="$streamer" -c +1 -f "$recording" | "$ringside" cat - | tee "$work/text" &
reader=$!

# Each of these is a process of its own, which does the thing once.
"$build/testdata/trigger-oom" o01 >/dev/null
wait_for 'OOM line' shown ' OOM '
for c in c01 c05 c06; do # ERRNO, TRAP, KILL_PROCESS
	"$build/testdata/trigger-seccomp" "$c" >/dev/null
	wait_for "DENY line of $c" shown " DENY .*$c\["
done

kill -TERM "$streamer"
wait "$streamer" || fail "the streamer exited with $?"
streamer=''
wait "$reader" || fail "ringside cat exited with $?"
sed 's/^/ringside-streamer: /' "$work/log"

say 'The same recording as JSON' '  ringside cat -o json demo.pb'
"$ringside" cat -o json "$recording" | tee "$work/json"

say 'Is it whole?' '  ringside verify demo.pb'
rc=0
"$ringside" verify "$recording" || rc=$?
[[ $rc = 0 ]] || fail "verify exited with $rc"

# As text it was shown; now by what the recording says.
jq -es 'any(.kind == "oom_kill")' "$work/json" >/dev/null || fail 'no OOM kill in the JSON'
for action in ERRNO TRAP KILL_PROCESS; do
	jq -es --arg action "$action" 'any(.kind == "seccomp_denial" and (.action | endswith($action)))' \
		"$work/json" >/dev/null || fail "no denial by $action in the JSON"
done
say "One OOM kill and denials of three actions, seen live, recorded and checked."
