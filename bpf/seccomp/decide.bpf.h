/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decides at the entry of __secure_computing() what the kernel is about to decide: the verdict is a
 * pure function of the call. A kprobe's program runs with preemption off and has no limit of
 * instances, so neither preempted nor sleeping tasks can blind it, as they can a program at the
 * function's return. Only TRACE and USER_NOTIF, which others decide, are left to that. */
#pragma once

#include "bpf/common/regs.bpf.h"
#include "bpf/seccomp/denial.bpf.h"
#include "bpf/seccomp/thread-notes.bpf.h"
#include "bpf/seccomp/verdict.bpf.h"

/* As kernel/seccomp.c seccomp_log() decides it. */
static __always_inline __u32 is_logged(__u32 action, bool requested)
{
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
		return rs_actions_logged & WIRE_LOGS_KILL_PROCESS;
	case SECCOMP_RET_KILL_THREAD:
		return rs_actions_logged & WIRE_LOGS_KILL_THREAD;
	case SECCOMP_RET_TRAP:
		return requested ? rs_actions_logged & WIRE_LOGS_TRAP : 0;
	case SECCOMP_RET_ERRNO:
		return requested ? rs_actions_logged & WIRE_LOGS_ERRNO : 0;
	case SECCOMP_RET_TRACE:
		return requested ? rs_actions_logged & WIRE_LOGS_TRACE : 0;
	case SECCOMP_RET_USER_NOTIF:
		return requested ? rs_actions_logged & WIRE_LOGS_USER_NOTIF : 0;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return 0;
	default:
		return rs_actions_logged & WIRE_LOGS_KILL_PROCESS;
	}
}

static __always_inline void set_logged(struct denial *denial, bool logged)
{
	denial->flags |= WIRE_SECCOMP_KNOWS_LOG | (logged ? WIRE_SECCOMP_LOGGED : 0);
}

static __always_inline void strict_fill(struct denial *denial, struct pt_regs *regs)
{
	denial->flags = WIRE_SECCOMP_STRICT;
	set_nr(denial, regs);
	denial->key.action = SECCOMP_RET_KILL_THREAD;
	set_logged(denial, is_logged(SECCOMP_RET_KILL_THREAD, true));
}

/* Whether any call was left to that so far: on most machines none ever is. */
__u32 rs_awaits = 0;

/* Leaves a call to the function's return; see outcome(). */
static __always_inline void await(struct mark *mark, __u32 flags, __u32 action, bool logged)
{
	if (!mark) {
		ADD(rs_unmarked, 1);
		return;
	}
	rs_awaits = 1;
	mark->action = action;
	mark->logged = logged;
	mark->flags |= MARK_AWAITS | flags;
	sums_await(WIRE_SECCOMP_DENIAL, 1);
}

/* The filters have said @verdict, or could not be run (-1). Returns whether that is a denial, as
 * far as is known now. */
static __always_inline bool judge(struct denial *denial, struct pt_regs *regs, struct mark *mark,
				  long verdict)
{
	bool logged;

	if (verdict < 0) {
		await(mark, MARK_UNDECIDED, 0, false);
		return false;
	}
	set_nr(denial, regs);
	denial->key.action = verdict & SECCOMP_RET_ACTION_FULL;
	logged = is_logged(denial->key.action, verdict & FILTER_LOG);
	set_logged(denial, logged);
	set_data(denial, verdict);
	denial->flags |= WIRE_SECCOMP_EVALUATED;
	switch (denial->key.action) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG: /* not refused, and whether it is logged is not known here */
		return false;
	case SECCOMP_RET_TRACE:
		if (!task_is_traced(current_task())) {
			set_error(denial, ENOSYS);
			break;
		}
		/* fallthrough */
	case SECCOMP_RET_USER_NOTIF:
		await(mark, 0, verdict, logged);
		return false;
	case SECCOMP_RET_ERRNO:
		set_error(denial, error_of(verdict));
		break;
	}
	return true;
}

/* At the function's return: whether that refuses a call at all, and one may have been left to it.
 */
static __always_inline bool may_be_awaited(__u64 result)
{
	return (int)result == -1 && rs_awaits;
}

/* Whether the call that is being refused is one somebody waits to hear of, which it then is not any
 * more. */
static __always_inline bool awaited(struct mark *mark)
{
	if (!mark || !(mark->flags & MARK_AWAITS))
		return false;
	mark->flags &= ~MARK_AWAITS;
	sums_await(WIRE_SECCOMP_DENIAL, -1);
	return true;
}

/* Without the filters: the likelier reading of the registers, and that it is one. */
static __always_inline bool guess(struct denial *denial, struct task_struct *task,
				  struct pt_regs *regs)
{
	long result = call_result(regs);

	set_nr(denial, regs);
	denial->flags |= WIRE_SECCOMP_ACTION_GUESS;
	if (TASK_READ(task, seccomp.mode) == SECCOMP_MODE_DEAD) {
		denial->key.action = SECCOMP_RET_KILL_THREAD;
		return true;
	}
	if (result > 0 && call_rolled_back(regs)) {
		denial->key.action = SECCOMP_RET_TRAP;
		return true;
	}
	denial->key.action = SECCOMP_RET_ERRNO;
	set_error(denial, -result);
	return result < 0 && -result < ERESTARTSYS && !task_is_killed(task);
}

/* A tracer may have made another call of it, which the filters have judged again. */
static __always_inline bool is_judged_again(const struct mark *mark, struct pt_regs *regs)
{
	return (mark->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE && call_nr(regs) >= 0;
}

/* What came of a TRACE or USER_NOTIF verdict. @again: see is_judged_again(), else -1. Returns
 * whether the call was refused. */
static __always_inline bool outcome(struct denial *denial, struct pt_regs *regs,
				    const struct mark *mark, long again)
{
	__u32 verdict = mark->action, action = again & SECCOMP_RET_ACTION_FULL;
	bool logged = mark->logged;

	if (again >= 0 && action != SECCOMP_RET_ALLOW) {
		verdict = again;
		logged = is_logged(action, again & FILTER_LOG);
	}
	set_nr(denial, regs);
	set_logged(denial, logged);
	if (denial->key.nr < 0)
		return skipped_by_tracer(denial, regs);
	return apply_verdict(denial, regs, verdict, false);
}
