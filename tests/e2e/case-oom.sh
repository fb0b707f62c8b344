# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# OOM kills in a memory cgroup: victims, trigger and limit owner. What happens is the same for all
# tiers, so that streamers of all that attach here look on at once.
collect() {
	start oom
	for tier in $(other_tiers); do
		start "$tier" --probes oom --attach "$tier"
	done
	trigger oom trigger-oom all
	trigger oom trigger-oom --storm 200
	for name in oom $(other_tiers); do
		stop "$name"
	done
}

# Besides the one that is chosen.
other_tiers() {
	case $TARGET in
	native | bullseye* | *-legacy | *-runtime | *-btf | *-arm64) echo tracepoint ;;
	*) echo kprobe tracepoint ;;
	esac
}

judge() {
	judge_truth oom
	judge_whole oom
	for tier in $(other_tiers); do
		cp oom.truth "$tier.truth"
		{
			judge_truth "$tier" "$tier"
			judge_whole "$tier"
		} | sed -E "s/^(ok|not ok) - /\1 - $tier: /"
	done
}
