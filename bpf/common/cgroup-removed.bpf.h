/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroups that were removed: the streamer takes their rows away, some time after. A cgroup's id
 * does not come again within a boot. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/share.bpf.h"

/* A queue, not the ring: nobody has to be woken for it. It takes all cgroups that have a share, and
 * so all that have rows, at once. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, WIRE_SHARES + SHARE_SLACK);
	__uint(value_size, sizeof(struct wire_gone));
} rs_gone SEC(".maps");

/* Those that found no room: then the streamer looks which of its cgroups are left. */
__u64 rs_gone_missed = 0;

/* Most cgroups that go never had an event. */
SEC("?raw_tp/cgroup_rmdir")
int BPF_PROG(rs_rmdir, struct cgroup *cgroup)
{
	struct wire_gone gone = {};
	struct wire_group *group;

	gone.cgroup.id = BPF_CORE_READ(cgroup, kn, id);
	gone.cgroup.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	group = bpf_map_lookup_elem(&rs_groups, &gone.cgroup);
	if (!group)
		return 0;
	gone.slot = group->slot;
	if ((int)bpf_map_push_elem(&rs_gone, &gone, 0))
		ADD(rs_gone_missed, 1);
	return 0;
}

/* Whether @cgroup was removed, or is not even memory of a cgroup any more. What looks alive may yet
 * be dead: the next time will tell. */
static __always_inline bool is_dead(struct cgroup *cgroup, __u64 id)
{
	return BPF_CORE_READ(cgroup, kn, id) != id || !is_online((__u64)cgroup);
}

/* Hands out the cgroups with a share that are no more, whether rs_rmdir was run for them or not. */
SEC("?iter/bpf_map_elem")
int BPF_PROG(rs_dead_rows, struct bpf_iter_meta *meta, void *map, struct wire_cgroup_key *key,
	     struct wire_group *group)
{
	struct seq_file *seq = meta->seq;
	struct wire_gone gone = {};
	struct wire_share *share;

	if (!key || !group)
		return 0;
	share = share_at(group->slot);
	if (!share || !share->address || !is_dead((struct cgroup *)share->address, key->id))
		return 0;
	gone.cgroup.id = key->id;
	gone.cgroup.hierarchy = key->hierarchy;
	gone.slot = group->slot;
	(void)bpf_seq_write(seq, &gone, sizeof(gone));
	return 0;
}
