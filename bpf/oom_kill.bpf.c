/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oom_kill: one event for each process the kernel kills for want of memory.
 *
 * mark_victim fires for each victim, also for each process of a memory.oom.group; processes
 * that only share a victim's memory get a SIGKILL without a mark and are seen at that signal.
 * The kernel's oom_control tells whose limit was hit and how the choice was made: it is the
 * argument of oom_kill_process(), and where that cannot be hooked (tracepoint tier) it is searched
 * for. Victims that were dying already are marked without a choice: whose limit that was is
 * guessed.
 *
 * All this happens under the kernel's global oom_lock: one slot and one buffer are enough. */
#include "bpf/common/cgroup-removed.bpf.h"
#include "bpf/common/common.bpf.h"
#include "bpf/common/count.bpf.h"
#include "bpf/common/names.bpf.h"
#include "bpf/common/owner.bpf.h"
#include "bpf/common/regs.bpf.h"
#include "bpf/common/rows.bpf.h"
#include "bpf/common/task.bpf.h"
#include "bpf/oom/kill.bpf.h"
#include "bpf/oom/memcg.bpf.h"
#include "bpf/oom/mm.bpf.h"
#include "bpf/oom/owner-guess.bpf.h"
#include "bpf/oom/victims-told.bpf.h"

#define SIGKILL 9
#define PF_EXITING 0x00000004 /* include/linux/sched.h */
#define SEND_SIG_PRIV 1       /* include/linux/sched/signal.h: from the kernel itself */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define OOM_ROWS 1024u

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OOM_ROWS + ROWS_OTHERS);
	__type(key, struct wire_oom_key);
	__type(value, struct wire_row);
} rs_ooms SEC(".maps");

/* Both hooks that find a victim end here, with kill.victim set. A tail call, so that the verifier
 * looks at that long path once. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rs_oom_tail SEC(".maps");

#define OOM_AREA (6u * 4096)

struct buffer {
	struct wire_oom_kill event;
	char area[OOM_AREA];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct buffer);
} rs_oom_buffer SEC(".maps");

static __always_inline void owner_fill(struct wire_oom_kill *event, struct mem_cgroup *memcg)
{
	__u64 max = BPF_CORE_READ(memcg, memory.max);

	cgroup_fill(&event->owner, BPF_CORE_READ(memcg, css.cgroup));
	event->usage_bytes = pages(BPF_CORE_READ(memcg, memory.usage.counter));
	event->flags |= WIRE_OOM_HAS_OWNER;
	if (is_unlimited(max))
		event->flags |= WIRE_OOM_UNLIMITED;
	else
		event->limit_bytes = pages(max);
}

/* Without oom_control: whether the victim belongs to the kill of the one before. A task that marks
 * several processes of one memory.oom.group cgroup is at the same kill still. */
static __always_inline bool is_same_kill(struct task_struct *victim, __u32 tid, bool shares,
					 __u64 now)
{
	if (shares)
		return true;
	return kill.marker == tid && now - kill.marked < NSEC_PER_SEC && is_in_group(victim);
}

/* Whose limit, by the kernel's own word or by inference: for the first victim of a kill, since with
 * that one gone the cgroup may not be full any more. */
static __always_inline void find_cause(struct task_struct *victim, __u32 tid, bool shares,
				       __u64 now)
{
	struct mem_cgroup *guess;

	if (is_same_kill(victim, tid, shares, now) || (kill_is_open(tid) && kill.looked))
		return;
	/* Also of kills that need no guess: so that the next one knows what has risen since. */
	guess = (void *)rs_oom_guess((__u64)task_memcg(victim));
	kill.looked = 1;
	if (kill_is_open(tid))
		return;
	kill.memcg = guess;
	kill.scope = guess ? WIRE_SCOPE_MEMCG : 0;
}

