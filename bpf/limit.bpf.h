/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --rate and --container-rate: one number a bucket, the theoretical arrival time of GCRA. */
#pragma once

#include "common.bpf.h"
#include "names.bpf.h"

/* Young cgroups share what they may: each brings a bucket of its own, so that a container which
 * makes cgroups in a loop would have no limit. Together, those below one cgroup may do as much as
 * four grown ones, and those of the machine as much as sixteen. */
#define YOUNG (10 * NSEC_PER_SEC)
#define SIBLINGS_SHIFT 2
#define MACHINE_SHIFT 4

/* What --container-rate leaves a cgroup. An evicted bucket grants a burst, and makes it young
 * again, no more. */
struct bucket {
	__u64 tat;      /* its own events' */
	__u64 children; /* those of its young children */
	__u64 since;    /* boottime of its first event */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_cgroup_key);
	__type(value, struct bucket);
} rs_buckets SEC(".maps");

static __u64 young_tat;

/* GCRA with plain loads and stores: racing CPUs may let a few too many pass; what is counted
 * is exact. */
static __always_inline bool limit_passes(__u64 *tat, __u64 now, __u64 interval, __u64 tolerance)
{
	__u64 t = *tat;

	if (t < now)
		t = now;
	if (t - now > tolerance)
		return false;
	*tat = t + interval;
	return true;
}

static __always_inline struct bucket *bucket_of(const struct wire_cgroup_key *key, __u64 now)
{
	struct bucket *bucket = bpf_map_lookup_elem(&rs_buckets, key), new = {.since = now};

	if (bucket)
		return bucket;
	(void)bpf_map_update_elem(&rs_buckets, key, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&rs_buckets, key);
}

static __always_inline bool young_passes(struct cgroup *cgroup, __u64 now)
{
	struct kernfs_node *parent = kernfs_parent(BPF_CORE_READ(cgroup, kn));
	struct wire_cgroup_key key = {
		.id = BPF_CORE_READ(parent, id),
		.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id),
	};
	struct bucket *bucket = bucket_of(&key, now);

	return (!bucket ||
		limit_passes(&bucket->children, now, rs_group_rate.interval >> SIBLINGS_SHIFT,
			     rs_group_rate.tolerance)) &&
	       limit_passes(&young_tat, now, rs_group_rate.interval >> MACHINE_SHIFT,
			    rs_group_rate.tolerance);
}

static __always_inline bool group_passes(const struct wire_cgroup_key *group, struct cgroup *cgroup,
					 __u64 now)
{
	struct bucket *bucket;

	if (!rs_group_rate.interval)
		return true;
	bucket = bucket_of(group, now);
	if (!bucket)
		return young_passes(cgroup, now);
	return limit_passes(&bucket->tat, now, rs_group_rate.interval, rs_group_rate.tolerance) &&
	       (now - bucket->since > YOUNG || young_passes(cgroup, now));
}

/* The first event of a key always passes: there are no more of these than rows. */
static __always_inline bool passes(struct wire_row *row, const struct wire_cgroup_key *group,
				   struct cgroup *cgroup, __u64 now)
{
	if (row && !row->tat) {
		row->tat = now + rs_rate.interval;
		(void)group_passes(group, cgroup, now); /* it counts for the others */
		return true;
	}
	if (row && rs_rate.interval &&
	    !limit_passes(&row->tat, now, rs_rate.interval, rs_rate.tolerance))
		return false;
	return group_passes(group, cgroup, now);
}
