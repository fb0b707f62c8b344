/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A denial on its way out: counted, limited, submitted. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/count.bpf.h"
#include "bpf/common/current.bpf.h"
#include "bpf/common/limit.bpf.h"
#include "bpf/common/owner.bpf.h"
#include "bpf/common/paths-told.bpf.h"
#include "bpf/seccomp/call.bpf.h"
#include "bpf/seccomp/exe.bpf.h"
#include "bpf/seccomp/limited.bpf.h"
#include "bpf/seccomp/own-calls.bpf.h"
#include "bpf/seccomp/thread-notes.bpf.h"
#include "bpf/seccomp/trials.bpf.h"

#include <linux/seccomp.h>

#ifdef RS_LEGACY
#include "bpf/seccomp/submit-legacy.bpf.h"
#else
#include "bpf/seccomp/submit.bpf.h"
#endif

/* Whether rs_sec_audit is attached: then a denial without its mark was not logged. */
const volatile __u32 rs_sees_audit = 0;

/* WIRE_LOGS_*: the sysctl; kept up to date by the streamer. */
__u32 rs_actions_logged = 0;

/* Which executable, as it was lately: a process may change its root, and so the path. */
static __always_inline __u64 exe_lately(const struct mark *mark, struct task_struct *task,
					__u64 now)
{
	return mark && now - mark->exe_at < PATH_INTERVAL &&
			       mark->exec_id == LOAD(task, self_exec_id)
		       ? mark->exe
		       : 0;
}

static __always_inline __u64 exe_now(struct mark *mark, struct task_struct *task, __u64 now)
{
	__u64 exe = exe_id(task);

	if (mark) {
		mark->exe = exe;
		mark->exec_id = LOAD(task, self_exec_id);
		mark->exe_at = now;
	}
	return exe;
}

/* As path_is_known(), without a look-up where the thread's last event was of the same paths. */
static __always_inline bool paths_are_known(struct mark *mark, const struct wire_known *known,
					    __u64 now)
{
	__u32 era = *(volatile __u32 *)&rs_paths_era; /* before the look-up: it may end meanwhile */
	__u64 told;

	if (mark && mark->told_era == era && mark->told_exe == known->exe &&
	    mark->told_cgroup == known->cgroup.id &&
	    mark->told_hierarchy == known->cgroup.hierarchy && now - mark->told_at < PATH_INTERVAL)
		return true;
	told = path_told(known);
	if (!told || now - told >= PATH_INTERVAL)
		return false;
	if (mark) {
		mark->told_era = era;
		mark->told_exe = known->exe;
		mark->told_cgroup = known->cgroup.id;
		mark->told_hierarchy = known->cgroup.hierarchy;
		mark->told_at = told;
	}
	return true;
}

/* The paths go with the first event of an executable in a cgroup, and again now and then, so that
 * the streamer may forget them. */
static __always_inline bool submit(struct denial *denial, struct task_struct *task,
				   struct mark *mark, const struct wire_cgroup_key *group,
				   __u32 slot, struct wire_sums *sums)
{
	struct wire_known known = {.cgroup = *group};

	if (!mark)
		mark = mark_make(task);
	known.exe = exe_lately(mark, task, denial->now);
	if (!known.exe)
		known.exe = exe_now(mark, task, denial->now);
	denial->exe = known.exe;
	if (paths_are_known(mark, &known, denial->now) || !paths_pass(slot, denial->now))
		return submit_bare(denial, sums);
	/* what is told of it is as it is now */
	denial->exe = known.exe = exe_now(mark, task, denial->now);
	if (!submit_with_paths(denial, sums))
		return false;
	path_learn(&known, denial->now);
	return true;
}

/* To be preempted in, while the self-test looks whether that happens: a question for programs that
 * can be. */
#ifdef RS_LEGACY
static __always_inline bool idle(void)
{
	return rs_selftest_quiet;
}
#else
static long idle_step(__u32 i, void *unused)
{
	return 0;
}

static __always_inline bool idle(void)
{
	if (!rs_selftest_quiet)
		return false;
	LOOP(1 << 15, idle_step, NULL);
	return true;
}
#endif

