# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Every seccomp case: exactly the events it should make, and none for what was allowed.
collect() {
	start seccomp
	trigger seccomp trigger-seccomp --cgroup ringside-seccomp all
	stop seccomp
}

judge() {
	judge_truth seccomp
	judge_whole seccomp
}
