# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Each container's row says how full its TCP queues are, in every tier this kernel has: that of a
# reader that stopped, or never began, within one interval, and to the byte; one that keeps up is
# seen to. What ss says of the same socket is the same.
# shellcheck disable=SC2034 # for collect.sh
targets='*'

# Of what there is here: this machine has neither of the first two, and the legacy programs have one.
case $TARGET in
native) tiers=tracepoint ;;
bullseye* | *-legacy | *-runtime | *-btf) tiers=kprobe ;;
*) tiers='fentry kprobe tracepoint' ;;
esac

# Where BTF is missing there are no iterators, and what nobody reads from is not seen.
case $TARGET in
*-runtime | *-btf) SCENES=keeps-up look=--no-look ;;
*) SCENES='stopped stopped6 never keeps-up large' look='' ;;
esac
INTERVAL=2

collect() {
	for tier in $tiers; do
		start "$tier" --attach $tier --probes oom,seccomp,tcp --counters-interval $INTERVAL
		play "$tier"
		stop "$tier"
	done
}

# All at once: they are of different cgroups.
play() { # TIER
	pids=''
	for scene in $SCENES; do
		"$BUILD/testdata/trigger-tcp" --cgroup "ringside-tcp-$1/$scene" --hold $((3 * INTERVAL)) \
			"$scene" >"$1.$scene.truth" &
		pids="$pids $!"
	done
	for scene in $SCENES; do
		wait_until 60 "scene $scene" test -s "$1.$scene.truth"
	done
	! command -v ss >/dev/null || ss -tnmO >"$1.ss"
	for pid in $pids; do
		wait "$pid"
	done
	cat "$1".*.truth >"$1.truth"
}

judge() {
	for tier in $tiers; do
		# shellcheck disable=SC2086 # one word or none
		/usr/bin/python3 "$TESTS/e2e/tcp.py" --tier "$tier" $look "$tier.pb" "$tier.truth" "$tier.ss" \
			>"$tier.judged" 2>&1 || true
		sed -E "s/^(ok|not ok) - /\1 - $tier: /" "$tier.judged"
		grep -q '^ok' "$tier.judged" || echo "not ok - $tier: tcp.py found nothing to say"
		judge_whole "$tier"
	done
}
