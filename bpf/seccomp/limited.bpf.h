/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The denials of a storm: one thread makes one call over and over, and all but a few of them are
 * beyond the limit of their key. What its mark remembers is enough to count them. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/current.bpf.h"
#include "bpf/common/limit.bpf.h"
#include "bpf/seccomp/call.bpf.h"
#include "bpf/seccomp/denial-rows.bpf.h"
#include "bpf/seccomp/record.bpf.h"
#include "bpf/seccomp/thread-notes.bpf.h"

#include <linux/errno.h>
#include <linux/seccomp.h>

#ifdef RS_LEGACY

static __always_inline void note_limited(const struct denial *denial, struct mark *mark)
{
}

static __always_inline struct wire_row *row_of_thread(struct mark *mark,
						      const struct wire_denial_key *key)
{
	return bpf_map_lookup_elem(&rs_denials, key);
}

#else

static __always_inline bool mark_is_by(const struct mark *mark, struct seccomp_filter *filter,
				       __u32 nr, __u32 arch)
{
	return mark->nr == nr && mark->arch == arch && mark->filter == (__u64)filter;
}

/* Whether what @mark has is of call @nr, by the filters that are in force. */
static __always_inline bool mark_is_of(const struct mark *mark, struct task_struct *task, __u32 nr,
				       __u32 arch)
{
	return mark_is_by(mark, current_filter(task), nr, arch);
}

/* From now on it is. */
static __always_inline void mark_take(struct mark *mark, struct task_struct *task, __u32 nr,
				      __u32 arch)
{
	if (mark_is_of(mark, task, nr, arch))
		return;
	mark->nr = nr;
	mark->arch = arch;
	mark->filter = (__u64)current_filter(task);
	mark->flags &= ~(MARK_VERDICT | MARK_LIMITED);
}

/* Whether classify() has found before that these filters have no listener: one can only come with a
 * filter of its own. */
static __always_inline bool is_known_plain(const struct mark *mark, struct task_struct *task)
{
	return !(mark->flags & MARK_VERDICT) && mark->filter &&
	       mark->filter == (__u64)current_filter(task);
}

/* The row of @key, which is of the thread's cgroup: so where its mark has that, nobody has taken it
 * away. NULL: there is none. */
static __always_inline struct wire_row *row_of_thread(struct mark *mark,
						      const struct wire_denial_key *key)
{
	struct wire_row *row;
	__u64 at;

	if (mark && mark->key.cgroup_id == key->cgroup_id && mark->key.nr == key->nr &&
	    mark->key.error == key->error && mark->key.action == key->action &&
	    mark->key.arch == key->arch && mark->key.hierarchy == key->hierarchy &&
	    mark->key.trial == key->trial)
		return denial_row_at(mark->row);
	row = denial_row(key, &at);
	if (row && mark) {
		mark->key = *key;
		mark->row = at;
		mark->flags &= ~MARK_LIMITED;
	}
	return row;
}

/* @denial was beyond the limit of its key, whose row @mark has. The next one by the same call
 * is of that key, too, if the verdict does not depend on the arguments; or if the error alone
 * tells, see classify(): then ENOSYS does not. Of a number that no call has, the key is another. */
static __always_inline void note_limited(const struct denial *denial, struct mark *mark)
{
	struct task_struct *task = current_task();

	if (!mark || denial->key.action != SECCOMP_RET_ERRNO || !nr_may_exist(denial->key.nr) ||
	    !mark_is_of(mark, task, denial->key.nr, denial->key.arch))
		return;
	if (!(mark->flags & MARK_VERDICT) && (!denial->key.error || denial->key.error == ENOSYS))
		return;
	mark->flags |= MARK_LIMITED;
}

/* Whether the row that @mark has is of the task's cgroup: then nobody has taken it away, since that
 * cgroup is there, and an id does not come again. What is not in a hierarchy of v1 is in that of
 * v2, see current_cgroup(). */
static __always_inline bool mark_is_of_cgroup(const struct mark *mark, struct task_struct *task,
					      struct task_struct *from)
{
	struct cgroup *cgroup;

	if (!mark->key.hierarchy)
		return LOAD(from, cgroups, dfl_cgrp, kn, id) == mark->key.cgroup_id;
	cgroup = current_cgroup(task);
	return LOAD(cgroup, kn, id) == mark->key.cgroup_id &&
	       (__u32)LOAD(cgroup, root, hierarchy_id) == mark->key.hierarchy;
}

/* The call that @mark is of is refused once more: where that is beyond the limit again, it is
 * counted here. Returns false where it is not; then rs_emit() is the one to count it. @from: the
 * same task, to load from. Tests do without. */
static __always_inline __attribute__((unused)) bool limit_once_more(const struct mark *mark,
								    struct task_struct *task,
								    struct task_struct *from)
{
	struct wire_row *row = denial_row_at(mark->row);
	__u64 now = bpf_ktime_get_boot_ns();
	struct wire_sums *sums;

	if (!row || !mark_is_of_cgroup(mark, task, from) || !is_beyond_limit(row, now))
		return false;
	sums = sums_enter(WIRE_SECCOMP_DENIAL);
	if (!sums)
		return false;
	row_count(row, now);
	hold_back(sums, row, now);
	return true;
}

static __always_inline __attribute__((unused)) bool limit_again(const struct mark *mark,
								struct task_struct *task)
{
	return limit_once_more(mark, task, loadable_task(task));
}

/* Whether @mark knows that the call is refused, and with what. */
static __always_inline bool is_known_limited(const struct mark *mark, struct task_struct *task,
					     __u32 nr, __u32 arch)
{
	return mark && mark->flags & MARK_LIMITED && mark_is_of(mark, task, nr, arch);
}

/* The same, where the call has ended: with that. */
static __always_inline bool has_ended_limited(const struct mark *mark, struct task_struct *task,
					      const struct pt_regs *regs)
{
	return is_known_limited(mark, task, call_nr(regs), call_arch(task)) &&
	       !(mark->flags & MARK_SIGNAL) && call_result(regs) == -(long)mark->key.error &&
	       !errno_may_be_argument(regs) && !task_is_killed(task);
}

#endif
