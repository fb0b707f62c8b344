/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of kernel.h: what a kill for want of memory is decided by. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

enum oom_constraint {
	CONSTRAINT_NONE,
	CONSTRAINT_CPUSET,
	CONSTRAINT_MEMORY_POLICY,
	CONSTRAINT_MEMCG,
};

struct zone {
	struct pglist_data *zone_pgdat;
};

struct pglist_data {
	struct zone node_zones[1];
};

struct zoneref {
	struct zone *zone;
};

struct zonelist {
	struct zoneref _zonerefs[1];
};

struct oom_control {
	struct zonelist *zonelist;
	struct mem_cgroup *memcg;
	unsigned int gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
	enum oom_constraint constraint;
};

#pragma clang attribute pop