/* Returns the memcg or NULL. */
static __always_inline struct mem_cgroup *cause_fill(struct wire_oom_kill *event, __u32 tid)
{
	struct mem_cgroup *owner = kill.memcg;

	event->scope = kill.scope;
	if (kill_is_open(tid)) {
		event->order = kill.order;
		event->gfp_mask = kill.gfp_mask;
		event->domain_bytes = kill.domain_bytes;
		event->flags |= WIRE_OOM_HAS_CONTROL;
		/* sysctl oom_kill_allocating_task chooses without counting: no points then. */
		if (kill.chosen == event->victim.pid && kill.points) {
			event->badness_points = kill.points;
			event->flags |= WIRE_OOM_HAS_POINTS;
		}
	} else if (owner) {
		event->flags |= WIRE_OOM_INFERRED;
	}
	if (owner)
		owner_fill(event, owner);
	return owner;
}

/* Which kill this victim belongs to. With the kill open that is known. Without: a task that
 * marks several processes of one memory.oom.group cgroup is still at the same kill. */
static __always_inline void number_fill(struct wire_oom_kill *event, __u32 tid, __u64 group,
					bool shares)
{
	bool same =
		shares || kill_is_open(tid) || (group && group == kill.group && kill.marker == tid);

	if (!same) {
		kill.id++;
		kill.number = 0;
	}
	kill.group = group;
	event->kill_id = kill.id;
	event->victim_number = ++kill.number;
}

static __always_inline struct names buffer_names(struct buffer *buffer)
{
	return (struct names){
		.head = &buffer->event.head,
		.limit = sizeof(*buffer) - WIRE_NAME_SIZE,
	};
}

enum { OF_VICTIM, OF_TRIGGER, OF_OWNER };

/* Adds a cgroup's path to the buffer. Global, as rs_oom_exe() is: verified once, not at every
 * call; so it takes numbers and finds the buffer by itself. */
__noinline int rs_oom_path(__u64 kn, __u32 of)
{
	__u32 zero = 0;
	struct buffer *buffer = bpf_map_lookup_elem(&rs_oom_buffer, &zero);
	struct wire_names path = {};
	struct names names;

	if (!buffer)
		return 0;
	names = buffer_names(buffer);
	names_cgroup(&names, (struct kernfs_node *)kn, &path);
	if (of == OF_VICTIM)
		buffer->event.victim_cgroup.path = path;
	else if (of == OF_TRIGGER)
		buffer->event.trigger_cgroup.path = path;
	else
		buffer->event.owner.path = path;
	return 0;
}

__noinline int rs_oom_exe(__u64 fs, __u64 mm, __u32 of)
{
	__u32 zero = 0;
	struct buffer *buffer = bpf_map_lookup_elem(&rs_oom_buffer, &zero);
	struct wire_names path = {};
	struct names names;

	if (!buffer)
		return 0;
	names = buffer_names(buffer);
	names_exe(&names, (struct fs_struct *)fs, (struct mm_struct *)mm, &path);
	if (of == OF_VICTIM)
		buffer->event.victim.exe = path;
	else
		buffer->event.trigger.exe = path;
	return 0;
}

static __always_inline void paths_fill(struct wire_oom_kill *event, struct task_struct *victim,
				       struct mm_struct *mm, struct task_struct *trigger,
				       struct mem_cgroup *owner)
{
	event->head.size = sizeof(*event);
	rs_oom_path((__u64)BPF_CORE_READ(task_cgroup(victim), kn), OF_VICTIM);
	rs_oom_path((__u64)BPF_CORE_READ(task_cgroup(trigger), kn), OF_TRIGGER);
	if (owner)
		rs_oom_path((__u64)BPF_CORE_READ(owner, css.cgroup, kn), OF_OWNER);
	rs_oom_exe((__u64)BPF_CORE_READ(victim, fs), (__u64)mm, OF_VICTIM);
	rs_oom_exe((__u64)BPF_CORE_READ(trigger, fs), (__u64)BPF_CORE_READ(trigger, mm),
		   OF_TRIGGER);
}

#define OTHER_KILLS(key) ((void)((key)->scope = WIRE_OTHERS))

/* Kills always bring the path of the victim's own cgroup. */
static __always_inline void count(const struct wire_oom_kill *event, struct cgroup *cgroup,
				  struct wire_sums *sums, __u64 now)
{
	const struct wire_cgroup_key group = {.id = event->victim_cgroup.id,
					      .hierarchy = event->victim_cgroup.hierarchy};
	struct wire_oom_key key = {.scope = event->scope};
	struct wire_share *share;
	struct wire_row *row = NULL;
	bool made = false;
	__u32 slot;

