# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Each container's row says how full its TCP queues are, in every tier this kernel has: that of a
# reader that stopped, or never began, within one interval, and to the byte; one that keeps up is
# seen to. What ss says of the same socket is the same.
# shellcheck disable=SC2034 # for collect.sh
targets='native bookworm trixie'

SCENES='stopped stopped6 never keeps-up large'
INTERVAL=2

collect() {
	: >tiers
	for tier in fentry kprobe tracepoint; do
		if [ "$TARGET" = native ] && [ $tier != tracepoint ]; then
			continue # there are neither here
		fi
		start $tier --attach $tier --probes oom,seccomp,tcp --counters-interval $INTERVAL
		play $tier
		stop $tier
		echo $tier >>tiers
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
	[ "$TARGET" = native ] || [ "$(wc -l <tiers)" = 3 ] || echo "not ok - tiers: $(cat tiers)"
	while read -r tier; do
		/usr/bin/python3 "$TESTS/e2e/tcp.py" --tier "$tier" "$tier.pb" "$tier.truth" "$tier.ss" \
			>"$tier.judged" 2>&1 || true
		sed -E "s/^(ok|not ok) - /\1 - $tier: /" "$tier.judged"
		grep -q '^ok' "$tier.judged" || echo "not ok - $tier: tcp.py found nothing to say"
		judge_whole "$tier"
	done <tiers
}
