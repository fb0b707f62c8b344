/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --rate and --container-rate: one number a bucket, the theoretical arrival time of GCRA. */
#pragma once

#include "common.bpf.h"

/* --container-rate. An evicted bucket grants a burst, no more. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_cgroup_key);
	__type(value, __u64);
} rs_buckets SEC(".maps");

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

static __always_inline bool group_passes(const struct wire_cgroup_key *key, __u64 now)
{
	__u64 *tat, zero = 0;

	if (!rs_group_rate.interval)
		return true;
	tat = bpf_map_lookup_elem(&rs_buckets, key);
	if (!tat) {
		(void)bpf_map_update_elem(&rs_buckets, key, &zero, BPF_NOEXIST);
		tat = bpf_map_lookup_elem(&rs_buckets, key);
	}
	return !tat || limit_passes(tat, now, rs_group_rate.interval, rs_group_rate.tolerance);
}

/* The first event of a key always passes. */
static __always_inline bool passes(struct wire_row *row, const struct wire_cgroup_key *group,
				   __u64 now)
{
	if (row && !row->tat) {
		row->tat = now + rs_rate.interval;
		(void)group_passes(group, now); /* it counts for the others */
		return true;
	}
	if (row && rs_rate.interval &&
	    !limit_passes(&row->tat, now, rs_rate.interval, rs_rate.tolerance))
		return false;
	return group_passes(group, now);
}
