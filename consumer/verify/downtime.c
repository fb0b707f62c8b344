/* SPDX-License-Identifier: Apache-2.0 */
/* Two streamers may run at once: then their times overlap, and there is no gap. */
#include "consumer/verify/downtime.h"

#include <string.h>

#include "consumer/read/body.h"

void downtime_see(struct downtime *downtime, const Ringside__V1__Record *record)
{
	if (record->boottime_nano > downtime->until_nano)
		downtime->until_nano = record->boottime_nano;
	if (body_is_event(record))
		kernel_kills_add(&downtime->kills, record);
	else
		kernel_kills_set(&downtime->kills, body_of(record));
}

static bool same_boot(const struct downtime *downtime, const Ringside__V1__Header *header)
{
	return *downtime->boot_id && header->boot_id && !strcmp(downtime->boot_id, header->boot_id);
}

static void find_gap(const struct downtime *downtime, const Ringside__V1__Record *record,
		     struct downtime_gap *ret)
{
	const struct kernel_kills *kills = &downtime->kills;
	uint64_t known = kills->count + kills->since, now;

	*ret = (struct downtime_gap){.nano = record->boottime_nano - downtime->until_nano};
	ret->has_kills = kills->known && kernel_kills_read(&record->header->base, &now);
	if (!ret->has_kills || now <= known)
		return;
	ret->kills = now - known;
	/* The rest may be of groups, too, of a single process each. */
	if (ret->kills > kills->twice)
		ret->kills_min = (ret->kills - kills->twice + 1) / 2;
}

bool downtime_begin(struct downtime *downtime, const Ringside__V1__Record *record,
		    struct downtime_gap *ret)
{
	const Ringside__V1__Header *header = record->header;
	bool gap = false;

	if (same_boot(downtime, header)) {
		gap = record->boottime_nano > downtime->until_nano;
		if (gap)
			find_gap(downtime, record, ret);
	} else {
		*downtime = (struct downtime){0};
		if (header->boot_id && strlen(header->boot_id) < DOWNTIME_BOOT_ID)
			(void)strcpy(downtime->boot_id, header->boot_id);
	}
	downtime_see(downtime, record);
	return gap;
}
