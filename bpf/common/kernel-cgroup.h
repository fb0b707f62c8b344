/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of kernel.h: cgroups, of memory too. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	struct kernfs_node *__parent; /* 6.15: "kernfs: Use RCU to access kernfs_node::parent" */
	const char *name;
	void *priv; /* of a cgroup's directory the struct cgroup */
	__u64 id;
};

struct kernfs_node___old {
	struct kernfs_node *parent;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
	unsigned int flags;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level; /* 0: the root of its hierarchy */
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct cgroup *ancestors[1]; /* by level, itself the last. 6.1: "cgroup: Replace
				      * cgroup->ancestor_ids[] with ->ancestors[]" */
};

struct cgroup___old {
	__u64 ancestor_ids[1]; /* kernfs ids since 5.5 */
};

enum cgroup_subsys_id {
	memory_cgrp_id, /* the number differs by configuration: bpf_core_enum_value */
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct page_counter {
	atomic_long_t usage;
	unsigned long max;
};

enum memcg_memory_event {
	MEMCG_OOM, /* bpf_core_enum_value */
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	bool oom_group;
	atomic_long_t memory_events_local[4];
	bool oom_lock; /* since 6.12 only with CONFIG_MEMCG_V1 */
};

#pragma clang attribute pop
