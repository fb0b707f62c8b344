/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oom_kill: one event for each process the kernel kills for want of memory.
 *
 * mark_victim fires for each victim, also for each process of a memory.oom.group; processes
 * that only share a victim's memory get a SIGKILL without a mark and are seen at that signal.
 * oom_kill_process(), where it can be hooked, tells whose limit was hit and how the choice was
 * made. Without it (tracepoint tier) the limit is worked out from the victim's cgroups.
 *
 * All this happens under the kernel's global oom_lock: one slot and one buffer are enough. */
#include "common.bpf.h"
#include "names.bpf.h"
#include "task.bpf.h"

#define SIGKILL 9
#define SEND_SIG_PRIV 1 /* include/linux/sched/signal.h: from the kernel itself */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The kill under way. Valid for the task that runs it, from fentry to fexit of
 * oom_kill_process(); @mm and @group stay for the processes killed along. */
struct kill {
	__u64 id;
	__u64 mm;                 /* of the victim marked last */
	__u64 marked;             /* when */
	__u64 group;              /* its struct mem_cgroup with memory.oom.group, or 0 */
	struct mem_cgroup *memcg; /* whose limit, NULL: none */
	__u64 domain_bytes;
	__s64 points;
	__u32 tid;    /* of the task that runs it */
	__u32 marker; /* tid of the task that marked @mm */
	__u32 open;
	__u32 number; /* victims so far */
	__u32 chosen; /* tgid */
	__u32 scope;
	__u32 gfp_mask;
	__s32 order;
};

/* Volatile, or the compiler splits it into one variable a member, and their BTF is wrong. */
static volatile struct kill kill;

/* The SIGKILL the kernel sent last on a CPU. It comes before the mark, with the victim's
 * task_lock held: no other task runs in between. */
struct sent {
	__u32 tid; /* sender */
	__u32 tgid;
	__u32 delivered;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sent);
} rs_sent SEC(".maps");

struct victim_key {
	__u32 tgid;
	__u32 pad;
	__u64 start_boottime;
};

/* Processes reported lately: the mark is per thread, and a group kill may come back to one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct victim_key);
	__type(value, __u64);
} rs_victims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_oom_key);
	__type(value, struct wire_row);
} rs_ooms SEC(".maps");

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

static __always_inline __u64 pages(__u64 n)
{
	return n << rs_page_shift;
}

extern const void __per_cpu_offset __ksym __weak;

struct rss_sum {
	const __s32 *counters; /* a per-CPU address */
	__s64 sum;
};

static long rss_add_cpu(__u32 cpu, struct rss_sum *sum)
{
	__u64 offset = 0;
	__s32 count = 0;

	bpf_probe_read_kernel(&offset, sizeof(offset), (const __u64 *)&__per_cpu_offset + cpu);
	if (!bpf_probe_read_kernel(&count, sizeof(count), (const void *)sum->counters + offset))
		sum->sum += count;
	return 0;
}

/* mm->rss_stat[member] in bytes. Since 6.2 a per-CPU counter whose central count lags behind
 * by up to a batch a CPU: the parts are added, where the kernel lets us find them. */
static __noinline __u64 rss_bytes(struct mm_struct *mm, __u32 member, bool *ret_exact)
{
	struct mm_struct___old *old = (void *)mm;
	struct rss_sum sum = {};
	__s64 count;

	if (bpf_core_field_exists(old->rss_stat.count)) {
		bpf_core_read(&count, sizeof(count), &old->rss_stat.count[0]);
		bpf_probe_read_kernel(&count, sizeof(count),
				      (void *)__builtin_preserve_access_index(
					      &old->rss_stat.count[0].counter) +
					      member * sizeof(long));
	} else {
		const void *stat = (void *)__builtin_preserve_access_index(&mm->rss_stat[0]) +
				   member * bpf_core_type_size(struct percpu_counter);
		struct percpu_counter *counter = (void *)stat;

		count = BPF_CORE_READ(counter, count);
		sum.counters = BPF_CORE_READ(counter, counters);
		if (&__per_cpu_offset && sum.counters)
			bpf_loop(rs_cpus, rss_add_cpu, &sum, 0);
		else
			*ret_exact = false;
		count += sum.sum;
	}
	return count > 0 ? pages(count) : 0;
}

enum { FILE_PAGES, ANON_PAGES, SWAP_ENTRIES, SHMEM_PAGES }; /* linux/mm_types_task.h MM_* */

