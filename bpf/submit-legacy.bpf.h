/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* submit.bpf.h for kernels before 5.17. */
#pragma once

#include "event.bpf.h"

/* A record is put together here and copied: before 5.11 a pointer into a ring cannot be put on the
 * stack. One at a time on a CPU; see struct pending. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct large_event);
} rs_sec_buffer SEC(".maps");

static __always_inline bool submit_copy(const struct denial *denial, struct wire_sums *sums,
					bool paths)
{
	__u32 zero = 0, size;
	struct large_event *large = bpf_map_lookup_elem(&rs_sec_buffer, &zero);

	if (!large)
		return false;
	rs_event_fill(&large->event, denial);
	if (paths)
		rs_large_paths(large);
	head_fill(&large->event.head, WIRE_SECCOMP_DENIAL, denial->now, sums);
	size = large->event.head.size;
	if (size > sizeof(*large))
		size = sizeof(*large);
	return !bpf_ringbuf_output(&rs_bulk, large, size, 0);
}

static __always_inline bool submit_bare(const struct denial *denial, struct wire_sums *sums)
{
	return submit_copy(denial, sums, false);
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct wire_sums *sums)
{
	return submit_copy(denial, sums, true);
}
