/* SPDX-License-Identifier: Apache-2.0 */
/* What the latest records were, and some of those before them, by their times: to tell one that
 * comes twice from another one with its number. A machine that is copied while it is recorded goes
 * on with the same stream as its copy. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMPS 8192u
#define STAMPS_SPARSE 64u /* of so many records one is remembered for longer */

struct stamp {
	uint64_t seq;
	uint32_t stream, time; /* time: its last bits */
};

struct stamps {
	struct stamp recent[STAMPS], sparse[STAMPS];
};

/* The place of a record; NULL: it has none there. */
static inline struct stamp *stamps_recent(struct stamps *stamps, uint64_t seq)
{
	return &stamps->recent[seq % STAMPS];
}

static inline struct stamp *stamps_sparse(struct stamps *stamps, uint64_t seq)
{
	return seq % STAMPS_SPARSE ? NULL : &stamps->sparse[seq / STAMPS_SPARSE % STAMPS];
}

static inline void stamps_keep(struct stamps *stamps, size_t stream, uint64_t seq, uint64_t nano)
{
	const struct stamp stamp = {seq, (uint32_t)stream, (uint32_t)nano};
	struct stamp *sparse = stamps_sparse(stamps, seq);

	*stamps_recent(stamps, seq) = stamp;
	if (sparse)
		*sparse = stamp;
}

static inline bool stamps_is_another(const struct stamp *stamp, size_t stream, uint64_t seq,
				     uint64_t nano)
{
	return stamp && stamp->seq == seq && stamp->stream == stream &&
	       stamp->time != (uint32_t)nano;
}

/* A record with this number was kept, and was of another time. */
static inline bool stamps_differ(struct stamps *stamps, size_t stream, uint64_t seq, uint64_t nano)
{
	return stamps_is_another(stamps_recent(stamps, seq), stream, seq, nano) ||
	       stamps_is_another(stamps_sparse(stamps, seq), stream, seq, nano);
}