static __always_inline void sizes_fill(struct wire_oom_kill *event, struct mm_struct *mm)
{
	bool exact = true;
	__u64 rss, peak;

	event->file_rss_bytes = rss_bytes(mm, FILE_PAGES, &exact);
	event->anon_rss_bytes = rss_bytes(mm, ANON_PAGES, &exact);
	event->swap_bytes = rss_bytes(mm, SWAP_ENTRIES, &exact);
	event->shmem_rss_bytes = rss_bytes(mm, SHMEM_PAGES, &exact);
	rss = event->file_rss_bytes + event->anon_rss_bytes + event->shmem_rss_bytes;
	peak = pages(BPF_CORE_READ(mm, hiwater_rss));
	event->peak_rss_bytes = peak > rss ? peak : rss;
	event->total_vm_bytes = pages(BPF_CORE_READ(mm, total_vm));
	event->page_table_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
	event->flags |= WIRE_OOM_HAS_MM | (exact ? 0 : WIRE_OOM_APPROXIMATE);
}

/* PAGE_COUNTER_MAX: LONG_MAX / PAGE_SIZE */
static __always_inline bool is_unlimited(__u64 max)
{
	return max >= 0x7fffffffffffffffull >> rs_page_shift;
}

static __always_inline struct mem_cgroup *memcg_of(struct cgroup_subsys_state *css)
{
	return css ? (void *)css - OFFSET_OF(struct mem_cgroup, css) : NULL;
}

static __always_inline struct mem_cgroup *memcg_parent(struct mem_cgroup *memcg)
{
	return memcg_of(BPF_CORE_READ(memcg, css.parent));
}

static __always_inline struct mem_cgroup *task_memcg(struct task_struct *task)
{
	int memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;

	bpf_core_read(&css, sizeof(css), (void *)&set->subsys[0] + memory * sizeof(css));
	return memcg_of(css);
}

struct memcg_walk {
	struct mem_cgroup *memcg;
	struct mem_cgroup *owner;
	struct mem_cgroup *found;
};

static long full_step(__u32 i, struct memcg_walk *walk)
{
	struct mem_cgroup *memcg = walk->memcg;
	__u64 max, usage;

	if (!memcg)
		return 1;
	max = BPF_CORE_READ(memcg, memory.max);
	usage = BPF_CORE_READ(memcg, memory.usage.counter);
	if (!is_unlimited(max) && usage + 64 * rs_cpus >= max) {
		walk->found = memcg;
		return 1;
	}
	walk->memcg = memcg_parent(memcg);
	return 0;
}

/* The nearest ancestor that is as good as full. Usage may lie below the limit by what the
 * CPUs hold in stock (MEMCG_CHARGE_BATCH, 64 pages each). */
static __always_inline struct mem_cgroup *memcg_full(struct mem_cgroup *memcg)
{
	struct memcg_walk walk = {.memcg = memcg};

	bpf_loop(WIRE_PATH_DEPTH, full_step, &walk, 0);
	return walk.found;
}

static long group_step(__u32 i, struct memcg_walk *walk)
{
	struct mem_cgroup *memcg = walk->memcg;

	if (!memcg)
		return 1;
	if (BPF_CORE_READ(memcg, oom_group))
		walk->found = memcg;
	if (memcg == walk->owner)
		return 1;
	walk->memcg = memcg_parent(memcg);
	return 0;
}

/* As mem_cgroup_get_oom_group(): the topmost cgroup below (or at) @owner with
 * memory.oom.group, or 0. */
static __always_inline __u64 memcg_group(struct mem_cgroup *memcg, struct mem_cgroup *owner)
{
	struct memcg_walk walk = {.memcg = memcg, .owner = owner};

	bpf_loop(WIRE_PATH_DEPTH, group_step, &walk, 0);
	return (__u64)walk.found;
}

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

static __always_inline bool kill_is_open(__u32 tid)
{
	return kill.open && kill.tid == tid;
}

/* Whose limit, by the kernel's own word or by inference. Returns its memcg or NULL. */
static __always_inline struct mem_cgroup *cause_fill(struct wire_oom_kill *event,
						     struct task_struct *victim, __u32 tid)
{
	struct mem_cgroup *owner;

