/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* signal_kill: one event for each process that a SIGKILL has ended, or a signal that the kernel
 * raised because of what the process did, with who sent it.
 *
 * Who it was is known at signal_generate, in the sender's context: noted in rs_kill_notes, by the
 * target's process (id and start). What became of it is known when its last thread exits
 * (sched_process_exit, or exit_files() behind it), where it is told: the exit status says
 * which signal it was, so that a process that was ending anyway, or was ended by another signal
 * first, is not put down to the sender. What is never noted: a thread that another ends by exec,
 * exit_group or a core dump (these send none); a signal to a zombie, a kernel thread, or that the
 * kernel drops; a second SIGKILL.
 *
 * Where a whole cgroup (cgroup.kill) or pid namespace is ended, all its processes share one note,
 * by the sender (and write), which counts their exits: rs_kill_members knows whose each one is. It
 * is told when all are gone: a cgroup's at the exit of the last, if the sender's write has ended by
 * then; a namespace's when its init process, which waits for them, goes on and tells its parent
 * (SIGCHLD). And once every interval, by an iterator, what has exited so far, so that one that
 * hangs does not hide the others. The iterator takes these notes away, too; and those of processes
 * that are gone, whose exit was missed.
 *
 * Bounds: NOTES senders and MEMBERS processes at once. Neither is evicted: who finds no room, or
 * whose signal was sent before we were there or past the tracepoint (PTRACE_KILL), is told all the
 * same, at its exit, without a sender. How many are told is limited as denials are, by cgroup,
 * signal and cause.
 *
 * Kills by the OOM killer and by seccomp are told by those probes; here only where they are not
 * attached. */
#include "bpf/common/common.bpf.h"
#include "bpf/common/regs.bpf.h"
#include "bpf/common/rows.bpf.h"
#include "bpf/kill/cause.bpf.h"
#include "bpf/kill/note.bpf.h"
#include "bpf/kill/tell.bpf.h"

#include <linux/errno.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* include/trace/events/signal.h */
#define TRACE_SIGNAL_DELIVERED 0
#define TRACE_SIGNAL_LOSE_INFO 4

#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */

#define EXIT_SIGNAL 0x7f /* of a status as wait(2) has it */
#define SETTLED NSEC_PER_SEC

/* Of include/uapi/linux/seccomp.h, and what a task is in once seccomp has killed it. */
#define MODE_STRICT 1
#define MODE_DEAD 3

#define TELLS(probe) (rs_attached >> (probe)&1)

/* Whether rs_kill_look is there to clear up. Without it those who exit do what they can. */
#define LOOKS (rs_looks >> WIRE_SIGNAL_KILL & 1)

static __always_inline void note_fill(struct note *note, const struct source *source,
				      struct task_struct *target)
{
	struct wire_signal_kill *event = &note->event;

	event->signal = source->signal;
	event->cause = source->cause;
	event->code = source->code;
	event->flags = source->flags;
	event->sent_boottime_nano = bpf_ktime_get_boot_ns();
	target_fill(event, target);
	if (is_by_task(source->cause))
		sender_fill(event, source->task);
}

static __always_inline bool is_of_several(__u32 cause)
{
	return cause == WIRE_KILL_CGROUP || cause == WIRE_KILL_PID_NAMESPACE;
}

/* Its process may have come to its exit while the note was made: then it did not find it, and is
 * not ended by this signal, which no thread can take before the sender is through here. */
static __always_inline bool has_ended(struct task_struct *target)
{
	return !threads_left(target);
}

/* The note that @source's targets share. A child that is forked into a cgroup while that is killed
 * gets its signal from its parent, which has it from the same note (cgroup_post_fork()). */
static __always_inline void shared_key(struct note_key *ret, const struct source *source,
				       struct task_struct *target)
{
	struct note_key own = note_key(source->task, 0);
	struct member *parent = bpf_map_lookup_elem(&rs_kill_members, &own);

	if (parent)
		*ret = parent->shared;
	else if (source->cause == WIRE_KILL_CGROUP)
		*ret = write_key(source->task, target);
	else
		*ret = note_key(source->task, source->cause);
}

