/* SPDX-License-Identifier: Apache-2.0 */
/* Which records a checksum vouches for: the hashes that Counters and Footers carry (xxh64), and
 * the checksums of zstd frames. What none covers is kept, to be named. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#include "consumer/read/reader.h"
#include "consumer/verify/findings.h"

/* Records one behind the other. */
struct coverage_span {
	uint64_t records, bytes;
	uint64_t first, latest; /* which records of the input: 0, 1, ... */
	uint64_t offset;        /* of the first */
	uint64_t first_seq, latest_seq;
};

struct coverage {
	bool framed; /* the input has frames with checksums: set it behind coverage_reset */
	XXH64_state_t *hash;
	bool broken; /* bytes are missing from what the next hash is over */
	uint64_t hashed, hashed_from;
	uint64_t added;        /* records so far */
	uint64_t hashed_first; /* which record the hash at hand began with */
	/* Since the latest hash, that record included: in frames that ended without a checksum,
	 * and in the one at hand. */
	struct coverage_span unsealed, open;
	/* In the frame at hand, but no hash will come for them. */
	struct coverage_span hopeless;

	uint64_t hashes, seals; /* that were right */
	/* What none covers; complete after coverage_end. */
	uint64_t spans, records, bytes;
	struct coverage_span latest; /* of these spans */
	struct findings named;
	/* Told of each such span, in no order; may be NULL. */
	void (*uncovered)(void *data, const struct coverage_span *span);
	void *data;
};

int coverage_init(struct coverage *coverage);
void coverage_done(struct coverage *coverage);
void coverage_reset(struct coverage *coverage); /* another input begins */

/* A file begins at @offset: no hash reaches over its border. */
void coverage_begin(struct coverage *coverage, uint64_t offset);

/* Empty records before the one at hand, and that one: first the former, then coverage_compare if
 * it carries a hash, then the latter. Its record is NULL if it is unreadable. */
void coverage_empty(struct coverage *coverage, const struct reader_record *item);
void coverage_add(struct coverage *coverage, const struct reader_record *item);

/* The record at hand (not added yet) carries a hash. Returns false if it is not that of the
 * bytes before; *ret_from is where these began. */
bool coverage_compare(struct coverage *coverage, const struct reader_record *item, uint64_t stated,
		      const uint64_t *stated_bytes, uint64_t *ret_from);

/* A zstd frame ended here. @right: it has a checksum, which was right. */
void coverage_seal(struct coverage *coverage, bool right);

/* Bytes are missing here: the hash over them cannot be compared. */
void coverage_break(struct coverage *coverage);

/* The input ended: what is uncovered now stays so. */
void coverage_end(struct coverage *coverage);
