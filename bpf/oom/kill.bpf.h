/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kill under way, as the kernel's oom_control has it. */
#pragma once

#include "bpf/oom/control.bpf.h"

/* Open for the task that runs it: from fentry to fexit of oom_kill_process(), or while its
 * oom_control lies where it was found. @mm and @group stay for the processes killed along. */
struct kill {
	__u64 id;
	__u64 mm;                   /* of the victim marked last */
	__u64 marked;               /* when */
	__u64 group;                /* its struct mem_cgroup with memory.oom.group, or 0 */
	struct mem_cgroup *memcg;   /* whose limit, NULL: none */
	struct task_struct *victim; /* to be reported */
	__u64 control;              /* where it was found; 0: hooked, or not found */
	__u64 task;                 /* that was chosen, in @control */
	__u64 domain_bytes;
	__s64 points;
	__u32 tid;    /* of the task that runs it */
	__u32 marker; /* tid of the task that marked @mm */
	__u32 open;
	__u32 looked; /* rs_oom_guess() has looked at its cgroups */
	__u32 shares; /* the victim only shares @mm */
	__u32 number; /* victims so far */
	__u32 chosen; /* tgid */
	__u32 scope;
	__u32 gfp_mask;
	__s32 order;
};

/* Volatile, or the compiler splits it into one variable a member, and their BTF is wrong. */
static volatile struct kill kill;

const volatile __u32 rs_sees_kill = 0; /* oom_kill_process() is hooked */

static __always_inline __u32 scope_of(struct oom_control *oc)
{
	switch (BPF_CORE_READ(oc, constraint)) {
	case CONSTRAINT_MEMCG:
		return WIRE_SCOPE_MEMCG;
	case CONSTRAINT_CPUSET:
		return WIRE_SCOPE_CPUSET;
	case CONSTRAINT_MEMORY_POLICY:
		return WIRE_SCOPE_MEMPOLICY;
	default:
		return BPF_CORE_READ(oc, order) == -1 ? WIRE_SCOPE_SYSRQ : WIRE_SCOPE_GLOBAL;
	}
}

static __always_inline int begin(struct oom_control *oc)
{
	struct task_struct *task = current_task();

	kill.id++;
	kill.number = 0;
	kill.mm = 0;
	kill.group = 0;
	kill.marker = 0;
	kill.looked = 0;
	kill.tid = TASK_READ(task, pid);
	kill.memcg = BPF_CORE_READ(oc, memcg);
	kill.domain_bytes = pages(BPF_CORE_READ(oc, totalpages));
	kill.points = BPF_CORE_READ(oc, chosen_points);
	kill.task = (__u64)BPF_CORE_READ(oc, chosen);
	kill.chosen = BPF_CORE_READ(oc, chosen, tgid);
	kill.gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	kill.order = BPF_CORE_READ(oc, order);
	kill.scope = scope_of(oc);
	kill.open = 1;
	return 0;
}

/* The next kill of the same task has its oom_control there too, but has chosen nobody yet. */
static __always_inline bool control_holds(void)
{
	struct oom_control *oc = (void *)kill.control;

	return (__u64)BPF_CORE_READ(oc, chosen) == kill.task &&
	       BPF_CORE_READ(oc, memcg) == kill.memcg &&
	       pages(BPF_CORE_READ(oc, totalpages)) == kill.domain_bytes;
}

static __always_inline bool kill_is_open(__u32 tid)
{
	return kill.open && kill.tid == tid && (rs_sees_kill || control_holds());
}

static __always_inline __u64 group_of(struct task_struct *victim)
{
	return rs_oom_group((__u64)task_memcg(victim), (__u64)kill.memcg);
}

static __always_inline bool is_in_group(struct task_struct *victim)
{
	return kill.group && group_of(victim) == kill.group;
}

/* Without the hook, at the mark of @victim: the kill that it belongs to is open, or none is. */
static __always_inline void find_kill(struct task_struct *task, struct task_struct *victim)
{
	struct oom_control *oc;

	if (rs_sees_kill)
		return;
	oc = find_control(victim);
	if (kill_is_open(TASK_READ(task, pid)) &&
	    (oc ? (__u64)oc == kill.control : is_in_group(victim)))
		return;
	if (kill.control) /* that one is over */
		kill.group = kill.marker = 0;
	kill.open = 0;
	kill.control = (__u64)oc;
	if (oc)
		begin(oc);
}