	if (kill_is_open(tid)) {
		owner = kill.memcg;
		event->scope = kill.scope;
		event->order = kill.order;
		event->gfp_mask = kill.gfp_mask;
		event->domain_bytes = kill.domain_bytes;
		event->flags |= WIRE_OOM_HAS_CONTROL;
		if (kill.chosen == event->victim.pid) {
			event->badness_points = kill.points;
			event->flags |= WIRE_OOM_HAS_POINTS;
		}
	} else {
		owner = memcg_full(task_memcg(victim));
		event->scope = owner ? WIRE_SCOPE_MEMCG : WIRE_SCOPE_GLOBAL;
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

static __always_inline void paths_fill(struct buffer *buffer, struct task_struct *victim,
				       struct mm_struct *mm, struct task_struct *trigger,
				       struct mem_cgroup *owner)
{
	struct wire_oom_kill *event = &buffer->event;
	struct names names = {
		.head = &event->head,
		.limit = sizeof(*buffer) - WIRE_NAME_SIZE,
	};

	event->head.size = sizeof(*event);
	names_cgroup(&names, BPF_CORE_READ(task_cgroup(victim), kn), &event->victim_cgroup.path);
	names_cgroup(&names, BPF_CORE_READ(task_cgroup(trigger), kn), &event->trigger_cgroup.path);
	if (owner)
		names_cgroup(&names, BPF_CORE_READ(owner, css.cgroup, kn), &event->owner.path);
	names_exe(&names, victim, mm, &event->victim.exe);
	names_exe(&names, trigger, BPF_CORE_READ(trigger, mm), &event->trigger.exe);
}

static __always_inline bool is_new_victim(struct task_struct *victim, __u64 now)
{
	struct victim_key key = {
		.tgid = victim->tgid,
		.start_boottime = BPF_CORE_READ(victim, group_leader, start_boottime),
	};

	return !bpf_map_update_elem(&rs_victims, &key, &now, BPF_NOEXIST);
}

static __always_inline void count(const struct wire_oom_kill *event, struct wire_sums *sums,
				  __u64 now)
{
	struct wire_oom_key key = {
		.cgroup_id = event->victim_cgroup.id,
		.hierarchy = event->victim_cgroup.hierarchy,
		.scope = event->scope,
	};

	if (!ROW_COUNT(&rs_ooms, &key, now))
		ADD(sums->overflow, 1);
}

/* What is known of @victim's own part in it. */
static __always_inline void victim_fill(struct wire_oom_kill *event, struct task_struct *victim)
{
	__u32 level;

	task_fill(&event->victim, victim);
	cgroup_fill(&event->victim_cgroup, task_cgroup(victim));
	event->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	if (task_vpid(victim, &level) == 1 && level)
		event->flags |= WIRE_OOM_INIT;
}

static __noinline int emit(struct task_struct *victim, __u64 mm_address, bool shares)
{
	struct task_struct *trigger = bpf_get_current_task_btf();
	struct mm_struct *mm = (struct mm_struct *)mm_address;
	__u32 zero = 0, tid = trigger->pid, size;
	__u64 now = bpf_ktime_get_boot_ns();
	struct buffer *buffer = bpf_map_lookup_elem(&rs_oom_buffer, &zero);
	struct sent *sent = bpf_map_lookup_elem(&rs_sent, &zero);
	struct wire_oom_kill *event;
	struct mem_cgroup *owner;
	struct wire_sums *sums;
	__u64 group;

	if (!buffer || !sent || !is_new_victim(victim, now))
		return 0;
	sums = sums_enter(WIRE_OOM_KILL);
	if (!sums)
		return 0;
	event = &buffer->event;
	__builtin_memset(event, 0, sizeof(*event));
	victim_fill(event, victim);
	task_fill(&event->trigger, trigger);
	cgroup_fill(&event->trigger_cgroup, task_cgroup(trigger));
	owner = cause_fill(event, victim, tid);
	group = memcg_group(task_memcg(victim), owner);
	event->flags |= WIRE_OOM_KNOWS_GROUP | WIRE_OOM_KNOWS_EXITING;
	if (group)
		event->flags |= WIRE_OOM_GROUP;
	if (shares)
		event->flags |= WIRE_OOM_SHARES_MM;
	else if (sent->tid != tid || sent->tgid != event->victim.pid || !sent->delivered)
		event->flags |= WIRE_OOM_EXITING;
	number_fill(event, tid, group, shares);
	if (mm)
		sizes_fill(event, mm);
	paths_fill(buffer, victim, mm, trigger, owner);
	count(event, sums, now);
	size = event->head.size;
	if (size > sizeof(*buffer))
		size = sizeof(*buffer);
	head_fill(&event->head, WIRE_OOM_KILL, now, sums);
	if (!bpf_ringbuf_output(&rs_critical, buffer, size, 0))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(rs_oom_begin, struct oom_control *oc)
{
	struct task_struct *task = bpf_get_current_task_btf();

	kill.id++;
	kill.number = 0;
	kill.mm = 0;
	kill.group = 0;
	kill.marker = 0;
	kill.tid = task->pid;
	kill.memcg = BPF_CORE_READ(oc, memcg);
	kill.domain_bytes = pages(BPF_CORE_READ(oc, totalpages));
	kill.points = BPF_CORE_READ(oc, chosen_points);
	kill.chosen = BPF_CORE_READ(oc, chosen, tgid);
	kill.gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	kill.order = BPF_CORE_READ(oc, order);
	switch (BPF_CORE_READ(oc, constraint)) {
	case CONSTRAINT_MEMCG:
		kill.scope = WIRE_SCOPE_MEMCG;
		break;
	case CONSTRAINT_CPUSET:
		kill.scope = WIRE_SCOPE_CPUSET;
		break;
	case CONSTRAINT_MEMORY_POLICY:
		kill.scope = WIRE_SCOPE_MEMPOLICY;
		break;
	default:
		kill.scope = kill.order == -1 ? WIRE_SCOPE_SYSRQ : WIRE_SCOPE_GLOBAL;
	}
	kill.open = 1;
	return 0;
}

SEC("?fexit/oom_kill_process")
int BPF_PROG(rs_oom_end)
{
	kill.open = 0;
	return 0;
}

/* Since 6.8 and in stable kernels the argument is the task; the streamer checks. */
SEC("?tp_btf/mark_victim")
int BPF_PROG(rs_oom_mark, struct task_struct *victim)
{
	__u64 mm = (__u64)BPF_CORE_READ(victim, mm);
	struct task_struct *task = bpf_get_current_task_btf();

	emit(victim, mm, false);
	kill.mm = mm;
	kill.marker = task->pid;
	kill.marked = bpf_ktime_get_boot_ns();
	return 0;
}

struct thread_walk {
	struct list_head *at;
	struct list_head *head;
	__u64 mm;
	bool found;
};

static long thread_step(__u32 i, struct thread_walk *walk)
{
	struct list_head *at = walk->at;
	struct task_struct *thread = (void *)at - OFFSET_OF(struct task_struct, thread_node);

	if (!at || at == walk->head)
		return 1;
	if ((__u64)BPF_CORE_READ(thread, mm) == walk->mm) {
		walk->found = true;
		return 1;
	}
	walk->at = BPF_CORE_READ(at, next);
	return 0;
}

/* Whether any thread of @task still has @mm: the leader may have exited. */
static __always_inline bool uses_mm(struct task_struct *task, __u64 mm)
{
	struct thread_walk walk = {.mm = mm};
	struct list_head *head;

	if ((__u64)BPF_CORE_READ(task, mm) == mm)
		return true;
	head = (void *)BPF_CORE_READ(task, signal) + OFFSET_OF(struct signal_struct, thread_head);
	walk.head = head;
	walk.at = BPF_CORE_READ(head, next);
	bpf_loop(1024, thread_step, &walk, 0);
	return walk.found;
}

/* A SIGKILL from the kernel: to a victim that is about to be marked, or to a process that
 * shares the memory of the one just marked. */
SEC("?tp_btf/signal_generate")
int BPF_PROG(rs_oom_signal, int sig, struct kernel_siginfo *info, struct task_struct *target,
	     int group, int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sent *sent;
	__u32 zero = 0;

	if (sig != SIGKILL || (__u64)info != SEND_SIG_PRIV)
		return 0;
	sent = bpf_map_lookup_elem(&rs_sent, &zero);
	if (!sent)
		return 0;
	sent->tid = task->pid;
	sent->tgid = target->tgid;
	sent->delivered = !result; /* TRACE_SIGNAL_DELIVERED */
	if (kill.mm && kill.marker == (__u32)task->pid &&
	    bpf_ktime_get_boot_ns() - kill.marked < NSEC_PER_SEC && uses_mm(target, kill.mm))
		emit(target, kill.mm, true);
	return 0;
}