	share = share_of(cgroup, &group, &slot);
	if (share) {
		key.cgroup_id = share->cgroup.id;
		key.hierarchy = share->cgroup.hierarchy;
		row = ROW_OF(&rs_ooms, WIRE_OOM_KILL, OOM_ROWS, slot, &key, OTHER_KILLS, made);
	}
	if (row)
		row_count(row, now);
	else
		ADD(sums->overflow, 1);
	if (share && share->cgroup.id != group.id)
		owner_tell_row(cgroup, &share->cgroup, WIRE_OOM_KILL);
}

struct level_walk {
	struct cgroup *cgroup;
	struct cgroup *other;
	__u32 levels;
};

LOOP_STEP level_step(__u32 i, struct level_walk *walk)
{
	if (!cgroup_shares(walk->cgroup, walk->other, i + 1))
		return 1;
	walk->levels = i + 1;
	return 0;
}

/* Whose init process it is depends on where its parent lives: whoever starts a container is not in
 * it, whoever starts a sandbox inside of one is. As many levels as a record's path may have. */
__noinline __u32 rs_oom_parent_levels(__u64 task)
{
	struct task_struct *victim = (void *)task;
	struct task_struct *parent = BPF_CORE_READ(victim, group_leader, real_parent);
	struct cgroup *cgroup = task_cgroup(victim), *other = task_cgroup(parent);
	struct level_walk walk = {.cgroup = cgroup, .other = other};
	__u32 level = BPF_CORE_READ(cgroup, level), other_level = BPF_CORE_READ(other, level);

	LOOP(2 * WIRE_PATH_DEPTH, level_step, &walk);
	if (level > other_level)
		level = other_level;
	return walk.levels < level ? walk.levels : level;
}

/* What is known of @victim's own part in it. */
static __always_inline void victim_fill(struct wire_oom_kill *event, struct task_struct *victim)
{
	task_fill(&event->victim, victim);
	cgroup_fill(&event->victim_cgroup, task_cgroup(victim));
	event->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	if (task_vpid(victim, &event->pid_level) == 1 && event->pid_level) {
		event->flags |= WIRE_OOM_INIT;
		event->parent_levels = rs_oom_parent_levels((__u64)victim);
	}
}

/* Counts @victim as seen if it is to be told: NULL if it was. */
static __always_inline struct wire_sums *admit(struct task_struct *victim, const struct sent *sent,
					       __u64 now)
{
	enum told told = was_told(victim, sent, now);
	struct wire_sums *sums;

	if (told == TOLD_BEFORE)
		return NULL;
	sums = sums_enter(WIRE_OOM_KILL);
	if (!sums || told == TOLD_NOT)
		return sums;
	/* Told twice would be worse than lost, which is said. */
	ADD(sums->overflow, 1);
	sums_leave(sums, &sums->dropped);
	return NULL;
}

/* How it came to be killed. */
static __always_inline void manner_fill(struct wire_oom_kill *event, struct task_struct *victim,
					const struct sent *sent, __u32 tid, bool shares)
{
	__u64 group = group_of(victim);

	event->flags |= WIRE_OOM_KNOWS_EXITING;
	if (group != GROUP_UNKNOWN)
		event->flags |= WIRE_OOM_KNOWS_GROUP | (group ? WIRE_OOM_GROUP : 0);
	else
		group = 0;
	if (shares)
		event->flags |= WIRE_OOM_SHARES_MM;
	else if (!sent || !sent->delivered)
		event->flags |= WIRE_OOM_EXITING;
	number_fill(event, tid, group, shares);
}

