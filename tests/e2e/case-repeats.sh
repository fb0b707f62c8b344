# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A thread is denied one call over and over, far beyond the limit: what its mark remembers of the last
# denial is not said of another.
COUNT=2000

collect() {
	for tier in $(tiers_here); do
		start "$tier" --probes seccomp --attach "$tier" --rate 1,1
		trigger "$tier" trigger-repeats $COUNT
		stop "$tier"
	done
}

tiers_here() {
	case $TARGET in
	native | bullseye* | *-legacy | *-runtime) echo auto ;;
	*) echo auto kprobe tracepoint ;;
	esac
}

judge() {
	for tier in $(tiers_here); do
		{
			/usr/bin/python3 "$TESTS/e2e/repeats.py" "$tier.pb" "$tier.truth" || true
			judge_whole "$tier"
		} >"$tier.judged" 2>&1
		sed -E "s/^(ok|not ok) - /\1 - $tier: /" "$tier.judged"
		grep -q '^ok' "$tier.judged" || echo "not ok - $tier: repeats.py found nothing to say"
	done
}
