/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes that Counters and Footers carry, of all bytes since the one before (FORMAT.md): worked
 * out record by record, and compared. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/read/reader.h"
#include "proto/record/stream-hash.h"

struct span_hash {
	/* A file has one of both, which its first hash tells; until then both are worked out. */
	XXH3_state_t *xxh3;
	XXH64_state_t *xxh64;
	bool not_xxh3, not_xxh64;
	const char *name;    /* of the latest one */
	uint64_t size, from; /* the bytes so far, and where they begin */
};

int span_hash_init(struct span_hash *hash); /* 0 or -ENOMEM */
void span_hash_done(struct span_hash *hash);

void span_hash_reset(struct span_hash *hash); /* another input begins */

/* A span begins at @offset; at a Header, a file of either hash. */
void span_hash_restart(struct span_hash *hash, uint64_t offset);
void span_hash_begin(struct span_hash *hash, uint64_t offset);

/* Empty records before the one at hand, and that one, behind span_hash_compare. */
void span_hash_empty(struct span_hash *hash, const struct reader_record *item);
void span_hash_add(struct span_hash *hash, const struct reader_record *item);

#define SPAN_HASH_NONE 0 /* it carries none */
#define SPAN_HASH_RIGHT 1
#define SPAN_HASH_WRONG 2

/* Of the hash that the record at hand carries,. The next span
 * begins with it then. */
int span_hash_compare(struct span_hash *hash, const struct reader_record *item);

/* With its length. */
static inline size_t span_hash_record_size(const struct reader_record *item)
{
	return (size_t)(item->frame - item->start) + item->size;
}