static __always_inline int report(struct task_struct *victim, struct mm_struct *mm, bool shares)
{
	struct task_struct *trigger = current_task();
	__u32 zero = 0, tid = TASK_READ(trigger, pid), size;
	__u64 now = bpf_ktime_get_boot_ns();
	struct buffer *buffer = bpf_map_lookup_elem(&rs_oom_buffer, &zero);
	const struct sent *sent = sent_to(victim, tid);
	struct wire_oom_kill *event;
	struct mem_cgroup *owner;
	struct wire_sums *sums;

	if (!buffer)
		return 0;
	sums = admit(victim, sent, now);
	if (!sums)
		return 0;
	event = &buffer->event;
	__builtin_memset(event, 0, sizeof(*event));
	victim_fill(event, victim);
	task_fill(&event->trigger, trigger);
	cgroup_fill(&event->trigger_cgroup, task_cgroup(trigger));
	find_cause(victim, tid, shares, now);
	owner = cause_fill(event, tid);
	manner_fill(event, victim, sent, tid, shares);
	if (mm)
		sizes_fill(event, mm);
	paths_fill(event, victim, mm, trigger, owner);
	count(event, task_cgroup(victim), sums, now);
	head_fill(&event->head, WIRE_OOM_KILL, now, sums);
	size = event->head.size;
	if (size > sizeof(*buffer))
		size = sizeof(*buffer);
	if (!bpf_ringbuf_output(&rs_critical, buffer, size, 0))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}

#ifndef RS_LEGACY
SEC("?fentry/oom_kill_process")
int BPF_PROG(rs_oom_begin, struct oom_control *oc)
{
	return begin(oc);
}

SEC("?fexit/oom_kill_process")
int BPF_PROG(rs_oom_end)
{
	kill.open = 0;
	return 0;
}
#endif

SEC("?kprobe/oom_kill_process")
int rs_oom_kbegin(struct pt_regs *ctx)
{
	return begin((struct oom_control *)fn_arg1(ctx));
}

/* One instance is enough: the kernel kills one after another. */
SEC("?kretprobe/oom_kill_process")
int rs_oom_kend(void *ctx)
{
	kill.open = 0;
	return 0;
}

/* Only reached through rs_oom_tail. */
SEC("?raw_tp")
int rs_oom_finish(void *ctx)
{
	struct task_struct *task = current_task(), *victim = kill.victim;
	bool shares = kill.shares;

	if (!shares) {
		find_kill(task, victim);
		kill.mm = (__u64)BPF_CORE_READ(victim, mm);
	}
	report(victim, (struct mm_struct *)kill.mm, shares);
	kill.marker = TASK_READ(task, pid);
	kill.marked = bpf_ktime_get_boot_ns();
	return 0;
}

/* Since 6.8 and in stable kernels the argument is the task; the streamer checks. */
SEC("?raw_tp/mark_victim")
int BPF_PROG(rs_oom_mark, struct task_struct *victim)
{
	kill.victim = victim;
	kill.shares = 0;
	bpf_tail_call(ctx, &rs_oom_tail, 0);
	return 0;
}

/* Whether @task may be killing those that share a victim's memory. An init process that was marked
 * kills its namespace as it dies, while what it marked may still lie on its stack. */
static __always_inline bool in_kill(struct task_struct *task)
{
	__u32 tid = TASK_READ(task, pid);

	if (!kill.mm || kill.marker != tid)
		return false;
	if (rs_sees_kill)
		return kill_is_open(tid);
	if (TASK_READ(task, flags) & PF_EXITING)
		return false;
	return kill.control ? kill_is_open(tid)
			    : bpf_ktime_get_boot_ns() - kill.marked < NSEC_PER_SEC;
}

/* A SIGKILL from the kernel: to a victim that is about to be marked, or to a process that
 * shares the memory of the one just marked. */
SEC("?raw_tp/signal_generate")
int BPF_PROG(rs_oom_signal, int sig, struct kernel_siginfo *info, struct task_struct *target,
	     int group, int result)
{
	struct task_struct *task = current_task();
	struct sent *sent;

	if (sig != SIGKILL || (__u64)info != SEND_SIG_PRIV)
		return 0;
	sent = sent_note(task, target, result);
	if (!sent)
		return 0;
	if (sent->delivered && in_kill(task) && uses_mm(target, kill.mm)) {
		kill.victim = target;
		kill.shares = 1;
		bpf_tail_call(ctx, &rs_oom_tail, 0);
	}
	return 0;
}

ROWS_PROGRAM(rs_oom_rows, struct wire_oom_key, struct wire_row)
