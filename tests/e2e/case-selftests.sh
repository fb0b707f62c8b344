# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The kernel's own selftest of seccomp: each of its tests ends beside the streamer as it does
# without, in every tier, and the sums close.
# shellcheck disable=SC2034 # for collect.sh
targets='bookworm bookworm-preempt trixie trixie-preempt'
asked=yes # its source is a package of 130 MB

TIERS='fentry kprobe tracepoint'

prepare() {
	cp "$("$TESTS/vm/fetch" "${TARGET%%-*}" seccomp_bpf)" .
}

collect() {
	selftest plain
	for tier in $TIERS; do
		start "$tier" --attach "$tier"
		selftest "$tier"
		stop "$tier"
	done
	dmesg >messages
}

selftest() { # NAME
	"$FILES/seccomp_bpf" >"$1.tap" 2>&1 || echo "exits with $?"
}

judge() {
	grep -E '^(ok|not ok) ' plain.tap >plain.results
	echo "# without: $(grep '^# Totals' plain.tap)"
	for tier in $TIERS; do
		grep -E '^(ok|not ok) ' "$tier.tap" >"$tier.results"
		if [ "$(wc -l <plain.results)" -gt 80 ] && cmp -s plain.results "$tier.results"; then
			echo "ok - $tier: $(wc -l <"$tier.results") tests end as without"
		else
			echo "not ok - $tier: $(diff plain.results "$tier.results" | grep '^[<>]' | head -n 5)"
		fi
		/usr/bin/python3 "$TESTS/e2e/sums.py" --verify "$BUILD/consumer/ringside" --lost no \
			--limited no --unknown "$tier.pb" none >"$tier.sums" 2>&1 || true
		sed -E "s/^(ok|not ok) - /\1 - $tier: /" "$tier.sums"
		grep -q '^ok' "$tier.sums" || echo "not ok - $tier: sums.py found nothing to say"
	done
	if grep -E 'BUG|Oops|WARNING|Call Trace|general protection' messages; then
		echo "not ok - the kernel complains"
	else
		echo "ok - the kernel does not complain"
	fi
}
