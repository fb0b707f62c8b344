/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory cgroups, from one up to the root. */
#pragma once

#include "common.bpf.h"

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

LOOP_STEP full_step(__u32 i, struct memcg_walk *walk)
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

	LOOP(WIRE_PATH_DEPTH, full_step, &walk);
	return walk.found;
}

LOOP_STEP group_step(__u32 i, struct memcg_walk *walk)
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

	LOOP(WIRE_PATH_DEPTH, group_step, &walk);
	return (__u64)walk.found;
}
