/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which action refused a call, and with what errno. */
#pragma once

#include "bpf/seccomp/denial.bpf.h"
#include "bpf/seccomp/listener.bpf.h"
#include "bpf/seccomp/thread-notes.bpf.h"

#include <linux/errno.h>
#include <linux/seccomp.h>

#define SECCOMP_MODE_DEAD 3 /* include/linux/seccomp.h, since 5.17 and stable */
#define ERESTARTSYS 512     /* include/linux/errno.h: the first the caller never sees */

static __always_inline void set_nr(struct denial *denial, struct pt_regs *regs)
{
	denial->key.nr = call_nr(regs);
	denial->flags |= WIRE_SECCOMP_HAS_NR;
}

static __always_inline void set_error(struct denial *denial, __u32 error)
{
	denial->key.error = error;
	denial->flags |= WIRE_SECCOMP_HAS_ERRNO;
}

static __always_inline void set_data(struct denial *denial, __u32 data)
{
	denial->ret_data = data & SECCOMP_RET_DATA;
	denial->flags |= WIRE_SECCOMP_HAS_DATA;
}

/* kernel/seccomp.c caps the errno at MAX_ERRNO. */
static __always_inline long error_of(__u32 verdict)
{
	__u32 data = verdict & SECCOMP_RET_DATA;

	return data < 4095 ? data : 4095;
}

/* The filters said @verdict. Returns false if the call was not refused after all.
 *
 * What is for a tracer to decide nobody has refused where SIGKILL came before the answer:
 * __seccomp_filter() then skips the call of its own accord, and leaves the result as it was. It
 * looks as if there were no tracer. Where that is not known to be otherwise, the call counts as one
 * nobody refused: none but its caller could tell, and he is dead. */
static __always_inline bool apply_verdict(struct denial *denial, struct pt_regs *regs,
					  __u32 verdict, bool doubt)
{
	struct task_struct *task = current_task();
	bool killed = task_is_killed(task);
	long result = call_result(regs);

	if (killed)
		doubt = true;
	denial->flags |= WIRE_SECCOMP_EVALUATED;
	denial->key.action = verdict & SECCOMP_RET_ACTION_FULL;
	set_data(denial, verdict);
	switch (denial->key.action) {
	case SECCOMP_RET_ERRNO:
		if (doubt && -result != error_of(verdict))
			return false;
		set_error(denial, -result);
		return true;
	case SECCOMP_RET_TRAP:
		return !doubt || call_rolled_back(regs);
	case SECCOMP_RET_TRACE:
		if (killed)
			return false;
		/* fallthrough */
	case SECCOMP_RET_USER_NOTIF:
		/* A tracer or supervisor that returned success has done the call itself. One that
		 * was interrupted by a signal is asked again, or the caller gets EINTR. */
		if (result >= 0 || -result >= ERESTARTSYS)
			return false;
		set_error(denial, -result);
		return true;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return false;
	default: /* a kill, also by an action the kernel does not know */
		return !doubt || TASK_READ(task, seccomp.mode) == SECCOMP_MODE_DEAD;
	}
}

/* A tracer replaced the number by -1: which call it was, and its verdict's data, are gone. */
static __always_inline bool skipped_by_tracer(struct denial *denial, struct pt_regs *regs)
{
	long result = call_result(regs);

	denial->key.action = SECCOMP_RET_TRACE;
	denial->key.nr = -1;
	denial->flags &= ~(WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_DATA);
	if (result >= 0)
		return false;
	set_error(denial, -result);
	return true;
}

static __always_inline __u32 arch_of(bool compat)
{
	return compat ? ARCH_COMPAT : ARCH_NATIVE;
}

/* Whether @mark has the verdict on this call from the last one of the same number: a storm is one
 * call over and over. mark->filter is the one in force. */
static __always_inline bool knows_verdict(const struct mark *mark, __u32 nr, bool compat)
{
	return mark->flags & MARK_VERDICT && mark->nr == nr && mark->arch == arch_of(compat);
}

/* @verdict depended on nothing else. */
static __always_inline void learn_verdict(struct mark *mark, __u32 nr, bool compat, long verdict)
{
	mark->verdict = verdict;
	mark->nr = nr;
	mark->arch = arch_of(compat);
	mark->flags = (mark->flags | MARK_VERDICT) & ~MARK_LIMITED;
}

