# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# OOM kills in a memory cgroup: victims, trigger and limit owner.
collect() {
	start oom
	trigger oom trigger-oom all
	stop oom
}

judge() {
	judge_truth oom
	judge_whole oom
}
