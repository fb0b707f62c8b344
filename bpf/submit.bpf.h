/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A denial's record into the ring, where it is put together. */
#pragma once

#include "event.bpf.h"

static __always_inline void event_submit(struct wire_seccomp_denial *event, __u64 now,
					 struct wire_sums *sums)
{
	head_fill(&event->head, WIRE_SECCOMP_DENIAL, now, sums);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline bool submit_bare(const struct denial *denial, struct wire_sums *sums)
{
	struct wire_seccomp_denial *event = bpf_ringbuf_reserve(&rs_bulk, sizeof(*event), 0);

	if (!event)
		return false;
	rs_event_fill(event, denial);
	event_submit(event, denial->now, sums);
	return true;
}

/* The size of a reservation has to be a constant: nearly all paths fit into the small one. */
struct small_event {
	struct wire_seccomp_denial event;
	char area[NAMES_SMALL];
};

/* Returns whether the paths have fitted. */
__noinline int rs_small_paths(struct small_event *small)
{
	struct names names;

	if (!small)
		return 0;
	names.head = &small->event.head;
	names.limit = sizeof(*small) - WIRE_NAME_SIZE;
	paths_fill(&small->event, &names);
	return !names_full(&names);
}

static __always_inline bool submit_large(const struct denial *denial, struct wire_sums *sums)
{
	struct large_event *large = bpf_ringbuf_reserve(&rs_bulk, sizeof(*large), 0);

	if (!large)
		return false;
	rs_event_fill(&large->event, denial);
	rs_large_paths(large);
	event_submit(&large->event, denial->now, sums);
	return true;
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct wire_sums *sums)
{
	struct small_event *small = bpf_ringbuf_reserve(&rs_bulk, sizeof(*small), 0);

	if (!small)
		return false;
	rs_event_fill(&small->event, denial);
	if (!rs_small_paths(small)) {
		bpf_ringbuf_discard(small, 0);
		return submit_large(denial, sums);
	}
	event_submit(&small->event, denial->now, sums);
	return true;
}
