/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel allows without running a filter. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"

/* Numbers below this one, of which a bitmap of @bytes says whether their calls are always allowed.
 * Not those of its last word: seccomp_cache_prepare_bitmap() fills whole words and then clears what
 * filters do not allow, up to NR_syscalls, which nothing tells. From there on each bit says
 * "allowed" and means nothing: the kernel runs the filters for them. */
#define CACHE_KNOWS(bytes) (8 * ((bytes) - sizeof(__u64)))

#ifdef RS_LEGACY
#define CACHE_WORD(map, at)                                                                        \
	({                                                                                         \
		__u64 word_ = 0;                                                                   \
		(void)bpf_probe_read_kernel(&word_, sizeof(word_),                                 \
					    (const void *)&(map) + (at) * sizeof(word_));          \
		word_;                                                                             \
	})
#else
/* A pointer of known type takes no offset that is not known, too. */
#define CACHE_WORD(map, at)                                                                        \
	((at) == 0   ? (map)[0]                                                                    \
	 : (at) == 1 ? (map)[1]                                                                    \
	 : (at) == 2 ? (map)[2]                                                                    \
	 : (at) == 3 ? (map)[3]                                                                    \
	 : (at) == 4 ? (map)[4]                                                                    \
	 : (at) == 5 ? (map)[5]                                                                    \
	 : (at) == 6 ? (map)[6]                                                                    \
	 : (at) == 7 ? (map)[7]                                                                    \
		     : 0)
#endif

/* Whether the kernel allows call number @nr without running a filter. False where it may do so, but
 * that is not known. @filter: current_filter(task). */
static __always_inline bool filter_allows_outright(struct seccomp_filter *filter, __u32 nr,
						   bool compat)
{
	__u64 word;

	if (!bpf_core_field_exists(filter->cache) || !filter)
		return false;
	if (!compat) {
		if (nr >= CACHE_KNOWS(bpf_core_field_size(filter->cache.allow_native)))
			return false;
		word = CACHE_WORD(filter->cache.allow_native, nr / 64);
	} else {
		if (!bpf_core_field_exists(filter->cache.allow_compat) || /* CONFIG_COMPAT=n */
		    nr >= CACHE_KNOWS(bpf_core_field_size(filter->cache.allow_compat)))
			return false;
		word = CACHE_WORD(filter->cache.allow_compat, nr / 64);
	}
	return word >> (nr & 63) & 1;
}
