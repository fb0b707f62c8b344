/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A denial on its way out: counted, limited, submitted. */
#pragma once

#include "call.bpf.h"
#include "common.bpf.h"
#include "limit.bpf.h"
#include "mark.bpf.h"
#include "names.bpf.h"
#include "task.bpf.h"

#define PATH_INTERVAL (10 * NSEC_PER_SEC) /* a cgroup's path comes again after this */

/* Whether rs_sec_audit is attached: then a denial without its mark was not logged. */
const volatile __u32 rs_sees_audit = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct wire_denial_key);
	__type(value, struct wire_row);
} rs_denials SEC(".maps");

/* When the path of a cgroup was last submitted. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_cgroup_key);
	__type(value, __u64);
} rs_known SEC(".maps");

struct denial {
	struct wire_denial_key key;
	__u32 flags; /* WIRE_SECCOMP_* */
	__u32 ret_data;
	__u64 now;
};

static __always_inline void hold_back(struct wire_sums *sums, struct wire_row *row, __u64 now)
{
	if (row) {
		if (!row->first_limited)
			row->first_limited = now;
		row->last_limited = now;
		ADD(row->limited, 1);
	} else {
		ADD(sums->overflow_limited, 1);
	}
	sums_leave(sums, &sums->limited);
}

static __always_inline void event_fill(struct wire_seccomp_denial *event,
				       const struct denial *denial, struct task_struct *task,
				       struct pt_regs *regs, struct cgroup *cgroup)
{
	task_fill(&event->process, task);
	cgroup_fill(&event->cgroup, cgroup);
	event->key = denial->key;
	event->flags = denial->flags | WIRE_SECCOMP_HAS_CALL;
	event->ret_data = denial->ret_data;
	event->filters = task->seccomp.filter_count.counter;
	event->ip = regs->ip;
	event->pad = 0;
	call_args(task, regs, event->args);
}

static __always_inline void event_submit(struct wire_seccomp_denial *event, __u64 now,
					 struct wire_sums *sums)
{
	head_fill(&event->head, WIRE_SECCOMP_DENIAL, now, sums);
	bpf_ringbuf_submit(event, 0);
}

static __noinline bool submit_bare(const struct denial *denial, struct task_struct *task,
				   struct pt_regs *regs, struct cgroup *cgroup,
				   struct wire_sums *sums)
{
	struct wire_seccomp_denial *event = bpf_ringbuf_reserve(&rs_bulk, sizeof(*event), 0);

	if (!event)
		return false;
	event->head.size = sizeof(*event);
	event_fill(event, denial, task, regs, cgroup);
	event_submit(event, denial->now, sums);
	return true;
}

/* @area bytes are behind the event. */
static __always_inline struct names paths_fill(struct wire_seccomp_denial *event, __u32 area,
					       struct task_struct *task, struct cgroup *cgroup)
{
	struct names names = {
		.head = &event->head,
		.limit = sizeof(*event) + area - WIRE_NAME_SIZE,
	};

	event->head.size = sizeof(*event);
	names_cgroup(&names, BPF_CORE_READ(cgroup, kn), &event->cgroup.path);
	names_exe(&names, task, BPF_CORE_READ(task, mm), &event->process.exe);
	return names;
}

/* The size of a reservation has to be a constant: one function a size. */
static __noinline bool submit_large(const struct denial *denial, struct task_struct *task,
				    struct pt_regs *regs, struct cgroup *cgroup,
				    struct wire_sums *sums)
{
	struct wire_seccomp_denial *event =
		bpf_ringbuf_reserve(&rs_bulk, sizeof(*event) + NAMES_LARGE, 0);

	if (!event)
		return false;
	event_fill(event, denial, task, regs, cgroup);
	(void)paths_fill(event, NAMES_LARGE, task, cgroup);
	event_submit(event, denial->now, sums);
	return true;
}

enum { SMALL_NO_ROOM, SMALL_DONE, SMALL_TOO_SMALL };

