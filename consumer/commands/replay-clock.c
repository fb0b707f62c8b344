/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/replay-clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEED_MIN 0.001
#define SPEED_MAX 1e6

bool replay_clock_parse(const char *text, double *ret)
{
	double speed;
	char *end;

	if (!strcmp(text, "max")) {
		*ret = 0;
		return true;
	}
	speed = strtod(text, &end);
	if (end == text || (*end && strcmp(end, "x") != 0) || !isfinite(speed) ||
	    speed < SPEED_MIN || speed > SPEED_MAX)
		return false;
	*ret = speed;
	return true;
}

static bool same_stream(const struct replay_clock *pace, const Ringside__V1__Header *header)
{
	return header->stream_id.len == REPLAY_CLOCK_ID &&
	       !memcmp(header->stream_id.data, pace->stream_id, REPLAY_CLOCK_ID);
}

static bool same_boot(const struct replay_clock *pace, const Ringside__V1__Header *header)
{
	return header->boot_id && !strncmp(header->boot_id, pace->boot_id, REPLAY_CLOCK_BOOT - 1);
}

/* From here on @boottime is @at. */
static void anchor_clock(struct replay_clock *pace, uint64_t at, uint64_t boottime)
{
	pace->at = pace->due = at;
	pace->boottime = pace->latest = boottime;
	pace->begun = true;
}

/* Another stream begins: the pause before it is its own as far as it is known, and short. */
static void begin_stream(struct replay_clock *pace, const Ringside__V1__Header *header,
			 uint64_t boottime, uint64_t now)
{
	double gap = 0;

	if (pace->begun && !same_boot(pace, header))
		gap = REPLAY_CLOCK_GAP_NANO;
	else if (pace->begun && boottime > pace->latest)
		gap = (double)(boottime - pace->latest) / pace->speed;
	gap = gap < REPLAY_CLOCK_GAP_NANO ? gap : REPLAY_CLOCK_GAP_NANO;
	anchor_clock(pace, (pace->due > now ? pace->due : now) + (uint64_t)gap, boottime);
	memset(pace->stream_id, 0, sizeof(pace->stream_id));
	if (header->stream_id.len == REPLAY_CLOCK_ID)
		memcpy(pace->stream_id, header->stream_id.data, REPLAY_CLOCK_ID);
	(void)snprintf(pace->boot_id, sizeof(pace->boot_id), "%s",
		       header->boot_id ? header->boot_id : "");
}

uint64_t replay_clock_due(struct replay_clock *pace, const struct reader_record *item,
			  const Ringside__V1__Header *header, uint64_t now)
{
	uint64_t boottime = item->peek.boottime_nano;

	if (!pace->speed || !item->peek.has_boottime)
		return pace->due > now ? pace->due : now;
	if (item->header && header && !same_stream(pace, header))
		begin_stream(pace, header, boottime, now);
	else if (!pace->begun)
		anchor_clock(pace, now, boottime);
	if (boottime > pace->latest) { /* an earlier one comes with the one before it */
		pace->latest = boottime;
		pace->due =
			pace->at + (uint64_t)((double)(boottime - pace->boottime) / pace->speed);
	}
	return pace->due > now ? pace->due : now;
}
