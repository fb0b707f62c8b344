/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/lost-reasons.h"

void kind_clean(char to[KIND_NAME], const char *from)
{
	size_t i;

	for (i = 0; from && from[i] && i < KIND_NAME - 1; i++) {
		bool fine = (from[i] >= 'a' && from[i] <= 'z') || from[i] == '_' ||
			    (from[i] >= '0' && from[i] <= '9');

		to[i] = fine ? from[i] : '?';
	}
	to[i] = '\0';
}

const struct lost_reason lost_reasons[LOST_REASONS] = {
	[RINGSIDE__V1__LOST__REASON__REASON_UNSPECIFIED] = {"unspecified", "for an unknown reason"},
	[RINGSIDE__V1__LOST__REASON__RING_FULL] = {"ring_full", "ring full"},
	[RINGSIDE__V1__LOST__REASON__SINK] = {"sink", "the output could not take them"},
	[RINGSIDE__V1__LOST__REASON__NOT_ATTACHED] = {"not_attached", "no streamer was attached"},
	[RINGSIDE__V1__LOST__REASON__RETENTION] = {"retention",
						   "deleted by the limits on space or age"},
	[RINGSIDE__V1__LOST__REASON__DAMAGED] = {"damaged", "left out by a repair"},
};

void lost_add(struct lost_count counts[LOST_REASONS], const Ringside__V1__Lost *lost)
{
	unsigned reason = (unsigned)lost->reason;
	struct lost_count *to = &counts[reason < LOST_REASONS ? reason : 0];

	to->count += lost->count;
	to->unknown |= !lost->has_count;
}
