/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What its filters say of the system call the current task is in. */
#pragma once

#include "filter.bpf.h"
#include "kernel.h"
#include "regs.bpf.h"

static __always_inline struct seccomp_filter *task_filter(struct task_struct *task)
{
	return BPF_CORE_READ(task, seccomp.filter);
}

#define CALL_LOOKED (1ll << 32) /* the verdict depends on more than number and architecture */
#define CALL_LOG (1ll << 33)    /* the filter that decided asks for an audit record */

/* Runs the current task's filters on the call its registers hold. Returns the verdict in the
 * low 32 bits, and CALL_*; or -1 where the filters cannot be had. Global, as rs_emit() is:
 * verified once, not at every call. */
__noinline long rs_evaluate(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct seccomp_filter *match;
	struct filter_run run;
	__u64 args[6];

	call_args(task, regs, args);
	run.data[0] = call_nr(regs);
	run.data[1] = call_arch(task);
	run.data[2] = call_ip(regs);
	run.data[3] = call_ip(regs) >> 32;
	for (int i = 0; i < 6; i++) {
		run.data[4 + 2 * i] = args[i];
		run.data[5 + 2 * i] = args[i] >> 32;
	}
	if (!filter_evaluate(&run, task_filter(task)))
		return -1;
	match = run.match;
	return run.verdict | (run.looked >= 8 ? CALL_LOOKED : 0) |
	       (match && BPF_CORE_READ(match, log) ? CALL_LOG : 0);
}
