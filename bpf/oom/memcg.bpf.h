/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory cgroups, from one up to the root. */
#pragma once

#include "bpf/common/common.bpf.h"

/* Levels that are gone through. Nothing bounds how deep a container nests its cgroups; what may lie
 * beyond is not known then. */
#ifdef RS_LEGACY
#define MEMCG_DEPTH 64u
#else
#define MEMCG_DEPTH 4096u
#endif

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

/* Whether @cgroup and @other have the same ancestor (or are it) @level below the root. As
 * cgroup_is_descendant(), at the same cost however deep they are. */
static __always_inline bool cgroup_shares(struct cgroup *cgroup, struct cgroup *other, __u32 level)
{
	struct cgroup___old *old = (void *)cgroup, *other_old = (void *)other;
	const void *at, *other_at;
	__u64 a = 0, b = 0;

	if (bpf_core_field_exists(cgroup->ancestors)) {
		at = __builtin_preserve_access_index(&cgroup->ancestors);
		other_at = __builtin_preserve_access_index(&other->ancestors);
	} else {
		at = __builtin_preserve_access_index(&old->ancestor_ids);
		other_at = __builtin_preserve_access_index(&other_old->ancestor_ids);
	}
	bpf_probe_read_kernel(&a, sizeof(a), at + level * sizeof(a));
	bpf_probe_read_kernel(&b, sizeof(b), other_at + level * sizeof(b));
	return a && a == b;
}

static __always_inline bool memcg_is_in(struct mem_cgroup *memcg, struct mem_cgroup *ancestor)
{
	struct cgroup *cgroup = BPF_CORE_READ(memcg, css.cgroup);
	struct cgroup *above = BPF_CORE_READ(ancestor, css.cgroup);
	__u32 level = BPF_CORE_READ(above, level);

	return above && BPF_CORE_READ(above, root) == BPF_CORE_READ(cgroup, root) &&
	       (__u32)BPF_CORE_READ(cgroup, level) >= level && cgroup_shares(cgroup, above, level);
}

/* Of the latest walk, under oom_lock. */
static volatile struct group_walk {
	struct mem_cgroup *memcg; /* next to look at */
	struct mem_cgroup *owner;
	struct mem_cgroup *found;
} group_walk;

LOOP_STEP group_step(__u32 i, void *unused)
{
	struct mem_cgroup *memcg = group_walk.memcg;

	if (BPF_CORE_READ(memcg, oom_group))
		group_walk.found = memcg;
	group_walk.memcg = memcg == group_walk.owner ? NULL : memcg_parent(memcg);
	return !group_walk.memcg;
}

#define GROUP_UNKNOWN 1ull /* more levels than are gone through */

/* As mem_cgroup_get_oom_group(): the topmost cgroup below (or at) @owner with memory.oom.group, 0,
 * or GROUP_UNKNOWN. Global: verified once, not at every call. */
__noinline __u64 rs_oom_group(__u64 memcg, __u64 owner)
{
	group_walk.memcg = (void *)memcg;
	group_walk.owner = (void *)owner;
	group_walk.found = NULL;
	if (memcg)
		LOOP(MEMCG_DEPTH, group_step, NULL);
	return group_walk.memcg ? GROUP_UNKNOWN : (__u64)group_walk.found;
}
