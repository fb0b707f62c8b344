# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Attached and detached in the midst of a storm, with tasks inside seccomp at both times: each sum
# closes, nothing is in flight, and nothing is told that did not happen.
# Not in guests: under TCG tasks hang on a breakpoint that the kernel has taken back (run-guest).
# shellcheck disable=SC2034 # for collect.sh
targets=native

collect() {
	: >midway.tiers
	for tier in fentry kprobe tracepoint; do
		"$BUILD/testdata/trigger-storm" --tasks 2 --count 100000000 --sleepers 30 \
			>/dev/null 2>&1 &
		storm=$!
		sleep 0.5
		if attaches $tier; then
			start $tier --attach $tier --ring-size 256K
			sleep 0.5
			stop $tier
			echo $tier >>midway.tiers
		fi
		kill "$storm"
		wait "$storm" 2>/dev/null || true
	done
}

# In guests all do, and loading beside a storm takes its time under emulation.
attaches() { # TIER
	[ "$TARGET" = native ] || return 0
	"$BUILD/streamer/ringside-streamer" --doctor --attach "$1" --allow-syscall-tax \
		--probes seccomp >/dev/null 2>&1
}

judge() {
	while read -r tier; do
		/usr/bin/python3 "$TESTS/e2e/sums.py" --verify "$BUILD/consumer/ringside" --unknown \
			"$tier.pb" none >"$tier.sums" 2>&1 || true
		sed -E "s/^(ok|not ok) - /\1 - $tier: /" "$tier.sums"
		grep -q '^ok' "$tier.sums" || echo "not ok - $tier: sums.py found nothing to say"
		"$BUILD/consumer/ringside" cat -o json --kind seccomp "$tier.pb" |
			jq -r 'select(.kind == "seccomp_denial" and (.process.comm | test("^storm"))) |
				"\(.process.comm) \(.syscall) \(.action) \(.errno)"' |
			sort | uniq -c >"$tier.told"
		if [ "$(awk '{ print $2, $3, $4, $5 }' "$tier.told")" = "storm getppid ERRNO EPERM" ]; then
			echo "ok - $tier: only what happened: $(cat "$tier.told")"
		else
			echo "not ok - $tier: $(cat "$tier.told")"
		fi
	done <midway.tiers
	[ "$TARGET" = native ] || [ "$(wc -l <midway.tiers)" = 3 ] ||
		echo "not ok - attached: $(cat midway.tiers)"
}
