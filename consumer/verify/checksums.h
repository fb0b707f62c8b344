/* SPDX-License-Identifier: Apache-2.0 */
/* Which records a checksum vouches for: the hashes that Counters and Footers carry, and the
 * checksums of zstd frames. What none covers is kept, to be named. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/read/reader.h"
#include "consumer/read/span-hash.h"
#include "consumer/verify/findings.h"

/* Records one behind the other. */
struct checksums_span {
	uint64_t records, bytes;
	uint64_t first, latest; /* which records of the input: 0, 1, ... */
	uint64_t offset;        /* of the first */
	uint64_t first_seq, latest_seq;
};

struct checksums {
	bool framed; /* the input has frames with checksums: set it behind checksums_reset */
	struct span_hash hash;
	bool broken;           /* bytes are missing from what the next hash is over */
	uint64_t added;        /* records so far */
	uint64_t hashed_first; /* which record the hash at hand began with */
	/* Since the latest hash, that record included: in frames that ended without a checksum,
	 * and in the one at hand. */
	struct checksums_span unsealed, open;
	/* In the frame at hand, but no hash will come for them. */
	struct checksums_span hopeless;

	uint64_t hashes, seals; /* that were right */
	/* What none covers; complete after checksums_end. */
	uint64_t spans, records, bytes;
	struct checksums_span latest; /* of these spans */
	struct findings named;
	/* Told of each such span, in no order; may be NULL. */
	void (*uncovered)(void *data, const struct checksums_span *span);
	void *data;
};

int checksums_init(struct checksums *checksums);
void checksums_done(struct checksums *checksums);
void checksums_reset(struct checksums *checksums); /* another input begins */

/* A file begins at @offset: no hash reaches over its border. */
void checksums_begin(struct checksums *checksums, uint64_t offset);

/* Empty records before the one at hand, and that one: first the former, then checksums_compare,
 * then the latter. Its record is NULL if it is unreadable. */
void checksums_empty(struct checksums *checksums, const struct reader_record *item);
void checksums_add(struct checksums *checksums, const struct reader_record *item);

/* Returns false if the record at hand (not added yet) carries a hash, and it is not that of the
 * bytes before; *ret_from is where these began. */
bool checksums_compare(struct checksums *checksums, const struct reader_record *item,
		       uint64_t *ret_from);

/* A zstd frame ended here. @right: it has a checksum, which was right. */
void checksums_seal(struct checksums *checksums, bool right);

/* Bytes are missing here: the hash over them cannot be compared. */
void checksums_break(struct checksums *checksums);

/* The input ended: what is uncovered now stays so. */
void checksums_end(struct checksums *checksums);
