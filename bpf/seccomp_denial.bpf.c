/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seccomp_denial: one event for each system call seccomp refused, logged or not.
 *
 * Three ways to learn that a call was refused:
 *   fentry      fexit of __secure_computing() with -1; audit_seccomp() just before tells the
 *               action where the kernel logs it.
 *   kprobe      at the entry of __secure_computing(): see decide.bpf.h.
 *   tracepoint  sys_exit without sys_enter: the entry tracepoint comes after seccomp. Costs
 *               every system call of the machine something. Calls by the vsyscall page pass
 *               neither: see rs_sec_vsyscall().
 * Kills come the same way in the first and the last: at the SIGSYS, or at the exit of a thread
 * that got none.
 *
 * What was refused is read from the registers; the filter is run again only where these leave
 * two readings (see classify()). */
#include "bpf/common/regs.bpf.h"
#include "bpf/common/rows.bpf.h"
#include "bpf/seccomp/call.bpf.h"
#include "bpf/seccomp/decide.bpf.h"
#include "bpf/seccomp/denial-rows.bpf.h"
#include "bpf/seccomp/denial.bpf.h"
#include "bpf/seccomp/filter-cache.bpf.h"
#include "bpf/seccomp/storm.bpf.h"
#include "bpf/seccomp/thread-notes.bpf.h"
#include "bpf/seccomp/verdict.bpf.h"

#define SIGSYS 31
#define SYS_SECCOMP 1

char LICENSE[] SEC("license") = "Dual BSD/GPL";

ROWS_PROGRAM(rs_denial_rows, struct wire_denial_key, DENIAL_VALUE)

#ifdef RS_LEGACY
#include "bpf/seccomp/decide-legacy.bpf.h"
#else

/* Where the raw tracepoint programs end when there is something to report. Tail calls, so that
 * the verifier looks at that long path once, not once for each hook. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rs_sec_tail SEC(".maps");

static __always_inline int emit_refused(struct task_struct *task, struct pt_regs *regs,
					struct mark *mark)
{
	struct denial denial = {};
	bool refused = classify(&denial, task, regs, mark, false);

	if (mark)
		mark->flags &= ~(MARK_ACTION | MARK_SIGNAL);
	return refused ? rs_emit(&denial, mark) : 0;
}

/* __secure_computing() said no. */
static __always_inline int on_refused(void)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);
	struct mark *mark;

	if (task->seccomp.mode == SECCOMP_MODE_DEAD) /* a kill: see on_killed() */
		return 0;
	mark = mark_get(task);
	if (!has_ended_limited(mark, task, regs) || !limit_again(mark, task))
		return emit_refused(task, regs, mark);
	mark->flags &= ~MARK_ACTION;
	return 0;
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

static __always_inline int decide_strictly(struct pt_regs *regs, __u32 nr, bool compat)
{
	struct denial denial = {};

	if (strict_allows(nr, compat))
		return 0;
	strict_fill(&denial, regs);
	return rs_emit(&denial, NULL);
}

static __always_inline int decide_by_filters(struct task_struct *task, struct pt_regs *regs,
					     __u32 nr, bool compat)
{
	struct mark *mark = mark_make(task);
	struct denial denial = {};

	if (mark)
		mark->flags &= ~(MARK_AWAITS | MARK_UNDECIDED);
	if (is_known_limited(mark, task, nr, arch_of(compat)) && limit_again(mark, task)) {
		storm_note(task, mark);
		return 0;
	}
	if (!judge(&denial, regs, mark, verdict_on(task, mark, nr, compat)))
		return 0;
	return rs_emit(&denial, mark);
}

SEC("?kprobe/__secure_computing")
int rs_sec_decide(void *ctx)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);
	__u32 nr = call_nr(regs), mode = task->seccomp.mode;
	bool compat = is_compat(task);
	struct seccomp_filter *filter;

	if (mode == SECCOMP_MODE_STRICT)
		return decide_strictly(regs, nr, compat);
	filter = TASK_READ(task, seccomp.filter); /* not from a cast, see storm_goes_on() */
	if (mode != SECCOMP_MODE_FILTER || filter_allows_outright(filter, nr, compat))
		return 0;
	/* A mark that awaits something has to be told that this is another call. */
	if (!rs_awaits && storm_goes_on(task, filter, nr, arch_of(compat)))
		return 0;
	return decide_by_filters(task, regs, nr, compat);
}

