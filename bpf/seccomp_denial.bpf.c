/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seccomp_denial: one event for each system call seccomp refused, logged or not.
 *
 * Two ways to learn that a call was refused:
 *   fentry      fexit of __secure_computing() with -1; audit_seccomp() just before tells the
 *               action where the kernel logs it.
 *   tracepoint  sys_exit without sys_enter: the entry tracepoint comes after seccomp. Costs
 *               every system call of the machine something.
 * Kills come the same way in both: at the SIGSYS, or at the exit of a thread that got none.
 *
 * What was refused is read from the registers; the filter is run again only where these leave
 * two readings (see classify()). */
#include "call.bpf.h"
#include "denial.bpf.h"
#include "mark.bpf.h"
#include "verdict.bpf.h"

#define SIGSYS 31
#define SYS_SECCOMP 1
#define SECCOMP_MODE_DEAD 3 /* include/linux/seccomp.h, since 5.17 and stable */
#define PR_SET_SECCOMP 22

/* Where the raw tracepoint programs end when there is something to report. Tail calls, so that
 * the verifier looks at that long path once, not once for each hook. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rs_sec_tail SEC(".maps");

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* __secure_computing() said no. */
static __always_inline int on_refused(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct denial denial = {};
	struct mark *mark;
	bool refused;

	if (task->seccomp.mode == SECCOMP_MODE_DEAD) /* a kill: see on_killed() */
		return 0;
	mark = mark_get(task);
	refused = classify(&denial, task, regs, mark, false);
	if (mark)
		mark->flags &= ~(MARK_ACTION | MARK_SIGNAL);
	return refused ? rs_emit(&denial) : 0;
}

/* The two shapes of __secure_computing(): with one argument up to 6.17, without since. Every
 * allowed call of a filtered task comes by here: the first instructions decide. */
SEC("?fexit/__secure_computing")
int rs_sec_exit1(__u64 *ctx)
{
	return (int)ctx[1] == -1 ? on_refused() : 0;
}

SEC("?fexit/__secure_computing")
int rs_sec_exit0(__u64 *ctx)
{
	return (int)ctx[0] == -1 ? on_refused() : 0;
}

/* The kernel writes its own audit record; the one place that names the action. */
SEC("?fentry/audit_seccomp")
int BPF_PROG(rs_sec_audit, unsigned long nr, long signr, int code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct denial denial = {.flags = WIRE_SECCOMP_LOGGED};
	struct mark *mark;

	if ((__u32)code == SECCOMP_RET_LOG) {
		struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

		set_nr(&denial, regs);
		denial.key.action = SECCOMP_RET_LOG;
		return rs_emit(&denial);
	}
	mark = mark_make(task);
	if (mark) {
		mark->action = (__u32)code & SECCOMP_RET_ACTION_FULL;
		mark->flags |= MARK_ACTION;
	}
	return 0;
}

/* force_sig_seccomp(): a TRAP, to be reported when the call ends, or a kill. */
SEC("?raw_tp/signal_generate")
int BPF_PROG(rs_sec_signal, int sig, struct kernel_siginfo *info, struct task_struct *target)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark *mark;
	int code = 0, data = 0;

	if (sig != SIGSYS || (__u64)info <= 2 || task->pid != BPF_CORE_READ(target, pid))
		return 0;
	bpf_core_read(&code, sizeof(code), &info->si_code);
	bpf_core_read(&data, sizeof(data), &info->si_errno);
	if (code != SYS_SECCOMP)
		return 0;
	mark = mark_make(task);
	if (mark) {
		mark->data = data;
		mark->flags |= MARK_SIGNAL;
	}
	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		bpf_tail_call(ctx, &rs_sec_tail, 0);
	return 0;
}

/* A thread that seccomp ended without a signal: KILL_THREAD beside other threads, or strict
 * mode. */
SEC("?raw_tp/sched_process_exit")
int BPF_PROG(rs_sec_die)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		bpf_tail_call(ctx, &rs_sec_tail, 0);
	return 0;
}