static __always_inline int note_member(const struct source *source, struct task_struct *target,
				       const struct note_key *key)
{
	struct member member = {.leader = BPF_CORE_READ(target, group_leader)};
	struct note *note;

	shared_key(&member.shared, source, target);
	note = note_find(&member.shared);
	if (!note) {
		note = note_make(&member.shared);
		if (!note)
			return 0;
		note_fill(note, source, target);
		ADD(groups, 1);
		note->task = source->task;
	}
	note->last = bpf_ktime_get_boot_ns();
	ADD(note->pending, 1);
	if ((int)bpf_map_update_elem(&rs_kill_members, key, &member, BPF_NOEXIST)) {
		ADD(note->pending, -1);
		return 0;
	}
	ADD(noted, 1);
	if (has_ended(target) && !bpf_map_delete_elem(&rs_kill_members, key)) {
		ADD(noted, -1);
		ADD(note->pending, -1);
	}
	return 0;
}

/* The first SIGKILL ends a process; one that it outlived (a debugger took it) is noted anew. */
static __always_inline int note_one(const struct source *source, struct task_struct *target,
				    const struct note_key *key)
{
	struct note *note = note_find(key);

	if (note && note->event.signal == SIGKILL)
		return 0;
	if (!note) {
		note = note_make(key);
		if (!note)
			return 0;
		ADD(noted, 1);
	}
	note->event.sender = no_note.event.sender;
	note_fill(note, source, target);
	note->task = BPF_CORE_READ(target, group_leader);
	if (has_ended(target) && note_delete(key))
		ADD(noted, -1);
	return 0;
}

/* Whether the kernel takes @signal for the end of @target: it has just decided, for SIGKILL
 * (complete_signal()). */
static __always_inline bool is_fatal(struct task_struct *target, __u32 signal)
{
	if (BPF_CORE_READ(target, flags) & PF_KTHREAD || has_ended(target))
		return false;
	if (signal == SIGKILL)
		return (BPF_CORE_READ(target, signal, group_exit_code) & EXIT_SIGNAL) == SIGKILL;
	return is_default(target, signal);
}

OWN_FRAME int note_signal(__u32 signal, __u64 info, struct task_struct *target)
{
	struct source source = {.task = current_task(), .signal = signal};
	struct note_key key;

	if (!rs_open || !is_fatal(target, signal))
		return 0;
	source_fill(&source, info, target);
	if (signal != SIGKILL && is_by_task(source.cause))
		return 0;
	key = note_key(target, 0);
	if (bpf_map_lookup_elem(&rs_kill_members, &key))
		return 0;
	if (!is_of_several(source.cause))
		return note_one(&source, target, &key);
	if (note_find(&key))
		return 0;
	return note_member(&source, target, &key);
}

static __always_inline __s64 still_pending(const struct note *note)
{
	const __s64 pending = *(volatile __s64 *)&note->pending;

	return pending > 0 ? pending : 0;
}

/* Several CPUs may come here at once: one tells. */
static __always_inline bool tell_ended(const struct note_key *key, struct note *note,
				       struct cgroup *cgroup)
{
	if ((int)bpf_map_update_elem(&rs_kill_members, key, &no_member, BPF_NOEXIST))
		return false;
	note->event.flags |= WIRE_KILL_SEVERAL;
	note->event.remaining = still_pending(note);
	note->event.processes = *(volatile __u64 *)&note->ended;
	if (note->event
		    .processes) { /* of nothing the compiler makes an operation that 5.10 lacks */
		tell(&note->event, cgroup);
		ADD(note->ended, -(__u64)note->event.processes);
	}
	(void)bpf_map_delete_elem(&rs_kill_members, key);
	return true;
}

/* What others have counted while one told, it tells, too: they have found it at that. What is left
 * even then the next look tells, and without looks the end of the init process. */
static __always_inline int tell_several(const struct note_key *key, struct note *note,
					struct cgroup *cgroup)
{
	if (!tell_ended(key, note, cgroup))
		return 0;
	if (*(volatile __u64 *)&note->ended)
		(void)tell_ended(key, note, cgroup);
	if (!LOOKS && !still_pending(note) && !*(volatile __u64 *)&note->ended && note_delete(key))
		ADD(groups, -1);
	return 0;
}

/* An init process tells its parent that it has ended: all that it had to end are gone. */
OWN_FRAME int on_init_gone(void)
{
	struct task_struct *task = current_task();
	struct note_key key;
	struct note *note;

	if (!(TASK_READ(task, flags) & PF_EXITING))
		return 0;
	key = note_key(task, WIRE_KILL_PID_NAMESPACE);
	note = note_find(&key);
	return note ? tell_several(&key, note, task_cgroup(task)) : 0;
}

