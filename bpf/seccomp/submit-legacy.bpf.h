/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* submit.bpf.h for kernels before 5.17. All records are copied: before 5.11 a pointer into a ring
 * cannot be put on the stack. One at a time on a CPU; see struct pending. */
#pragma once

#include "bpf/seccomp/record.bpf.h"

static __always_inline bool submit_copy(const struct denial *denial, struct wire_sums *sums,
					bool paths)
{
	__u32 zero = 0;
	struct event_buffer *buffer = bpf_map_lookup_elem(&rs_sec_buffer, &zero);

	if (!buffer)
		return false;
	rs_event_fill(&buffer->large.event, denial);
	if (paths)
		rs_large_paths(&buffer->large);
	denial_head(&buffer->large.event.head, denial, sums);
	return event_output(&buffer->large);
}

static __always_inline bool submit_bare(const struct denial *denial, struct wire_sums *sums)
{
	return submit_copy(denial, sums, false);
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct wire_sums *sums)
{
	return submit_copy(denial, sums, true);
}
