/* SPDX-License-Identifier: Apache-2.0 */
/* oom_kill of /proc/vmstat counts in __oom_kill_process(): not the processes that die for
 * sharing a victim's memory, nor those that were dying already; and with memory.oom.group the
 * chosen victim twice, as long as it still has memory when its cgroup's turn comes. So what it
 * counts is an upper bound. Two streamers may run at once: then their times overlap, and there is
 * no gap. */
#include "consumer/verify/downtime.h"

#include <string.h>

static void set_kills(struct downtime *between, uint64_t kills)
{
	between->has_kills = true;
	between->kills = kills;
	between->since = between->recounted = 0;
}

void downtime_see(struct downtime *between, const Ringside__V1__Record *record)
{
	if (record->boottime_nano > between->until_nano)
		between->until_nano = record->boottime_nano;
	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		if (record->counters->has_kernel_oom_kills)
			set_kills(between, record->counters->kernel_oom_kills);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		if (record->footer->has_kernel_oom_kills)
			set_kills(between, record->footer->kernel_oom_kills);
		break;
	case RINGSIDE__V1__RECORD__BODY_OOM_KILL:
		between->since +=
			!record->oom_kill->shares_memory && !record->oom_kill->already_exiting;
		between->recounted +=
			record->oom_kill->oom_group && record->oom_kill->victim_number == 1;
		break;
	default:
		break;
	}
}

void downtime_go_on(struct downtime *between, const Ringside__V1__Record *record)
{
	if (record->boottime_nano > between->until_nano)
		between->until_nano = record->boottime_nano;
	if (record->header->has_kernel_oom_kills)
		set_kills(between, record->header->kernel_oom_kills);
}

static bool same_boot(const struct downtime *between, const Ringside__V1__Header *header)
{
	return *between->boot_id && header->boot_id && !strcmp(between->boot_id, header->boot_id);
}

static void find_gap(const struct downtime *between, const Ringside__V1__Record *record,
		     struct downtime_gap *ret)
{
	uint64_t known = between->kills + between->since;

	*ret = (struct downtime_gap){
		.nano = record->boottime_nano - between->until_nano,
		.has_kills = between->has_kills && record->header->has_kernel_oom_kills,
	};
	if (!ret->has_kills || record->header->kernel_oom_kills <= known)
		return;
	ret->kills = record->header->kernel_oom_kills - known;
	/* The rest may be of groups, too, of a single process each. */
	if (ret->kills > between->recounted)
		ret->kills_min = (ret->kills - between->recounted + 1) / 2;
}

bool downtime_begin(struct downtime *between, const Ringside__V1__Record *record,
		    struct downtime_gap *ret)
{
	const Ringside__V1__Header *header = record->header;
	bool gap = false;

	if (same_boot(between, header)) {
		gap = record->boottime_nano > between->until_nano;
		if (gap)
			find_gap(between, record, ret);
	} else {
		*between = (struct downtime){0};
		if (header->boot_id && strlen(header->boot_id) < DOWNTIME_BOOT_ID)
			(void)strcpy(between->boot_id, header->boot_id);
	}
	downtime_go_on(between, record);
	return gap;
}
