/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a stream's records: seq without a gap, sets of Counters in one piece. What a repair
 * left out is told by Lost records, and is no gap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

#define SEQUENCE_NONE 1 /* the record has no seq */
#define SEQUENCE_GAP 2  /* records are missing before it */
#define SEQUENCE_BACK 3 /* it should have come earlier */
#define SEQUENCE_LOST 4 /* records are missing that a repair could not count */

/* All there is to it is to be zero when a stream begins. */
struct sequence {
	bool known;
	uint64_t next; /* seq */
	/* A repair left out everything from this seq on, and did not know how much. */
	bool open;
	uint64_t open_from;
	uint32_t part, parts; /* of the latest Counters */
	bool part_free;       /* the next part may be any: those before it are missing */
};

/* Returns 0 or ORDER_*; *ret_missing is set with SEQUENCE_GAP and SEQUENCE_LOST. */
int sequence_seq(struct sequence *sequence, const Ringside__V1__Record *record,
		 uint64_t *ret_missing);

/* Behind sequence_seq. Returns false if a set of Counters is not whole before the record. */
bool sequence_part(struct sequence *sequence, const Ringside__V1__Record *record);

/* An unreadable record: it took a seq. */
void sequence_skip(struct sequence *sequence);
