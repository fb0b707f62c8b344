/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a denial's record says. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/current.bpf.h"
#include "bpf/common/names.bpf.h"
#include "bpf/common/task.bpf.h"
#include "bpf/seccomp/call.bpf.h"

struct denial {
	struct wire_denial_key key;
	__u32 flags; /* WIRE_SECCOMP_* */
	__u32 ret_data;
	__u64 now;
	__u64 exe; /* exe_id() */
};

/* All but the paths, of the current task. Global, as all that is called more than once here:
 * the verifier looks at it once. */
SUBPROGRAM int rs_event_fill(struct wire_seccomp_denial *event, const struct denial *denial)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = task_regs(task);

	if (!event || !denial)
		return 0;
	event->head.size = sizeof(*event);
	current_fill(&event->process, task);
	event->process.exe_id = denial->exe;
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

static __always_inline void denial_head(struct wire_head *head, const struct denial *denial,
					struct wire_sums *sums)
{
	head_fill(head, WIRE_SECCOMP_DENIAL, denial->now, sums);
	head->flags |= denial->key.trial;
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

/* How long the paths are is known when they have been read: a record with paths is put together
 * here, and takes no more of the ring than it has. */
struct event_buffer {
	struct large_event large;
	__u64 taken; /* by a program that was preempted in it, or interrupted */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_buffer);
} rs_sec_buffer SEC(".maps");

static __always_inline bool event_output(struct large_event *large)
{
	__u32 size = large->event.head.size;

	if (size > sizeof(*large))
		size = sizeof(*large);
	return !bpf_ringbuf_output(&rs_bulk, large, size, 0);
}
