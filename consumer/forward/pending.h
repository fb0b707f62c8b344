/* SPDX-License-Identifier: Apache-2.0 */
/* Records that a target took and that are not settled yet, in their order: what the cursor may
 * be moved to when they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PENDING_MAX (1u << 15)

struct pending_record {
	uint64_t seq;            /* last one that it stands for */
	uint64_t time_unix_nano; /* 0: not known */
	uint64_t left_out;       /* of the stream so far, by a filter */
	size_t stream;           /* index in the bookmark */
};

struct pending {
	uint64_t first, end; /* numbers as the target counts them: settled before first */
	struct pending_record all[PENDING_MAX];
};

static inline bool pending_is_full(const struct pending *pending)
{
	return pending->end - pending->first == PENDING_MAX;
}

static inline void pending_add(struct pending *pending, struct pending_record record)
{
	pending->all[pending->end++ % PENDING_MAX] = record;
}

static inline const struct pending_record *pending_at(const struct pending *pending,
						      uint64_t number)
{
	return &pending->all[number % PENDING_MAX];
}
