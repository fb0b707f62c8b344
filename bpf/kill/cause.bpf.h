/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who or what a signal comes from, as the kernel shows it where it is made. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/regs.bpf.h"
#include "bpf/common/task.bpf.h"
#include "bpf/common/variant.bpf.h"
#include "bpf/common/victims.bpf.h"

#define SIGILL 4
#define SIGTRAP 5
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGSEGV 11
#define SIGCHLD 17
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGSYS 31
#define SIGNAL(number) (1u << (number))

/* What the kernel raises when a process has done what it must not. The others that may end one are
 * either asked for (SIGALRM, SIGPIPE, SIGHUP, ...) or are sent by somebody who says so politely. */
#define RAISED                                                                                     \
	(SIGNAL(SIGILL) | SIGNAL(SIGTRAP) | SIGNAL(SIGBUS) | SIGNAL(SIGFPE) | SIGNAL(SIGSEGV) |    \
	 SIGNAL(SIGXCPU) | SIGNAL(SIGXFSZ) | SIGNAL(SIGSYS))

/* include/linux/sched/signal.h: in the place of a pointer */
#define SEND_SIG_NOINFO 0
#define SEND_SIG_PRIV 1

#define PF_EXITING 0x00000004 /* include/linux/sched.h */
#define PF_KTHREAD 0x00200000

/* include/uapi/asm-generic/siginfo.h */
#define SI_TIMER (-2)
#define SI_SIGIO (-5)
#define POLL_HUP 6 /* the last of poll's */
#define SYS_SECCOMP 1

#define STACK_MAX 65536 /* bytes; most are smaller */

struct source {
	struct task_struct *task; /* that runs */
	__u32 cause;              /* WIRE_KILL_* */
	__u32 signal;
	__s32 code;
	__u32 flags; /* WIRE_KILL_HAS_CODE */
};

static __always_inline bool is_namespace_init(struct task_struct *task)
{
	__u32 level;

	return task_vpid(task, &level) == 1 && level;
}

/* Whether the task that runs has written @info itself: any code below 0 but SI_TKILL, and to itself
 * whichever it likes (do_rt_sigqueueinfo(), do_rt_tgsigqueueinfo() and pidfd_send_signal() in
 * kernel/signal.c). These have it on the task's stack. That of a timer, whose interrupt may come
 * while the task is in such a call, is the timer's (posixtimer_send_sigqueue()). */
static __always_inline bool is_written(struct task_struct *task, __u64 info)
{
	const __u64 stack = (__u64)BPF_CORE_READ(task, stack);

	return info - stack < STACK_MAX &&
	       passes_siginfo(call_nr(task_regs(task)), is_compat(task));
}

/* What a process had asked the kernel for, and so comes from whoever runs at that moment: by
 * timers, message queues and asynchronous I/O; or, with a code of poll's where the signal has none
 * of its own, by F_SETSIG (send_sigio_to_task() in fs/fcntl.c). */
static __always_inline bool is_asked_for(__u32 signal, __s32 code)
{
	if (code <= SI_TIMER && code >= SI_SIGIO)
		return true;
	return (SIGNAL(SIGKILL) | SIGNAL(SIGXCPU) | SIGNAL(SIGXFSZ)) >> signal & 1 && code > 0 &&
	       code <= POLL_HUP;
}

/* Those that have caught a signal raised for what they did may send it to themselves again, as it
 * was; on the way out of that call the kernel may raise one as well, where the stack has no room
 * for a handler. */
static __always_inline __u32 cause_of_written(const struct source *source,
					      struct task_struct *target)
{
	struct task_struct *task = source->task;
	const __u32 tgid = TASK_READ(task, tgid);

	if ((__u32)BPF_CORE_READ(target, tgid) == tgid && source->code > 0 &&
	    source->signal != SIGKILL)
		return WIRE_KILL_UNKNOWN;
	return WIRE_KILL_SENT;
}

