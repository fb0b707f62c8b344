/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which paths the streamer has been told lately, by whichever probe: all tell them through the same
 * ring, and it keeps one table of cgroups and one of executables. */
#pragma once

#include "bpf/common/common.bpf.h"

#define PATH_INTERVAL (10 * NSEC_PER_SEC) /* a path comes again after this: it may be forgotten */

/* When the path of a cgroup was last submitted, together with that of an executable there; alone if
 * that is 0. What is evicted comes again, no more. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct wire_known);
	__type(value, __u64);
} rs_known __weak SEC(".maps");

/* Counts the times that the streamer took something out of it. */
__u32 rs_paths_era __weak = 0;

/* Boottime, or 0. */
static __always_inline __u64 path_told(const struct wire_known *key)
{
	__u64 *told = bpf_map_lookup_elem(&rs_known, key);

	return told ? *told : 0;
}

static __always_inline bool path_is_known(const struct wire_known *key, __u64 now)
{
	__u64 told = path_told(key);

	return told && now - told < PATH_INTERVAL;
}

/* Only after the submit: the path must come before the first record that leaves it out. */
static __always_inline void path_learn(const struct wire_known *key, __u64 now)
{
	(void)bpf_map_update_elem(&rs_known, key, &now, BPF_ANY);
}
