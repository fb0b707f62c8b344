/* SPDX-License-Identifier: Apache-2.0 */
/* What everything that counts knows of kinds of events: how a name is kept, and why events get
 * lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

#define KIND_NAME 48

/* A kind's name as it is kept: what is no letter of one is replaced, it will be printed. NULL is
 * "". */
void kind_clean(char to[KIND_NAME], const char *from);

#define LOST_REASONS 6 /* of Lost; other numbers count as 0 */

struct lost_reason {
	const char *word; /* in JSON and /metrics; with blanks in the text of stats */
	const char *text; /* of verify's sentences */
};

extern const struct lost_reason lost_reasons[LOST_REASONS];

/* Of one reason. */
struct lost_count {
	uint64_t count;
	bool unknown; /* and more, nobody knows how many */
};

/* Adds a Lost record to the counts of its kind. */
void lost_add(struct lost_count counts[LOST_REASONS], const Ringside__V1__Lost *lost);
