/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is noted of a signal that is to end a process, from when it is sent until the process has
 * ended. See signal_kill.bpf.c. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/owner.bpf.h"
#include "bpf/common/task.bpf.h"

#define EXIT_DEAD 0x10 /* include/linux/sched.h: it has been waited for */

/* A process; or, if @of is a cause, all that this process ends that way; by cgroup.kill, all that
 * this thread ends with one write. */
struct note_key {
	__u32 pid;
	__u32 of;
	__u64 start_boottime;
	__u64 write;
};

struct note {
	struct wire_signal_kill event;
	__s64 pending;            /* of several: that have not ended yet */
	__u64 ended;              /* of these: by this, and not told yet */
	__u64 last;               /* when one got it or ended last */
	struct task_struct *task; /* of several: their sender; of one: see is_gone() */
};

struct member {
	struct note_key shared; /* the note's */
	struct task_struct *leader;
};

#define NOTES 2048u
#define MEMBERS 16384u

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, NOTES);
	__type(key, struct note_key);
	__type(value, struct note);
} rs_kill_notes SEC(".maps");

/* Which note a process is in that is ended with others. Besides, under the note's own key, that
 * somebody is telling it right now. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEMBERS);
	__type(key, struct note_key);
	__type(value, struct member);
} rs_kill_members SEC(".maps");

/* For whom no note is made any more. A program that is preempted is not run again on its CPU until
 * it is through. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_signal_kill);
} rs_kill_unknown SEC(".maps");

/* Processes whose end was looked at. More than one thread may find that none is left. An LRU: they
 * do so at nearly the same time. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct note_key);
	__type(value, __u32);
} rs_kill_ended SEC(".maps");

/* Processes in either. 0: whoever ends now has no note. */
static volatile __u64 noted;

static volatile __u64 groups; /* notes of several */

static const struct note no_note;
static const struct member no_member;

static __always_inline struct note_key note_key(struct task_struct *task, __u32 of)
{
	return (struct note_key){
		.pid = BPF_CORE_READ(task, tgid),
		.of = of,
		.start_boottime = BPF_CORE_READ(task, group_leader, start_boottime),
	};
}

/* vfs_write() counts a write when it is over, so that until then the count is that write's name. */
static __always_inline bool counts_writes(struct task_struct *task)
{
	return bpf_core_field_exists(task->ioac.syscw);
}

/* Of what @task's write to a cgroup.kill ends. Where writes are not counted the target's cgroup has
 * to tell one from the other. */
static __always_inline struct note_key write_key(struct task_struct *task,
						 struct task_struct *target)
{
	struct note_key key = note_key(task, WIRE_KILL_CGROUP);

	key.pid = BPF_CORE_READ(task, pid);
	if (counts_writes(task))
		key.write = BPF_CORE_READ(task, ioac.syscw);
	else
		key.write = BPF_CORE_READ(task_cgroup(target), kn, id);
	return key;
}

static __always_inline struct note *note_find(const struct note_key *key)
{
	return bpf_map_lookup_elem(&rs_kill_notes, key);
}

static __always_inline struct note *note_make(const struct note_key *key)
{
	(void)bpf_map_update_elem(&rs_kill_notes, key, &no_note, BPF_NOEXIST);
	return note_find(key);
}

static __always_inline bool note_delete(const struct note_key *key)
{
	return !bpf_map_delete_elem(&rs_kill_notes, key);
}

/* Whether the process of @key, whose leader was @leader, has left nothing behind, so that its exit
 * was missed: it comes before this. What was its memory may be something else's by now. */
static __always_inline bool is_gone(struct task_struct *leader, const struct note_key *key)
{
	return leader && (BPF_CORE_READ(leader, exit_state) & EXIT_DEAD ||
			  (__u32)BPF_CORE_READ(leader, tgid) != key->pid ||
			  BPF_CORE_READ(leader, start_boottime) != key->start_boottime);
}

/* Threads that have not exited: 0 from before the last one comes to sched_process_exit on. */
static __always_inline int threads_left(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, live.counter);
}

/* Not with the event: its process may have ended, and its cgroup be gone by then. Global, so that
 * it is verified once. */
__noinline int rs_kill_path(__u64 cgroup)
{
	struct owner owner;

	owner_read(&owner, (struct cgroup *)cgroup);
	if (owner.key.id)
		(void)owner_tell(&owner, WIRE_SIGNAL_KILL);
	return 0;
}

static __always_inline void target_fill(struct wire_signal_kill *event, struct task_struct *target)
{
	struct cgroup *cgroup = task_cgroup(target);
	__u32 level;

	task_fill(&event->target, target);
	cgroup_fill(&event->target_cgroup, cgroup);
	if (task_vpid(target, &level) == 1 && level)
		event->flags |= WIRE_KILL_INIT;
	(void)rs_kill_path((__u64)cgroup);
}

static __always_inline void sender_fill(struct wire_signal_kill *event, struct task_struct *sender)
{
	struct cgroup *cgroup = task_cgroup(sender);
	struct task_struct *parent = BPF_CORE_READ(sender, real_parent, group_leader);

	task_fill(&event->sender, sender);
	cgroup_fill(&event->sender_cgroup, cgroup);
	bpf_core_read_str(event->sender_parent_comm, sizeof(event->sender_parent_comm),
			  &parent->comm);
	event->flags |= WIRE_KILL_HAS_SENDER;
	(void)rs_kill_path((__u64)cgroup);
}