/* Those the kernel does not know it takes for KILL_PROCESS (kernel/seccomp.c, __seccomp_filter()).
 */
static __always_inline __u32 known_action(__u32 action)
{
	switch (action) {
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_LOG:
		return action;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

#define OTHER_DENIALS(key)                                                                         \
	do {                                                                                       \
		(key)->arch = 0;                                                                   \
		(key)->nr = -1;                                                                    \
		(key)->action = WIRE_OTHERS;                                                       \
		(key)->error = 0;                                                                  \
		(key)->trial = 0;                                                                  \
	} while (0)

/* The row of a key that has none of its own so far. */
static __always_inline struct wire_row *row_of_share(const struct wire_share *share, __u32 slot,
						     struct wire_denial_key *key, bool *ret_made)
{
	key->cgroup_id = share->cgroup.id;
	key->hierarchy = share->cgroup.hierarchy;
	return ROW_OF_BY(DENIAL_FIND, DENIAL_MAKE, &rs_denials, WIRE_SECCOMP_DENIAL, DENIAL_ROWS,
			 slot, key, OTHER_DENIALS, *ret_made);
}

/* As share_of(), of the current task's cgroup. */
static __always_inline struct wire_share *current_share(const struct wire_cgroup_key *key,
							__u32 *ret_slot)
{
	struct wire_share *share = share_known(key, ret_slot);

	return share ? share : share_of(task_cgroup(current_task()), key, ret_slot);
}

/* Counts, limits, submits. The denial is the current task's; @mark is its mark, or NULL. */
SUBPROGRAM int rs_emit(struct denial *denial, struct mark *mark)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);
	struct cgroup *cgroup = current_cgroup(task);
	struct wire_cgroup_key group = {};
	struct wire_denial_key key;
	struct wire_share *share;
	struct wire_sums *sums;
	struct wire_row *row;
	bool made = false, first = false, passed;
	__u32 slot;

	if (!denial)
		return 0;
	denial->key.cgroup_id = group.id = LOAD(cgroup, kn, id);
	denial->key.hierarchy = group.hierarchy = LOAD(cgroup, root, hierarchy_id);
	denial->key.arch = call_arch(task);
	denial->key.trial = 0;
	denial->key.action = known_action(denial->key.action);
	denial->now = bpf_ktime_get_boot_ns();
	denial->exe = 0;
	if (rs_sees_audit)
		denial->flags |= WIRE_SECCOMP_KNOWS_LOG;
	if (rs_selftest_cookie && call_arg0(regs, false) == rs_selftest_cookie) {
		own_learn(task);
		if (!idle())
			(void)submit_bare(denial, NULL);
		return 0;
	}
	if (own_count(denial->key.nr))
		return 0;
	/* Others' denials, which may be a storm, would take the ring from the self-test's. */
	if (!rs_open)
		return 0;
	if (may_be_trial(denial->key.nr) && is_trial(call_arg0(regs, false)))
		denial->key.trial = WIRE_TRIAL;
	sums = sums_enter(WIRE_SECCOMP_DENIAL);
	if (!sums)
		return 0;
	key = denial->key; /* up to 6.1 a map's key has to be on the program's own stack */
	if (!nr_may_exist(key.nr))
		key.nr = -1; /* no such call anywhere: whoever tries them all gets one row */
	row = row_of_thread(mark, &key);
	if (row && !row_takes(row, denial->now, &first)) {
		hold_back(sums, row, denial->now);
		note_limited(denial, mark);
		return 0;
	}
	share = current_share(&group, &slot);
	if (!share) {
		sums_leave(sums, &sums->dropped);
		return 0;
	}
	passed = true;
	if (!row) {
		row = row_of_share(share, slot, &key, &made);
		passed = !row || row_takes(row, denial->now, &first);
		if (!row)
			ADD(sums->overflow, 1);
	}
	passed = passed && group_passes(share, first, denial->now);
	if (share->cgroup.id != group.id || (made && !passed))
		owner_tell_row(task_cgroup(task), &share->cgroup, WIRE_SECCOMP_DENIAL);
	if (!passed)
		hold_back(sums, row, denial->now);
	else if (submit(denial, task, mark, &group, slot, sums))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}
