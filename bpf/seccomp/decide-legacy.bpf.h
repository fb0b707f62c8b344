/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* decide.bpf.h for kernels before 5.17. A loop there may take no more rounds than the verifier has
 * patience to follow one by one, so a program runs a part of the filters and calls itself again, up
 * to 33 times (MAX_TAIL_CALL_CNT). What is under way meanwhile lies in a per-CPU slot.
 *
 * One slot is enough: kprobe programs run with preemption off (kprobe_ftrace_handler(),
 * kprobe_int3_handler()), so the chain stays on its CPU and nobody else's begins there before it
 * has ended; and trace_call_bpf() runs no kprobe program while another is active on the CPU
 * (bpf_prog_active), so an interrupt cannot bring one either. */
#pragma once

#include "bpf/seccomp/decide.bpf.h"
#include "bpf/seccomp/filter-cache.bpf.h"

#define STEPS 64u /* filter instructions a run */
#define RUNS 30u  /* and the calls to begin and to finish */

enum { JUDGE, OUTCOME, REPORT };

struct pending {
	struct filter_run run;
	struct denial denial;
	__u32 what; /* becomes of it: JUDGE, ... */
	__u32 runs;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pending);
} rs_pending SEC(".maps");

enum { NEXT_RUN, NEXT_FINISH };

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} rs_sec_next SEC(".maps");

static __always_inline struct pending *pending_slot(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rs_pending, &zero);
}

static __always_inline struct pending *pending_new(__u32 what)
{
	struct pending *pending = pending_slot();

	if (!pending)
		return NULL;
	pending->denial = (struct denial){};
	pending->what = what;
	pending->runs = 0;
	return pending;
}

/* Runs the filters on the current call; then rs_sec_finish(). */
static __always_inline int evaluate(void *ctx, struct pending *pending, struct task_struct *task,
				    struct pt_regs *regs)
{
	call_fill(&pending->run, task, regs, call_nr(regs));
	if (filter_begin(&pending->run, task_filter(task)))
		bpf_tail_call(ctx, &rs_sec_next, NEXT_RUN);
	else
		pending->run.failed = 1;
	bpf_tail_call(ctx, &rs_sec_next, NEXT_FINISH);
	return 0;
}

static __always_inline int report(void *ctx, struct pending *pending)
{
	pending->what = REPORT;
	bpf_tail_call(ctx, &rs_sec_next, NEXT_FINISH);
	return 0;
}

/* First of all, so that it is there when the others begin to make marks. */
SEC("?raw_tp/sched_process_exit")
int BPF_PROG(rs_sec_forget)
{
	struct task_struct *task = current_task();

	if (TASK_READ(task, seccomp.mode))
		mark_forget(task);
	return 0;
}

SEC("?kprobe/__secure_computing")
int rs_sec_decide(void *ctx)
{
	struct task_struct *task = current_task();
	int mode = TASK_READ(task, seccomp.mode);
	struct seccomp_filter *filter = task_filter(task);
	struct pt_regs *regs = task_regs(task);
	__u32 nr = call_nr(regs);
	bool compat = is_compat(task);
	struct pending *pending;
	struct mark *mark;

	if (mode == SECCOMP_MODE_STRICT) {
		if (strict_allows(nr, compat))
			return 0;
		pending = pending_new(REPORT);
		if (!pending)
			return 0;
		strict_fill(&pending->denial, regs);
		return report(ctx, pending);
	}
	if (mode != SECCOMP_MODE_FILTER || filter_allows_outright(filter, nr, compat))
		return 0;
	mark = mark_make(task);
	if (mark) {
		mark_renew(mark, (__u64)filter);
		if (mark_allows(mark, nr, compat))
			return 0;
		mark->flags &= ~(MARK_AWAITS | MARK_UNDECIDED);
	}
	pending = pending_new(JUDGE);
	if (!pending)
		return 0;
	if (!mark || !knows_verdict(mark, nr, compat))
		return evaluate(ctx, pending, task, regs);
	return judge(&pending->denial, regs, mark, mark->verdict) ? report(ctx, pending) : 0;
}

/* Only reached through rs_sec_next, as rs_sec_finish(). */
SEC("?kprobe")
int rs_sec_run(void *ctx)
{
	struct pending *pending = pending_slot();

	if (!pending)
		return 0;
	for (__u32 i = 0; i < STEPS; i++)
		if (filter_step(i, &pending->run))
			goto finish;
	if (++pending->runs < RUNS)
		bpf_tail_call(ctx, &rs_sec_next, NEXT_RUN);
	pending->run.failed = 1;
finish:
	bpf_tail_call(ctx, &rs_sec_next, NEXT_FINISH);
	return 0;
}

static __always_inline void learn(struct mark *mark, __u32 nr, bool compat, long verdict)
{
	__u32 action = verdict & SECCOMP_RET_ACTION_FULL;

	if (!mark || verdict < 0 || verdict & FILTER_LOOKED)
		return;
	if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
		mark_allow(mark, nr, compat);
	else
		learn_verdict(mark, nr, compat, verdict);
}

SEC("?kprobe")
int rs_sec_finish(void *ctx)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);
	struct pending *pending = pending_slot();
	bool refused = true;
	struct mark *mark;
	long verdict;

	if (!pending)
		return 0;
	if (pending->what != REPORT) {
		mark = mark_get(task);
		verdict = filter_result(&pending->run);
		if (pending->what == JUDGE) {
			learn(mark, call_nr(regs), is_compat(task), verdict);
			refused = judge(&pending->denial, regs, mark, verdict);
		} else {
			refused = mark && outcome(&pending->denial, regs, mark, verdict);
		}
	}
	return refused ? rs_emit(&pending->denial, NULL) : 0;
}

SEC("?kretprobe/__secure_computing")
int rs_sec_outcome(struct pt_regs *ctx)
{
	struct task_struct *task;
	struct pending *pending;
	struct pt_regs *regs;
	struct mark *mark;
	bool refused;

	if (!may_be_awaited(fn_result(ctx)))
		return 0;
	task = current_task();
	mark = mark_get(task);
	if (!awaited(mark))
		return 0;
	regs = task_regs(task);
	pending = pending_new(OUTCOME);
	if (!pending)
		return 0;
	if (!(mark->flags & MARK_UNDECIDED) && is_judged_again(mark, regs))
		return evaluate(ctx, pending, task, regs);
	if (mark->flags & MARK_UNDECIDED)
		refused = guess(&pending->denial, task, regs);
	else
		refused = outcome(&pending->denial, regs, mark, -1);
	return refused ? report(ctx, pending) : 0;
}

/* LOG lets the call through; that the kernel logs it is all there is to see. Of a kill that was not
 * foreseen, because a tracer made another call of it or the filters could not be run, this is the
 * last word: __secure_computing() does not return. */
SEC("?kprobe/audit_seccomp")
int rs_sec_logged(struct pt_regs *ctx)
{
	struct task_struct *task = current_task();
	__u32 action = (__u32)fn_arg3(ctx) & SECCOMP_RET_ACTION_FULL;
	struct pending *pending;

	if (action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD) {
		if (!awaited(mark_get(task)))
			return 0;
	} else if ((__u32)fn_arg3(ctx) != SECCOMP_RET_LOG) {
		return 0;
	}
	pending = pending_new(REPORT);
	if (!pending)
		return 0;
	pending->denial.flags = WIRE_SECCOMP_LOGGED;
	set_nr(&pending->denial, task_regs(task));
	pending->denial.key.action = action;
	return report(ctx, pending);
}
