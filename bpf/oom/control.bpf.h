/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's oom_control of the kill under way, where oom_kill_process() cannot be hooked. It
 * lies on the stack of the task that kills, in a frame of out_of_memory()'s callers, and names whom
 * it has chosen: a word that points at the victim is its member chosen, if what is around it makes
 * sense as the others. The search goes down from the registers of user space, so that it comes to
 * live frames before what earlier calls have left below. */
#pragma once

#include "bpf/oom/memcg.bpf.h"

#define CHUNK_WORDS 64
#define CHUNKS 32 /* 16 KiB: all of a stack, but where the kernel is built with sanitizers */
#define GFP_BITS 30
#define ORDER_MAX 16
#define PAGES_BITS 44

/* Under oom_lock, as all here. In map memory, or the verifier would follow each word's value. */
static volatile struct control_search {
	__u64 victim;
	__u64 leader; /* chosen are leaders, marked are threads that still have the memory */
	__u64 memcg;  /* the victim's */
	__u64 top;    /* of the stack; a number only in here: no bounds are checked */
	__u64 bottom;
	__u64 found;
} search;

static volatile __u64 stack_words[CHUNK_WORDS];

static __always_inline bool is_zonelist(struct zonelist *zonelist)
{
	struct zone *zone = BPF_CORE_READ(zonelist, _zonerefs[0].zone);
	struct pglist_data *node = BPF_CORE_READ(zone, zone_pgdat);

	return node && (__u64)zone - (__u64)node < bpf_core_type_size(struct pglist_data);
}

/* @memcg: the victim's. */
static __always_inline bool is_control(struct oom_control *oc, struct mem_cgroup *memcg)
{
	struct mem_cgroup *owner = BPF_CORE_READ(oc, memcg);
	__u32 constraint = BPF_CORE_READ(oc, constraint);
	__u64 pages = BPF_CORE_READ(oc, totalpages);
	__s32 order = BPF_CORE_READ(oc, order);

	if (constraint > CONSTRAINT_MEMCG || !pages || pages >> PAGES_BITS || order < -1 ||
	    order > ORDER_MAX || BPF_CORE_READ(oc, gfp_mask) >> GFP_BITS)
		return false;
	if (constraint == CONSTRAINT_MEMCG)
		return owner && order >= 0 && memcg_is_in(memcg, owner);
	return !owner && is_zonelist(BPF_CORE_READ(oc, zonelist));
}

/* @at: where the stack points at the victim. Global: verified once, not for each word. */
__noinline int rs_oom_control(__u64 at)
{
	__u64 oc = at - OFFSET_OF(struct oom_control, chosen);

	if (!search.found && is_control((void *)oc, (void *)search.memcg))
		search.found = oc;
	return 0;
}

/* Returns -errno where the stack cannot be read. */
__noinline int rs_oom_chunk(__u64 at)
{
	long r = bpf_probe_read_kernel((void *)stack_words, sizeof(stack_words), (void *)at);

	if (r)
		return (int)r;
	_Pragma("clang loop unroll(full)") for (int word = CHUNK_WORDS - 1; word >= 0; word--)
	{
		__u64 value = stack_words[word];

		if (value == search.victim || value == search.leader)
			rs_oom_control(at + word * sizeof(value));
	}
	return 0;
}

LOOP_STEP chunk_step(__u32 i, void *unused)
{
	__u64 at = search.top - (i + 1) * sizeof(stack_words);

	return at < search.bottom || rs_oom_chunk(at) || search.found;
}

__noinline int rs_oom_search(void)
{
	struct task_struct *task = current_task();

	search.top = (__u64)task_regs(task);
	search.bottom = (__u64)BPF_CORE_READ(task, stack);
	LOOP(CHUNKS, chunk_step, NULL);
	return 0;
}

/* Of the current task, which has marked @victim. NULL where the victim was dying already, and so
 * was not chosen. */
static __always_inline struct oom_control *find_control(struct task_struct *victim)
{
	search.victim = (__u64)victim;
	search.leader = (__u64)BPF_CORE_READ(victim, group_leader);
	search.memcg = (__u64)task_memcg(victim);
	search.found = 0;
	rs_oom_search();
	return (void *)search.found;
}
