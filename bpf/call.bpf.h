/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system call the current task is in, as its registers hold it, and what its filters say
 * of it. The one file that knows registers, x86 ones. */
#pragma once

#include "filter.bpf.h"
#include "kernel.h"

#include <linux/elf-em.h> /* audit.h needs it */

#include <linux/audit.h>

static __always_inline struct seccomp_filter *task_filter(struct task_struct *task)
{
	return BPF_CORE_READ(task, seccomp.filter);
}

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: an int 0x80 call */

static __always_inline bool is_compat(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

static __always_inline void call_args(struct task_struct *task, struct pt_regs *regs, __u64 *args)
{
	if (is_compat(task)) {
		args[0] = (__u32)regs->bx;
		args[1] = (__u32)regs->cx;
		args[2] = (__u32)regs->dx;
		args[3] = (__u32)regs->si;
		args[4] = (__u32)regs->di;
		args[5] = (__u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
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
	run.data[0] = regs->orig_ax;
	run.data[1] = is_compat(task) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	run.data[2] = regs->ip;
	run.data[3] = regs->ip >> 32;
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