/* Most signals end here: the first instructions decide. */
SEC("?raw_tp/signal_generate")
int BPF_PROG(rs_kill_signal, int sig, struct kernel_siginfo *info, struct task_struct *target,
	     int group, int result)
{
	if (sig == SIGCHLD && groups)
		return on_init_gone();
	if ((__u32)sig > SIGSYS || !((RAISED | SIGNAL(SIGKILL)) >> sig & 1))
		return 0;
	if (result != TRACE_SIGNAL_DELIVERED && result != TRACE_SIGNAL_LOSE_INFO)
		return 0;
	return note_signal(sig, (__u64)info, target);
}

/* wait_task_zombie() in kernel/exit.c */
static __always_inline __u32 status_of(struct task_struct *task)
{
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(task, signal, group_exit_code);
	return BPF_CORE_READ(task, exit_code);
}

/* The OOM killer has marked it, and nobody else had killed it before. */
static __always_inline bool is_oom_victim(struct task_struct *task, __u32 cause)
{
	return (cause == WIRE_KILL_KERNEL || cause == WIRE_KILL_UNKNOWN) &&
	       BPF_CORE_READ(task, signal, oom_mm);
}

/* Strict mode, and KILL_THREAD beside other threads, end a thread without a signal. */
static __always_inline bool is_dead_by_seccomp(struct task_struct *task)
{
	int mode = BPF_CORE_READ(task, seccomp.mode);

	return mode == MODE_DEAD || mode == MODE_STRICT;
}

/* Neither the OOM killer nor seccomp's strict mode gives a code. */
static __always_inline __u32 settled_cause(const struct wire_signal_kill *event,
					   struct task_struct *task)
{
	if (event->flags & WIRE_KILL_HAS_CODE)
		return event->cause;
	if (event->signal == SIGKILL && is_oom_victim(task, event->cause))
		return WIRE_KILL_OOM;
	if (event->cause == WIRE_KILL_UNKNOWN && is_dead_by_seccomp(task))
		return WIRE_KILL_SECCOMP;
	return event->cause;
}

static __always_inline bool is_told_elsewhere(__u32 cause)
{
	return (cause == WIRE_KILL_OOM && TELLS(WIRE_OOM_KILL)) ||
	       (cause == WIRE_KILL_SECCOMP && TELLS(WIRE_SECCOMP_DENIAL));
}

static __always_inline int tell_one(struct wire_signal_kill *event, struct task_struct *task,
				    __u32 status)
{
	if ((status & EXIT_SIGNAL) != event->signal)
		return 0;
	event->cause = settled_cause(event, task);
	if (is_told_elsewhere(event->cause))
		return 0;
	event->status = status;
	event->processes = 1;
	return tell(event, task_cgroup(task));
}

/* Whether the sender, who may be gone, is still at the same write. */
static __always_inline bool is_writing(const struct note *note, const struct note_key *key)
{
	struct task_struct *sender = note->task;

	return counts_writes(sender) && (__u32)BPF_CORE_READ(sender, pid) == key->pid &&
	       BPF_CORE_READ(sender, group_leader, start_boottime) == key->start_boottime &&
	       BPF_CORE_READ(sender, ioac.syscw) == key->write;
}

static __always_inline int on_member(const struct note_key *key, struct note *note,
				     struct task_struct *task, __u32 status)
{
	if ((status & EXIT_SIGNAL) == note->event.signal) {
		note->event.status = status;
		note->last = bpf_ktime_get_boot_ns();
		ADD(note->ended, 1);
	}
	ADD(note->pending, -1);
	if (*(volatile __s64 *)&note->pending > 0)
		return 0;
	if (LOOKS && (key->of != WIRE_KILL_CGROUP || is_writing(note, key)))
		return 0;
	return tell_several(key, note, task_cgroup(task));
}

/* Before 5.16 seccomp raised no SIGSYS to kill a process. */
static __always_inline bool is_killed(struct task_struct *task, __u32 status)
{
	return (status & EXIT_SIGNAL) == SIGKILL ||
	       ((status & EXIT_SIGNAL) == SIGSYS && is_dead_by_seccomp(task));
}

/* By whom is not known, but that it was. */
static __always_inline int on_unknown(struct task_struct *task, __u32 status)
{
	const __u32 zero = 0;
	struct wire_signal_kill *event = bpf_map_lookup_elem(&rs_kill_unknown, &zero);

	if (!event || !is_killed(task, status)) /* of a note that is gone */
		return 0;
	*event = no_note.event;
	event->signal = status & EXIT_SIGNAL;
	target_fill(event, task);
	return tell_one(event, task, status);
}

