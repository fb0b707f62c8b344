/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What earlier programs have learnt of a thread: of the call it is in, of its filters. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"
#include "bpf/wire/wire.h"

struct mark {
	__u32 action; /* MARK_ACTION: by audit_seccomp() */
	__u32 data;   /* MARK_SIGNAL: SECCOMP_RET_DATA, from the SIGSYS */
	__u32 flags;
	__u32 nr;
	__s64 verdict; /* MARK_VERDICT: rs_evaluate()'s on call @nr, whatever its arguments */
	__u32 arch;
	__u32 logged;  /* MARK_AWAITS: if refused, the kernel logs it */
	__u64 filter;  /* in force when the thread was last seen: for the verdict, or between calls
			*/
	__u64 exec_id; /* self_exec_id when exe was worked out */
	__u64 exe;     /* exe_id() */
	__u64 exe_at;  /* boottime then */
	/* Of the latest event: its paths, when they were told, and rs_paths_era then. */
	__u64 told_exe;
	__u64 told_cgroup;
	__u64 told_at;
	__u32 told_hierarchy;
	__u32 told_era;
#ifndef RS_LEGACY
	/* The row of the last denial that had one already; MARK_LIMITED: it was that of call @nr.
	 */
	struct wire_denial_key key;
	__u64 row; /* the place */
#else
	/* Calls that @filter allows whatever their arguments, as far as they have been made: what
	 * the kernel knows by itself since 5.11. Compat calls have the upper half. */
	__u64 allowed[16];
#endif
};

#define MARK_ACTION 1u
#define MARK_SIGNAL 2u
#define MARK_KILLED 4u
#define MARK_ENTERED 8u
#define MARK_VERDICT 16u
#define MARK_AWAITS 32u    /* @action is TRACE or USER_NOTIF: the outcome is not known yet */
#define MARK_UNDECIDED 64u /* the same, but @action is not known: the filters were not run */
#define MARK_LIMITED 128u  /* the last call @nr was refused with ERRNO, and beyond its limit */

#ifndef RS_LEGACY

/* In the task itself, so that neither execve by a thread nor a reused id can mix it up. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} rs_marks SEC(".maps");

static __always_inline struct mark *mark_get(struct task_struct *task)
{
	return bpf_task_storage_get(&rs_marks, task, NULL, 0);
}

static __always_inline struct mark *mark_make(struct task_struct *task)
{
	return bpf_task_storage_get(&rs_marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

#else

/* A thread, from its birth to its death. Not its id: execve by a thread changes that. The process's
 * is there in case a death was not seen, and the memory has become another task. */
struct mark_key {
	__u64 task;
	__u32 tgid;
	__u32 pad;
};

/* Threads with a filter. They leave it when they die; never by eviction, which could hand one
 * thread's mark to another that is being looked at. Where it is full, calls are judged without:
 * slower, and rs_unmarked counts what that leaves open. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct mark_key);
	__type(value, struct mark);
} rs_marks SEC(".maps");

static __always_inline struct mark_key mark_key(struct task_struct *task)
{
	return (struct mark_key){
		.task = (__u64)task,
		.tgid = bpf_get_current_pid_tgid() >> 32,
	};
}

static __always_inline struct mark *mark_get(struct task_struct *task)
{
	struct mark_key key = mark_key(task);

	return bpf_map_lookup_elem(&rs_marks, &key);
}

static __always_inline struct mark *mark_make(struct task_struct *task)
{
	struct mark_key key = mark_key(task);
	struct mark *mark = bpf_map_lookup_elem(&rs_marks, &key), zero = {};

	if (mark)
		return mark;
	(void)bpf_map_update_elem(&rs_marks, &key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&rs_marks, &key);
}

static __always_inline void mark_forget(struct task_struct *task)
{
	struct mark_key key = mark_key(task);

	(void)bpf_map_delete_elem(&rs_marks, &key);
}

/* The word of @nr. Its place is worked out here and now: before 5.11 the verifier forgets the
 * bounds of a number that is put on the stack. */
static __always_inline __u64 *mark_word(struct mark *mark, __u32 nr, bool compat)
{
	__u32 at = nr >> 6 | (compat ? 8 : 0);

	barrier_var(at);
	return &mark->allowed[at & 15];
}

static __always_inline bool mark_allows(struct mark *mark, __u32 nr, bool compat)
{
	return nr < 512 && *mark_word(mark, nr, compat) >> (nr & 63) & 1;
}

static __always_inline void mark_allow(struct mark *mark, __u32 nr, bool compat)
{
	if (nr < 512)
		*mark_word(mark, nr, compat) |= 1ull << (nr & 63);
}

/* What was learnt of other filters than @filter goes. A task's filters are never taken off it, so
 * the same address is the same filter. */
static __always_inline void mark_renew(struct mark *mark, __u64 filter)
{
	if (mark->filter == filter)
		return;
	__builtin_memset(mark->allowed, 0, sizeof(mark->allowed));
	mark->flags &= ~MARK_VERDICT;
	mark->filter = filter;
}

#endif

/* Calls whose outcome was awaited without a mark, for want of memory: they may have been refused,
 * and were not seen to be. Added to missed_runs. */
__u64 rs_unmarked __weak = 0;
