/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel allows without running a filter. */
#pragma once

#include "bpf/common/kernel.h"

/* Numbers below this one, of which a bitmap of @bytes says whether their calls are always allowed.
 * Not those of its last word: seccomp_cache_prepare_bitmap() fills whole words and then clears what
 * filters do not allow, up to NR_syscalls, which nothing tells. From there on each bit says
 * "allowed" and means nothing: the kernel runs the filters for them. */
#define CACHE_KNOWS(bytes) (8 * ((bytes) - sizeof(__u64)))

/* Whether the kernel allows call number @nr without running a filter. False where it may do so, but
 * that is not known. */
static __always_inline bool filter_allows_outright(struct seccomp_filter *filter, __u32 nr,
						   bool compat)
{
	const void *map;
	__u64 word = 0;
	__u32 bytes;

	if (!bpf_core_field_exists(filter->cache) || !filter)
		return false;
	if (!compat) {
		map = &filter->cache.allow_native;
		bytes = bpf_core_field_size(filter->cache.allow_native);
	} else if (bpf_core_field_exists(filter->cache.allow_compat)) {
		map = &filter->cache.allow_compat;
		bytes = bpf_core_field_size(filter->cache.allow_compat);
	} else {
		return false; /* CONFIG_COMPAT=n */
	}
	if (nr >= CACHE_KNOWS(bytes) ||
	    bpf_probe_read_kernel(&word, sizeof(word), map + nr / 64 * 8))
		return false;
	return word >> (nr & 63) & 1;
}
