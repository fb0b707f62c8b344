/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a stream's records: seq without a gap, sets of Counters in one piece. What a repair
 * left out is told by Lost records, and is no gap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

#define ORDER_NONE 1 /* the record has no seq */
#define ORDER_GAP 2  /* records are missing before it */
#define ORDER_BACK 3 /* it should have come earlier */
#define ORDER_LOST 4 /* records are missing that a repair could not count */

struct order {
	bool known;
	uint64_t next; /* seq */
	/* A repair left out everything from this seq on, and did not know how much. */
	bool open;
	uint64_t open_from;
	uint32_t part, parts; /* of the latest Counters */
	bool part_free;       /* the next part may be any: those before it are missing */
};

void order_begin(struct order *order); /* a stream begins */

/* Returns 0 or ORDER_*; *ret_missing is set with ORDER_GAP and ORDER_LOST. */
int order_seq(struct order *order, const Ringside__V1__Record *record, uint64_t *ret_missing);

/* Behind order_seq. Returns false if a set of Counters is not whole before the record. */
bool order_part(struct order *order, const Ringside__V1__Record *record);

/* A Lost of a repair: records of any kind were left out. With a kind, it would count events, as
 * other Losts do. */
bool order_is_repair(const Ringside__V1__Record *record);

/* An unreadable record: it took a seq. */
void order_skip(struct order *order);