static __always_inline __u32 cause_of_code(const struct source *source, __u64 info,
					   struct task_struct *target)
{
	if (is_written(source->task, info))
		return cause_of_written(source, target);
	if (source->signal == SIGSYS && source->code == SYS_SECCOMP)
		return WIRE_KILL_SECCOMP;
	if (is_asked_for(source->signal, source->code))
		return WIRE_KILL_UNKNOWN;
	return source->code > 0 ? WIRE_KILL_KERNEL : WIRE_KILL_SENT;
}

/* Those that share the memory of its victim have no mark; rs_oom_signal, which runs before this,
 * tells them. */
static __always_inline bool is_told_oom(struct task_struct *target)
{
	struct victim_key key;

	victim_key(&key, target);
	return bpf_map_lookup_elem(&rs_victims, &key);
}

/* The OOM killer sends it with its victim's lock held (__oom_kill_process()), and nobody else does.
 * Its mark comes later, on newest kernels after the victim's sched_process_exit even. */
static __always_inline bool is_locked(struct task_struct *target)
{
	__u32 lock = 0;

	bpf_core_read(&lock, sizeof(lock), &target->alloc_lock);
	return lock;
}

/* What the kernel sends for itself: an init process that ends sends it to all in its namespace
 * (zap_pid_ns_processes()), a tracer to whom it traces (exit_ptrace()). */
static __always_inline __u32 cause_of_priv(struct task_struct *task, struct task_struct *target)
{
	const __u32 tgid = TASK_READ(task, tgid);
	const bool itself = (__u32)BPF_CORE_READ(target, tgid) == tgid;

	if (!itself && TASK_READ(task, flags) & PF_EXITING) {
		if (is_namespace_init(task))
			return WIRE_KILL_PID_NAMESPACE;
		if (BPF_CORE_READ(target, ptrace) &&
		    (__u32)BPF_CORE_READ(target, parent, tgid) == tgid)
			return WIRE_KILL_TRACER;
	}
	/* One that the OOM killer chooses in its own context has its mark when it exits. */
	if (is_told_oom(target) || (!itself && is_locked(target)))
		return WIRE_KILL_OOM;
	return WIRE_KILL_KERNEL;
}

/* What it sends on behalf of a task, with no more than its pid: reparent_leader(), whichever signal
 * the child has asked for; cgroup_kill_write(); and SIGXFSZ to whom it is about. */
static __always_inline __u32 cause_of_noinfo(struct task_struct *task, __u32 signal)
{
	if (TASK_READ(task, flags) & PF_EXITING)
		return WIRE_KILL_PARENT;
	return signal == SIGKILL ? WIRE_KILL_CGROUP : WIRE_KILL_KERNEL;
}

/* Whether the task that runs has sent it, or has the kernel send it by its end. */
static __always_inline bool is_by_task(__u32 cause)
{
	return cause != WIRE_KILL_UNKNOWN && cause != WIRE_KILL_KERNEL && cause != WIRE_KILL_OOM &&
	       cause != WIRE_KILL_SECCOMP;
}

static __always_inline void source_fill(struct source *source, __u64 info,
					struct task_struct *target)
{
	struct kernel_siginfo *at = (struct kernel_siginfo *)info;

	if (info == SEND_SIG_NOINFO) {
		source->cause = cause_of_noinfo(source->task, source->signal);
	} else if (info == SEND_SIG_PRIV) {
		source->cause = cause_of_priv(source->task, target);
	} else {
		bpf_core_read(&source->code, sizeof(source->code), &at->si_code);
		source->flags = WIRE_KILL_HAS_CODE;
		source->cause = cause_of_code(source, info, target);
	}
}

/* Whether @target does not catch it. What the kernel forces on a process that has blocked or
 * ignored it has no handler any more either (force_sig_info_to_task()). */
static __always_inline bool is_default(struct task_struct *target, __u32 signal)
{
	struct sighand_struct *sighand = BPF_CORE_READ(target, sighand);
	struct k_sigaction *action =
		(void *)&sighand->action[0] + (signal - 1) * bpf_core_type_size(struct k_sigaction);

	return !BPF_CORE_READ(action, sa.sa_handler);
}