#ifndef RS_LEGACY

/* The verdict on the current call, or the known one. A task's own chain of filters pins each of
 * them, so an equal pointer is the same filter. -1: the filters cannot be had. */
static __always_inline long verdict_on(struct task_struct *task, struct mark *mark, __u32 nr,
				       bool compat)
{
	__u64 filter = (__u64)task_filter(task);
	long verdict;

	if (mark && mark->filter == filter && knows_verdict(mark, nr, compat))
		return mark->verdict;
	verdict = rs_evaluate(nr);
	if (mark && verdict >= 0 && !(verdict & FILTER_LOOKED)) {
		learn_verdict(mark, nr, compat, verdict);
		mark->filter = filter;
	}
	return verdict;
}

/* Which action refused the call that is just ending with @regs, with what errno. The
 * result is -errno, or rolled back after a TRAP. That leaves two readings for ENOSYS (ERRNO
 * or a TRACE nobody answered), for filters with a listener (ERRNO or USER_NOTIF), for a result
 * >= 0, where one rolled back may look like -errno, and for negative numbers; @doubt adds one:
 * was it refused at all. Returns false if it was not. */
static __always_inline bool classify(struct denial *denial, struct task_struct *task,
				     struct pt_regs *regs, struct mark *mark, bool doubt)
{
	__u32 flags = mark ? mark->flags : 0;
	long result = call_result(regs), verdict;

	set_nr(denial, regs);
	if (flags & MARK_ACTION)
		denial->flags |= WIRE_SECCOMP_LOGGED;
	/* A positive number: no -errno, and no result of a process's own making. */
	if (flags & MARK_SIGNAL && result > 0 && call_rolled_back(regs)) {
		denial->key.action = SECCOMP_RET_TRAP;
		set_data(denial, mark->data);
		return true;
	}
	if (!doubt && result < 0 && -result < ERESTARTSYS && result != -ENOSYS &&
	    denial->key.nr >= 0 && !errno_may_be_argument(regs) &&
	    ((mark && is_known_plain(mark, task)) || !filter_has_listener(task_filter(task))) &&
	    !task_is_killed(task)) {
		denial->key.action = SECCOMP_RET_ERRNO;
		set_error(denial, -result);
		set_data(denial, -result);
		if (mark)
			mark_take(mark, task, denial->key.nr, call_arch(task));
		return true;
	}
	verdict = verdict_on(task, mark_make(task), denial->key.nr, is_compat(task));
	if (verdict < 0) {
		/* No copy of the filter: the likelier reading, and say that it is one. */
		denial->flags |= WIRE_SECCOMP_ACTION_GUESS;
		denial->key.action = flags & MARK_ACTION ? mark->action : SECCOMP_RET_ERRNO;
		set_error(denial, result < 0 ? -result : 0);
		return result < 0 && -result < ERESTARTSYS;
	}
	if (denial->key.nr < 0 && ((__u32)verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return skipped_by_tracer(denial, regs);
	return apply_verdict(denial, regs, verdict, doubt);
}

/* The action of a kill. The mode is DEAD for kills alone, so ERRNO cannot be meant. By the
 * audit record, else by the filter; that may be gone by the thread's exit (6.11 and later), but
 * then there was no signal, so it was the thread alone: KILL_THREAD beside others. */
static __always_inline void kill_action(struct denial *denial, struct task_struct *task,
					const struct mark *mark)
{
	long verdict;

	if (mark && mark->flags & MARK_ACTION)
		denial->flags |= WIRE_SECCOMP_LOGGED;
	denial->key.action = SECCOMP_RET_KILL_THREAD;
	if (!task->seccomp.filter_count.counter) {
		denial->flags |= WIRE_SECCOMP_STRICT;
		return;
	}
	if (mark && mark->flags & MARK_ACTION) {
		denial->key.action = mark->action;
		return;
	}
	verdict = rs_evaluate(denial->key.nr);
	if (verdict < 0)
		return;
	verdict &= SECCOMP_RET_ACTION_FULL;
	if (verdict != SECCOMP_RET_ALLOW) {
		denial->flags |= WIRE_SECCOMP_EVALUATED;
		denial->key.action = verdict;
	}
}

#endif
