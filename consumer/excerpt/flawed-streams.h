/* SPDX-License-Identifier: Apache-2.0 */
/* The streams that a raw output is of, and what is wrong with each: that is known when all was
 * read, and then said by the stream's own Header, which comes once more. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "consumer/base/hash-table.h"
#include "proto/ringside.pb-c.h"

#define FLAWED_ID 16
#define FLAWED_BYTES (1u << 20) /* of Headers: of more streams nothing is known here */

struct flawed_stream {
	uint8_t id[FLAWED_ID];
	unsigned found; /* EXCERPT_* */
	unsigned put;   /* of these, what a Header of it has told */
	size_t size;
	uint8_t *header; /* its latest record with one, packed */
};

/* All there is to it is to be zero. */
struct flawed_streams {
	struct flawed_stream **all; /* in the order they were met */
	size_t n, room, bytes;
	struct table by_id;
};

void flawed_streams_done(struct flawed_streams *flawed);

/* The stream of the Header in @record, which is @packed. NULL: it has no id, or there is no room.
 */
struct flawed_stream *flawed_streams_keep(struct flawed_streams *flawed,
					  const Ringside__V1__Record *record, const uint8_t *packed,
					  size_t size);
/* NULL: it is not known. */
struct flawed_stream *flawed_streams_find(const struct flawed_streams *flawed, const uint8_t *id,
					  size_t size);
