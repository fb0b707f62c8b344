# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# OOM kills of the whole machine, which only a guest can be asked to bear.
# shellcheck disable=SC2034 # for collect.sh
targets='[!n]*'

collect() {
	start machine
	start tracepoint --probes oom --attach tracepoint
	trigger machine trigger-oom --machine --yes-this-is-a-guest
	stop machine
	stop tracepoint
	cp machine.truth tracepoint.truth
}

judge() {
	judge_truth machine
	judge_whole machine
	{
		judge_truth tracepoint tracepoint
		judge_whole tracepoint
	} | sed -E 's/^(ok|not ok) - /\1 - tracepoint: /'
}