/* As int: see was_told(). */
static __always_inline bool is_first_thread(const struct note_key *key)
{
	const __u32 one = 1;

	return (int)bpf_map_update_elem(&rs_kill_ended, key, &one, BPF_NOEXIST) != -EEXIST;
}

static __always_inline int on_exit_of_one(const struct note_key *key, struct note *note,
					  struct task_struct *task, __u32 status)
{
	(void)tell_one(&note->event, task, status);
	if (note_delete(key))
		ADD(noted, -1);
	return 0;
}

static __always_inline int on_exit_of_member(const struct note_key *key,
					     const struct member *member, struct task_struct *task,
					     __u32 status)
{
	struct note_key shared = member->shared;
	struct note *note;

	if (!bpf_map_delete_elem(&rs_kill_members, key))
		ADD(noted, -1);
	note = note_find(&shared);
	return note ? on_member(&shared, note, task, status) : on_unknown(task, status);
}

OWN_FRAME int on_exit(struct task_struct *task)
{
	struct note_key key = note_key(task, 0);
	__u32 status = status_of(task);
	struct member *member;
	struct note *note;

	if (!rs_open)
		return 0;
	note = note_find(&key);
	if (note)
		return is_first_thread(&key) ? on_exit_of_one(&key, note, task, status) : 0;
	member = bpf_map_lookup_elem(&rs_kill_members, &key);
	if (member)
		return is_first_thread(&key) ? on_exit_of_member(&key, member, task, status) : 0;
	if (!is_killed(task, status) || !is_first_thread(&key))
		return 0;
	return on_unknown(task, status);
}

/* Of the last thread. Processes that no signal has ended, nearly all, go no further than this. */
static __always_inline int on_thread_exit(void)
{
	struct task_struct *task = current_task();

	if (!(TASK_READ(task, exit_code) & EXIT_SIGNAL) && !noted)
		return 0;
	return threads_left(task) ? 0 : on_exit(task);
}

/* Newest kernels run this preemptibly, and not at all for one that exits on the CPU where another
 * is preempted in it: a kprobe a little later in do_exit() misses none. */
SEC("?raw_tp/sched_process_exit")
int rs_kill_exit(void *ctx)
{
	return on_thread_exit();
}

/* A fork that fails comes here, too, for a task that never ran. */
SEC("?kprobe/exit_files")
int rs_kill_kexit(struct pt_regs *ctx)
{
	return fn_arg1(ctx) == (__u64)current_task() ? on_thread_exit() : 0;
}

static __always_inline void key_copy(struct note_key *ret, const struct note_key *at)
{
	ret->pid = at->pid;
	ret->of = at->of;
	ret->start_boottime = at->start_boottime;
	ret->write = at->write;
}

static __always_inline int look_at_one(const struct note_key *key, const struct note *note)
{
	if (is_gone(note->task, key) && note_delete(key))
		ADD(noted, -1);
	return 0;
}

/* What has ended so far, where the last one takes its time. */
SEC("?iter/bpf_map_elem")
int BPF_PROG(rs_kill_look, struct bpf_iter_meta *meta, void *map, struct note_key *at,
	     struct note *note)
{
	struct note_key key;

	if (!at || !note || (__s64)(bpf_ktime_get_boot_ns() - note->last) < (__s64)SETTLED)
		return 0;
	key_copy(&key, at);
	note = note_find(&key);
	if (!note)
		return 0;
	if (!key.of)
		return look_at_one(&key, note);
	if (note->ended)
		return tell_several(&key, note, NULL);
	if (note->pending <= 0 && note_delete(&key))
		ADD(groups, -1);
	return 0;
}

/* Whose exit was missed does not keep the others' note. */
SEC("?iter/bpf_map_elem")
int BPF_PROG(rs_kill_look_members, struct bpf_iter_meta *meta, void *map, struct note_key *at,
	     struct member *member)
{
	struct note_key key, shared;
	struct note *note;

	if (!at || !member || at->of)
		return 0;
	key_copy(&key, at);
	key_copy(&shared, &member->shared);
	if (!is_gone(member->leader, &key) || (int)bpf_map_delete_elem(&rs_kill_members, &key))
		return 0;
	ADD(noted, -1);
	note = note_find(&shared);
	if (note)
		ADD(note->pending, -1);
	return 0;
}

ROWS_PROGRAM(rs_kill_rows, struct wire_kill_key, struct wire_row)
