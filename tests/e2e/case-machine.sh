# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# OOM kills of the whole machine, which only a guest can be asked to bear.
# shellcheck disable=SC2034 # for collect.sh
targets='[!n]*'

collect() {
	start machine
	trigger machine trigger-oom --machine --yes-this-is-a-guest
	stop machine
}

judge() {
	judge_truth machine
	judge_whole machine
}