/* A function of its own, or each call that is let through would save its registers. */
static __noinline int on_outcome(void)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);
	struct mark *mark = mark_get(task);
	struct denial denial = {};
	bool refused;

	if (!awaited(mark))
		return 0;
	if (mark->flags & MARK_UNDECIDED)
		refused = guess(&denial, task, regs);
	else
		refused = outcome(&denial, regs, mark,
				  is_judged_again(mark, regs) ? rs_evaluate(call_nr(regs)) : -1);
	return refused ? rs_emit(&denial, mark) : 0;
}

SEC("?fexit/__secure_computing")
int rs_sec_outcome1(__u64 *ctx)
{
	return may_be_awaited(ctx[1]) ? on_outcome() : 0;
}

SEC("?fexit/__secure_computing")
int rs_sec_outcome0(__u64 *ctx)
{
	return may_be_awaited(ctx[0]) ? on_outcome() : 0;
}

/* The same behind the kprobe's function, which the kernel reaches the quicker when nothing else is
 * on it. A call that was judged again comes here twice, and has been told the first time. */
SEC("?fexit/__seccomp_filter")
int rs_sec_outcome_f(__u64 *ctx)
{
	__u64 result = 0;

	(void)bpf_get_func_ret(ctx, &result);
	return may_be_awaited(result) ? on_outcome() : 0;
}

/* LOG lets the call through; that the kernel logs it is all there is to see. */
SEC("?kprobe/audit_seccomp")
int rs_sec_logged(struct pt_regs *ctx)
{
	struct task_struct *task = current_task();
	struct denial denial = {.flags = WIRE_SECCOMP_LOGGED};

	if ((__u32)fn_arg3(ctx) != SECCOMP_RET_LOG)
		return 0;
	set_nr(&denial, task_regs(task));
	denial.key.action = SECCOMP_RET_LOG;
	return rs_emit(&denial, NULL);
}

SEC("?kretprobe/__secure_computing")
int rs_sec_outcome(struct pt_regs *ctx)
{
	return may_be_awaited(fn_result(ctx)) ? on_outcome() : 0;
}

/* The same without a limit of instances, where return probes of many functions go through the
 * function graph tracer (6.14, 4346ba160409 "fprobe: Rewrite fprobe on function-graph tracer"). */
SEC("?kretprobe.multi/__secure_computing")
int rs_sec_outcome_m(struct pt_regs *ctx)
{
	return may_be_awaited(fn_result(ctx)) ? on_outcome() : 0;
}

