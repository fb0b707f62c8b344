/* SPDX-License-Identifier: Apache-2.0 */
/* What was settled when: where to go back to, should the servers have lost what they acknowledged.
 */
#pragma once

#include <stdint.h>

#include "consumer/forward/target.h"

#define PAST_MARKS 900u /* one a second: a quarter of an hour */

struct past_mark {
	int64_t at;       /* ms */
	uint64_t highest; /* number in the stream that had been acknowledged */
	uint8_t stream_id[TARGET_ID];
	uint64_t seq; /* all up to it was settled */
};

/* All there is to it is to be zero. */
struct past {
	struct past_mark all[PAST_MARKS];
	uint64_t n;
};

/* Kept, unless there is one of less than a second ago. */
void past_keep(struct past *past, const struct past_mark *mark);

/* The latest mark by which no more than @highest had been acknowledged, and which is not after @at.
 * NULL: all marks are later. */
const struct past_mark *past_find(const struct past *past, uint64_t highest, int64_t at);
