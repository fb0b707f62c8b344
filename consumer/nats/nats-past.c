/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-past.h"

#define STEP_MS 1000

void past_keep(struct past *past, const struct past_mark *mark)
{
	if (past->n && mark->at < past->all[(past->n - 1) % PAST_MARKS].at + STEP_MS)
		return;
	past->all[past->n++ % PAST_MARKS] = *mark;
}

const struct past_mark *past_find(const struct past *past, uint64_t highest, int64_t at)
{
	uint64_t oldest = past->n > PAST_MARKS ? past->n - PAST_MARKS : 0;

	for (uint64_t i = past->n; i > oldest; i--) {
		const struct past_mark *mark = &past->all[(i - 1) % PAST_MARKS];

		if (mark->highest <= highest && mark->at <= at)
			return mark;
	}
	return NULL;
}
