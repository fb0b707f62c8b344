/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A denial's record into the ring. */
#pragma once

#include "bpf/seccomp/record.bpf.h"

static __always_inline bool submit_bare(const struct denial *denial, struct wire_sums *sums)
{
	struct wire_seccomp_denial *event = bpf_ringbuf_reserve(&rs_bulk, sizeof(*event), 0);

	if (!event)
		return false;
	rs_event_fill(event, denial);
	denial_head(&event->head, denial, sums);
	bpf_ringbuf_submit(event, 0);
	return true;
}

static __always_inline void large_fill(struct large_event *large, const struct denial *denial,
				       struct wire_sums *sums)
{
	rs_event_fill(&large->event, denial);
	rs_large_paths(large);
	denial_head(&large->event.head, denial, sums);
}

/* In the ring itself, with room for the longest paths: where the buffer is taken. */
static __always_inline bool submit_large(const struct denial *denial, struct wire_sums *sums)
{
	struct large_event *large = bpf_ringbuf_reserve(&rs_bulk, sizeof(*large), 0);

	if (!large)
		return false;
	large_fill(large, denial, sums);
	bpf_ringbuf_submit(large, 0);
	return true;
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct wire_sums *sums)
{
	__u32 zero = 0;
	struct event_buffer *buffer = bpf_map_lookup_elem(&rs_sec_buffer, &zero);
	bool fine;

	if (!buffer || EXCHANGE(&buffer->taken, 0, 1))
		return submit_large(denial, sums);
	large_fill(&buffer->large, denial, sums);
	fine = event_output(&buffer->large);
	*(volatile __u64 *)&buffer->taken = 0;
	return fine;
}
