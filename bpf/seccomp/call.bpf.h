/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What its filters say of the system call the current task is in. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/regs.bpf.h"
#include "bpf/seccomp/filter.bpf.h"

/* As a number: to walk along the chain with. */
static __always_inline struct seccomp_filter *task_filter(struct task_struct *task)
{
	return BPF_CORE_READ(task, seccomp.filter);
}

/* To look at and to compare. */
static __always_inline struct seccomp_filter *current_filter(struct task_struct *task)
{
#ifdef RS_LEGACY
	return task_filter(task);
#else
	return loadable_task(task)->seccomp.filter;
#endif
}

/* include/linux/ptrace.h PT_EVENT_FLAG(PTRACE_EVENT_SECCOMP) */
#define PT_TRACE_SECCOMP (1u << 10)

/* Whether somebody is there to be asked about TRACE. Without, the call fails with ENOSYS. */
static __always_inline bool task_is_traced(struct task_struct *task)
{
	return TASK_READ(task, ptrace) & PT_TRACE_SECCOMP;
}

#define SIGKILL 9

/* As include/linux/sched/signal.h fatal_signal_pending(): the caller will not live to see what has
 * become of its call. */
static __always_inline bool task_is_killed(struct task_struct *task)
{
	return TASK_READ(task, pending.signal.sig[0]) & 1ul << (SIGKILL - 1);
}

/* struct seccomp_data of the task's call, for its filters to look at: @nr with the arguments that
 * @regs hold. */
static __always_inline void call_fill(struct filter_run *run, struct task_struct *task,
				      struct pt_regs *regs, __u32 nr)
{
	__u64 args[6], ip = call_ip(regs);

	call_args(task, regs, args);
	run->data[0] = nr;
	run->data[1] = call_arch(task);
	run->data[2] = ip;
	run->data[3] = ip >> 32;
	for (int i = 0; i < 6; i++) {
		run->data[4 + 2 * i] = args[i];
		run->data[5 + 2 * i] = args[i] >> 32;
	}
}

#ifndef RS_LEGACY
/* Runs the current task's filters on its call, which is @nr; see filter_result(). Global, as
 * rs_emit() is: verified once, not at every call. */
__noinline long rs_evaluate(__u32 nr)
{
	struct task_struct *task = current_task();
	struct filter_run run;

	call_fill(&run, task, task_regs(task), nr);
	if (!filter_begin(&run, task_filter(task)))
		return -1;
	/* Classic programs only jump forward: a chain takes no more steps than it has
	 * instructions, and the kernel admits no longer ones. */
	LOOP(FILTER_STEPS_MAX, filter_step, &run);
	return filter_result(&run);
}
#endif
