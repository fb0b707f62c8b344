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

/* WIRE_LOGS_*: the sysctl; kept up to date by the streamer. */
__u32 rs_actions_logged = 0;

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

/* All but the paths, of the current task. Global, as all that is called more than once here:
 * the verifier looks at it once. */
SUBPROGRAM int rs_event_fill(struct wire_seccomp_denial *event, const struct denial *denial)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);

	if (!event || !denial)
		return 0;
	event->head.size = sizeof(*event);
	task_fill(&event->process, task);
	event->cgroup.id = denial->key.cgroup_id;
	event->cgroup.hierarchy = denial->key.hierarchy;
	event->cgroup.pad = 0;
	event->cgroup.path = (struct wire_names){};
	event->key = denial->key;
	event->flags = denial->flags | WIRE_SECCOMP_HAS_CALL;
	event->ret_data = denial->ret_data;
	event->filters = TASK_READ(task, seccomp.filter_count.counter);
	event->ip = call_ip(regs);
	event->pad = 0;
	call_args(task, regs, event->args);
	return 0;
}

static __always_inline void paths_fill(struct wire_seccomp_denial *event, const struct names *names)
{
	struct task_struct *task = current_task();

	names_cgroup(names, BPF_CORE_READ(task_cgroup(task), kn), &event->cgroup.path);
	names_exe(names, BPF_CORE_READ(task, fs), BPF_CORE_READ(task, mm), &event->process.exe);
}

struct large_event {
	struct wire_seccomp_denial event;
	char area[NAMES_LARGE];
};

SUBPROGRAM int rs_large_paths(struct large_event *large)
{
	struct names names;

	if (!large)
		return 0;
	names.head = &large->event.head;
	names.limit = sizeof(*large) - WIRE_NAME_SIZE;
	paths_fill(&large->event, &names);
	return 0;
}

#ifndef RS_LEGACY

static __always_inline void event_submit(struct wire_seccomp_denial *event, __u64 now,
					 struct wire_sums *sums)
{
	head_fill(&event->head, WIRE_SECCOMP_DENIAL, now, sums);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline bool submit_bare(const struct denial *denial, struct wire_sums *sums)
{
	struct wire_seccomp_denial *event = bpf_ringbuf_reserve(&rs_bulk, sizeof(*event), 0);

	if (!event)
		return false;
	rs_event_fill(event, denial);
	event_submit(event, denial->now, sums);
	return true;
}

/* The size of a reservation has to be a constant: nearly all paths fit into the small one. */
struct small_event {
	struct wire_seccomp_denial event;
	char area[NAMES_SMALL];
};

/* Returns whether the paths have fitted. */
__noinline int rs_small_paths(struct small_event *small)
{
	struct names names;

	if (!small)
		return 0;
	names.head = &small->event.head;
	names.limit = sizeof(*small) - WIRE_NAME_SIZE;
	paths_fill(&small->event, &names);
	return !names_full(&names);
}

static __always_inline bool submit_large(const struct denial *denial, struct wire_sums *sums)
{
	struct large_event *large = bpf_ringbuf_reserve(&rs_bulk, sizeof(*large), 0);

	if (!large)
		return false;
	rs_event_fill(&large->event, denial);
	rs_large_paths(large);
	event_submit(&large->event, denial->now, sums);
	return true;
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct wire_sums *sums)
{
	struct small_event *small = bpf_ringbuf_reserve(&rs_bulk, sizeof(*small), 0);

	if (!small)
		return false;
	rs_event_fill(&small->event, denial);
	if (!rs_small_paths(small)) {
		bpf_ringbuf_discard(small, 0);
		return submit_large(denial, sums);
	}
	event_submit(&small->event, denial->now, sums);
	return true;
}

#else

/* A record is put together here and copied: before 5.11 a pointer into a ring cannot be put on the
 * stack. One at a time on a CPU; see struct pending. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct large_event);
} rs_sec_buffer SEC(".maps");

static __always_inline bool submit_copy(const struct denial *denial, struct wire_sums *sums,
					bool paths)
{
	__u32 zero = 0, size;
	struct large_event *large = bpf_map_lookup_elem(&rs_sec_buffer, &zero);

	if (!large)
		return false;
	rs_event_fill(&large->event, denial);
	if (paths)
		rs_large_paths(large);
	head_fill(&large->event.head, WIRE_SECCOMP_DENIAL, denial->now, sums);
	size = large->event.head.size;
	if (size > sizeof(*large))
		size = sizeof(*large);
	return !bpf_ringbuf_output(&rs_bulk, large, size, 0);
}

static __always_inline bool submit_bare(const struct denial *denial, struct wire_sums *sums)
{
	return submit_copy(denial, sums, false);
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct wire_sums *sums)
{
	return submit_copy(denial, sums, true);
}

#endif

/* The paths go with the first event of a cgroup or an executable, and again now and then, so
 * that the streamer may forget them. */
static __always_inline bool paths_are_known(const struct wire_cgroup_key *key, struct mark *mark,
					    struct task_struct *task, __u64 now)
{
	__u64 *told = bpf_map_lookup_elem(&rs_known, key);