/* seccomp(2) and prctl(PR_SET_SECCOMP): other filters may be in force at the call's exit than
 * at its entry, or the first ones. */
static __always_inline bool installs_filter(__u32 nr, bool compat, const struct pt_regs *regs)
{
	if (compat)
		return nr == 354 || (nr == 172 && (__u32)regs->bx == PR_SET_SECCOMP);
	nr &= ~0x40000000u; /* x32 */
	return nr == 317 || (nr == 157 && regs->di == PR_SET_SECCOMP);
}

/* The signal return restores a register file whose call number is -1, which at the exit looks
 * like a call skipped by a tracer. */
static __always_inline bool returns_from_signal(__u32 nr, bool compat)
{
	return compat ? nr == 119 || nr == 173 : nr == 15 || nr == (513 | 0x40000000u);
}

static __always_inline bool needs_mark(struct task_struct *task, const struct pt_regs *regs,
				       __u32 nr)
{
	bool compat = is_compat(task);

	if (installs_filter(nr, compat, regs))
		return true;
	if (!task->seccomp.mode)
		return false;
	return returns_from_signal(nr, compat) ||
	       !filter_allows_outright(task_filter(task), nr, compat);
}

SEC("?raw_tp/sys_enter")
int BPF_PROG(rs_sec_enter, struct pt_regs *unused, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct mark *mark;

	if (!needs_mark(task, regs, id))
		return 0;
	mark = mark_make(task);
	if (mark)
		mark->flags |= MARK_ENTERED;
	return 0;
}

SEC("?raw_tp/sys_exit")
int BPF_PROG(rs_sec_leave)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	bool compat = is_compat(task);
	struct mark *mark;

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return 0;
	if (!task->seccomp.mode) {
		/* A filter was refused: the entry's mark must not outlive the call. */
		mark = installs_filter(regs->orig_ax, compat, regs) ? mark_get(task) : NULL;
		if (mark)
			mark->flags &= ~MARK_ENTERED;
		return 0;
	}
	mark = mark_get(task);
	if (mark && mark->flags & MARK_ENTERED) {
		mark->flags &= ~MARK_ENTERED;
		mark->filter = (__u64)task_filter(task);
		return 0;
	}
	if (!filter_allows_outright(task_filter(task), regs->orig_ax, compat))
		bpf_tail_call(ctx, &rs_sec_tail, 0);
	return 0;
}

/* The thread is to die of it: once, whether the signal or the exit comes first. */
static __always_inline int on_killed(struct task_struct *task, struct pt_regs *regs)
{
	struct mark *mark = mark_make(task);
	struct denial denial = {};

	if (mark) {
		if (mark->flags & MARK_KILLED)
			return 0;
		mark->flags |= MARK_KILLED;
	}
	set_nr(&denial, regs);
	if (mark && mark->flags & MARK_SIGNAL)
		set_data(&denial, mark->data);
	kill_action(&denial, task, mark);
	return rs_emit(&denial);
}

/* Refused is what ends without having been entered. In doubt, that is when the thread was not
 * seen between two calls under this very filter (a fork's child, a call in flight when we
 * attached or when another thread installed a filter), the filter has to agree. */
static __always_inline int on_not_entered(struct task_struct *task, struct pt_regs *regs)
{
	struct mark *mark = mark_get(task);
	struct denial denial = {};
	bool refused, doubt;

	doubt = !mark || mark->filter != (__u64)task_filter(task);
	refused = classify(&denial, task, regs, mark, doubt);
	if (!mark)
		mark = mark_make(task);
	if (mark) {
		mark->filter = (__u64)task_filter(task);
		mark->flags &= ~MARK_SIGNAL;
	}
	return refused ? rs_emit(&denial) : 0;
}

/* Only reached through rs_sec_tail. */
SEC("?raw_tp")
int rs_sec_finish(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return on_killed(task, regs);
	return on_not_entered(task, regs);
}