static __noinline int submit_small(const struct denial *denial, struct task_struct *task,
				   struct pt_regs *regs, struct cgroup *cgroup,
				   struct wire_sums *sums)
{
	struct wire_seccomp_denial *event =
		bpf_ringbuf_reserve(&rs_bulk, sizeof(*event) + NAMES_SMALL, 0);
	struct names names;

	if (!event)
		return SMALL_NO_ROOM;
	event_fill(event, denial, task, regs, cgroup);
	names = paths_fill(event, NAMES_SMALL, task, cgroup);
	if (names_full(&names)) {
		bpf_ringbuf_discard(event, 0);
		return SMALL_TOO_SMALL;
	}
	event_submit(event, denial->now, sums);
	return SMALL_DONE;
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct task_struct *task,
					      struct pt_regs *regs, struct cgroup *cgroup,
					      struct wire_sums *sums)
{
	switch (submit_small(denial, task, regs, cgroup, sums)) {
	case SMALL_DONE:
		return true;
	case SMALL_TOO_SMALL:
		return submit_large(denial, task, regs, cgroup, sums);
	default:
		return false;
	}
}

/* The paths go with the first event of a cgroup or an executable, and again now and then, so
 * that the streamer may forget them. */
static __always_inline bool paths_are_known(const struct wire_cgroup_key *key, struct mark *mark,
					    struct task_struct *task, __u64 now)
{
	__u64 *told = bpf_map_lookup_elem(&rs_known, key);

	return told && now - *told < PATH_INTERVAL && mark &&
	       mark->mm == (__u64)BPF_CORE_READ(task, mm) && now - mark->told < PATH_INTERVAL;
}

/* Only after the submit: the path must come before the first event that leaves it out. */
static __always_inline void paths_learn(const struct wire_cgroup_key *key, struct mark *mark,
					struct task_struct *task, __u64 now)
{
	(void)bpf_map_update_elem(&rs_known, key, &now, BPF_ANY);
	if (mark) {
		mark->mm = (__u64)BPF_CORE_READ(task, mm);
		mark->told = now;
	}
}

static __always_inline bool submit(const struct denial *denial, struct task_struct *task,
				   struct pt_regs *regs, struct cgroup *cgroup,
				   const struct wire_cgroup_key *group, struct wire_sums *sums)
{
	struct mark *mark = mark_make(task);

	if (paths_are_known(group, mark, task, denial->now))
		return submit_bare(denial, task, regs, cgroup, sums);
	if (!submit_with_paths(denial, task, regs, cgroup, sums))
		return false;
	paths_learn(group, mark, task, denial->now);
	return true;
}

/* Counts, limits, submits. The denial is the current task's. */
__noinline int rs_emit(struct denial *denial)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct cgroup *cgroup = task_cgroup(task);
	struct wire_cgroup_key group = {};
	struct wire_denial_key key;
	struct wire_sums *sums;
	struct wire_row *row;

	if (!denial)
		return 0;
	denial->key.cgroup_id = group.id = BPF_CORE_READ(cgroup, kn, id);
	denial->key.hierarchy = group.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	denial->key.arch = is_compat(task) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	denial->key.pad = 0;
	denial->now = bpf_ktime_get_boot_ns();
	if (rs_sees_audit)
		denial->flags |= WIRE_SECCOMP_KNOWS_LOG;
	if (rs_selftest_cookie && regs->di == rs_selftest_cookie) {
		(void)submit_bare(denial, task, regs, cgroup, NULL);
		return 0;
	}
	sums = sums_enter(WIRE_SECCOMP_DENIAL);
	if (!sums)
		return 0;
	key = denial->key; /* up to 6.1 a map's key has to be on the program's own stack */
	row = ROW_COUNT(&rs_denials, &key, denial->now);
	if (!row)
		ADD(sums->overflow, 1);
	if (!passes(row, &group, denial->now)) {
		hold_back(sums, row, denial->now);
		return 0;
	}
	if (submit(denial, task, regs, cgroup, &group, sums))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}