	return told && now - *told < PATH_INTERVAL && mark && mark->told &&
	       mark->exec_id == BPF_CORE_READ(task, self_exec_id) &&
	       now - mark->told < PATH_INTERVAL;
}

/* Only after the submit: the path must come before the first event that leaves it out. */
static __always_inline void paths_learn(const struct wire_cgroup_key *key, struct mark *mark,
					struct task_struct *task, __u64 now)
{
	(void)bpf_map_update_elem(&rs_known, key, &now, BPF_ANY);
	if (mark) {
		mark->exec_id = BPF_CORE_READ(task, self_exec_id);
		mark->told = now;
	}
}

static __always_inline bool submit(const struct denial *denial, struct task_struct *task,
				   const struct wire_cgroup_key *group, struct wire_sums *sums)
{
	struct mark *mark = mark_make(task);

	if (paths_are_known(group, mark, task, denial->now))
		return submit_bare(denial, sums);
	if (!submit_with_paths(denial, sums))
		return false;
	paths_learn(group, mark, task, denial->now);
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

/* Counts, limits, submits. The denial is the current task's. */
SUBPROGRAM int rs_emit(struct denial *denial)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);
	struct cgroup *cgroup = task_cgroup(task);
	struct wire_cgroup_key group = {};
	struct wire_denial_key key;
	struct wire_sums *sums;
	struct wire_row *row;

	if (!denial)
		return 0;
	denial->key.cgroup_id = group.id = BPF_CORE_READ(cgroup, kn, id);
	denial->key.hierarchy = group.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	denial->key.arch = call_arch(task);
	denial->key.pad = 0;
	denial->now = bpf_ktime_get_boot_ns();
	if (rs_sees_audit)
		denial->flags |= WIRE_SECCOMP_KNOWS_LOG;
	if (rs_selftest_cookie && call_arg0(regs, false) == rs_selftest_cookie) {
		if (!idle())
			(void)submit_bare(denial, NULL);
		return 0;
	}
	/* Others' denials, which may be a storm, would take the ring from the self-test's. */
	if (!rs_open)
		return 0;
	sums = sums_enter(WIRE_SECCOMP_DENIAL);
	if (!sums)
		return 0;
	key = denial->key; /* up to 6.1 a map's key has to be on the program's own stack */
	if (!nr_may_exist(key.nr))
		key.nr = -1; /* no such call anywhere: whoever tries them all gets one row */
	row = ROW_COUNT(&rs_denials, &key, denial->now);
	if (!row)
		ADD(sums->overflow, 1);
	if (!passes(row, &group, denial->now)) {
		hold_back(sums, row, denial->now);
		return 0;
	}
	if (submit(denial, task, &group, sums))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}