/* The kernel writes its own audit record; the one place that names the action. */
SEC("?fentry/audit_seccomp")
int BPF_PROG(rs_sec_audit, unsigned long nr, long signr, int code)
{
	struct task_struct *task = current_task();
	struct denial denial = {.flags = WIRE_SECCOMP_LOGGED};
	struct mark *mark;

	if ((__u32)code == SECCOMP_RET_LOG) {
		struct pt_regs *regs = task_regs(task);

		set_nr(&denial, regs);
		denial.key.action = SECCOMP_RET_LOG;
		return rs_emit(&denial, NULL);
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
	struct task_struct *task = current_task();
	struct mark *mark;
	int code = 0, data = 0;

	if (sig != SIGSYS || (__u64)info <= 2 || task->pid != BPF_CORE_READ(target, pid))
		return 0;
	bpf_core_read(&code, sizeof(code), &info->si_code);
	bpf_core_read(&data, sizeof(data), &info->si_errno);
	if (code != SYS_SECCOMP)
		return 0;
	/* A TRAP of such a call says nothing of the next, which may end at sys_exit. */
	if (called_by_vsyscall(task_regs(task)) && task->seccomp.mode != SECCOMP_MODE_DEAD)
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
	struct task_struct *task = current_task();

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		bpf_tail_call(ctx, &rs_sec_tail, 0);
	return 0;
}

static __always_inline bool needs_mark(struct task_struct *task, const struct pt_regs *regs,
				       __u32 nr)
{
	bool compat = is_compat(task);

	/* The signal return restores a register file whose call number is -1, which at the exit
	 * looks like a call skipped by a tracer. */
	return installs_filter(nr, compat, regs) || returns_from_signal(nr, compat) ||
	       !filter_allows_outright(current_filter(task), nr, compat);
}

OWN_FRAME int on_entered(struct task_struct *task, const struct pt_regs *regs, __u32 nr)
{
	struct mark *mark = needs_mark(task, regs, nr) ? mark_make(task) : NULL;

	if (mark)
		mark->flags |= MARK_ENTERED;
	return 0;
}

/* Every call of the machine comes by here, and by rs_sec_leave(): what most do not need has a frame
 * of its own, or its registers would be saved for all. */
SEC("?tp_btf/sys_enter")
int BPF_PROG(rs_sec_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = current_task();

	/* Other filters may be in force at the call's exit than at its entry, or the first ones. */
	if (!task->seccomp.mode && !installs_filter(id, is_compat(task), regs))
		return 0;
	return on_entered(task, regs, id);
}

/* What ends without having been entered was refused, unless: a fork's child, a call in flight when
 * we attached or another thread installed a filter, one that PTRACE_SYSEMU took over, an exec
 * that changed the architecture. So the filter has to agree, and the result with it. */
static __always_inline int on_not_entered(struct task_struct *task, struct pt_regs *regs,
					  struct mark *mark)
{
	struct denial denial = {};
	bool refused = classify(&denial, task, regs, mark, true);

	if (mark)
		mark->flags &= ~MARK_SIGNAL;
	return refused ? rs_emit(&denial, mark) : 0;
}

/* A call of a thread that has filters, or is to die of them. */
OWN_FRAME int on_left(struct task_struct *task, struct pt_regs *regs)
{
	struct mark *mark;

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return 0;
	mark = mark_get(task);
	if (mark && mark->flags & MARK_ENTERED) {
		mark->flags &= ~MARK_ENTERED;
		return 0;
	}
	if ((has_ended_limited(mark, task, regs) && limit_again(mark, task)) ||
	    filter_allows_outright(current_filter(task), call_nr(regs), is_compat(task)))
		return 0;
	return on_not_entered(task, regs, mark);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(rs_sec_leave, struct pt_regs *regs)
{
	struct task_struct *task = current_task();
	struct mark *mark;

	if (task->seccomp.mode)
		return on_left(task, regs);
	/* A filter was refused: the entry's mark must not outlive the call. */
	mark = installs_filter(call_nr(regs), is_compat(task), regs) ? mark_get(task) : NULL;
	if (mark)
		mark->flags &= ~MARK_ENTERED;
	return 0;
}

/* A call by the vsyscall page, which the kernel makes for the caller from the page fault: seccomp
 * is asked right behind this, and there is no sys_enter and no sys_exit. So it is decided here, as
 * decide.bpf.h does it. What is left to a tracer or a supervisor is not seen; kills are, at the
 * signal. */
SEC("?raw_tp/emulate_vsyscall")
int BPF_PROG(rs_sec_vsyscall, int which)
{
	struct task_struct *task = current_task();
	int nr = vsyscall_nr(which);

	if (nr >= 0 && task->seccomp.mode == SECCOMP_MODE_FILTER &&
	    !filter_allows_outright(current_filter(task), nr, false) &&
	    vsyscall_is_made(task_regs(task), nr))
		bpf_tail_call(ctx, &rs_sec_tail, 0);
	return 0;
}

static __always_inline int on_vsyscall(struct task_struct *task, int nr)
{
	struct denial denial = {.flags = WIRE_SECCOMP_HAS_NR};
	long verdict = rs_evaluate(nr);

	if (verdict < 0)
		return 0;
	denial.key.nr = nr;
	denial.key.action = verdict & SECCOMP_RET_ACTION_FULL;
	denial.flags |= vsyscall_returns(task_regs(task)) ? WIRE_SECCOMP_EVALUATED
							  : WIRE_SECCOMP_ACTION_GUESS;
	set_data(&denial, verdict);
	if (denial.key.action == SECCOMP_RET_ERRNO)
		set_error(&denial, error_of(verdict));
	else if (denial.key.action == SECCOMP_RET_TRACE && !task_is_traced(task))
		set_error(&denial, ENOSYS);
	else if (denial.key.action != SECCOMP_RET_TRAP)
		return 0;
	return rs_emit(&denial, NULL);
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
	return rs_emit(&denial, mark);
}

/* Only reached through rs_sec_tail: a thread that is to die, or else a call by the vsyscall page.
 */
SEC("?raw_tp")
int BPF_PROG(rs_sec_finish, int which)
{
	struct task_struct *task = current_task();

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return on_killed(task, task_regs(task));
	return on_vsyscall(task, vsyscall_nr(which));
}

#endif
