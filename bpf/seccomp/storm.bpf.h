/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A copy of the mark of the thread that each CPU saw last in a storm: to find that takes a fraction
 * of what the mark itself does. For programs that run with preemption off. */
#pragma once

#include "bpf/seccomp/limited.bpf.h"
#include "bpf/seccomp/thread-notes.bpf.h"

#ifndef RS_LEGACY

/* What MARK_LIMITED says stays true of a thread, whatever becomes of its mark: its filters are
 * never taken off it. Which thread is told by the time of its birth, as its memory may become
 * another's. */
struct storm {
	__u64 task;
	__u64 born;
	struct mark mark;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct storm);
} rs_storms SEC(".maps");

static __always_inline struct storm *storm_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rs_storms, &zero);
}

/* Whether the task's call @nr, by @filter, is one more of it: then it is counted. What is loaded
 * from a cast is checked, some ten instructions each: not in this one program, whatever the
 * verifier searches (see loadable_task()). */
static __always_inline bool storm_goes_on(struct task_struct *task, struct seccomp_filter *filter,
					  __u32 nr, __u32 arch)
{
	struct storm *storm = storm_here();

	return storm && storm->task == (__u64)task && storm->born == task->start_boottime &&
	       mark_is_by(&storm->mark, filter, nr, arch) &&
	       limit_once_more(&storm->mark, task, task);
}

static __always_inline void storm_note(struct task_struct *task, const struct mark *mark)
{
	struct storm *storm = storm_here();

	if (!storm)
		return;
	storm->task = (__u64)task;
	storm->born = task->start_boottime;
	storm->mark = *mark;
}

#endif
