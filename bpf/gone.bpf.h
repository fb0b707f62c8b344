/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroups that were removed: the streamer takes their rows away, some time after. A cgroup's id
 * does not come again within a boot. */
#pragma once

#include "common.bpf.h"

/* A queue, not the ring: nobody has to be woken for it. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8192);
	__uint(value_size, sizeof(struct wire_cgroup_key));
} rs_gone SEC(".maps");

/* When it is full, the oldest goes, and its rows stay. */
SEC("?raw_tp/cgroup_rmdir")
int BPF_PROG(rs_rmdir, struct cgroup *cgroup)
{
	struct wire_cgroup_key key = {};

	key.id = BPF_CORE_READ(cgroup, kn, id);
	key.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	(void)bpf_map_push_elem(&rs_gone, &key, BPF_EXIST);
	return 0;
}
