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

static bool same_stream(const struct replay_clock *clock, const Ringside__V1__Header *header)
{
	return header->stream_id.len == REPLAY_CLOCK_ID &&
	       !memcmp(header->stream_id.data, clock->stream_id, REPLAY_CLOCK_ID);
}

static bool same_boot(const struct replay_clock *clock, const Ringside__V1__Header *header)
{
	return header->boot_id && !strncmp(header->boot_id, clock->boot_id, REPLAY_CLOCK_BOOT - 1);
}

/* From here on @boottime is @at. */
static void anchor_clock(struct replay_clock *clock, uint64_t at, uint64_t boottime)
{
	clock->at = clock->due = at;
	clock->boottime = clock->latest = boottime;
	clock->begun = true;
}

/* Another stream begins: the pause before it is its own as far as it is known, and short. */
static void begin_stream(struct replay_clock *clock, const Ringside__V1__Header *header,
			 uint64_t boottime, uint64_t now)
{
	double gap = 0;

	if (clock->begun && !same_boot(clock, header))
		gap = REPLAY_CLOCK_GAP_NANO;
	else if (clock->begun && boottime > clock->latest)
		gap = (double)(boottime - clock->latest) / clock->speed;
	gap = gap < REPLAY_CLOCK_GAP_NANO ? gap : REPLAY_CLOCK_GAP_NANO;
	anchor_clock(clock, (clock->due > now ? clock->due : now) + (uint64_t)gap, boottime);
	memset(clock->stream_id, 0, sizeof(clock->stream_id));
	if (header->stream_id.len == REPLAY_CLOCK_ID)
		memcpy(clock->stream_id, header->stream_id.data, REPLAY_CLOCK_ID);
	(void)snprintf(clock->boot_id, sizeof(clock->boot_id), "%s",
		       header->boot_id ? header->boot_id : "");
}

void replay_clock_skip_to(struct replay_clock *clock, const struct reader_record *item)
{
	if (clock->begun && item->peek.has_boottime)
		anchor_clock(clock, clock->due, item->peek.boottime_nano);
}

uint64_t replay_clock_due(struct replay_clock *clock, const struct reader_record *item,
			  const Ringside__V1__Header *header, uint64_t now)
{
	uint64_t boottime = item->peek.boottime_nano;

	if (!clock->speed || !item->peek.has_boottime)
		return clock->due > now ? clock->due : now;
	if (item->header && header && !same_stream(clock, header))
		begin_stream(clock, header, boottime, now);
	else if (!clock->begun)
		anchor_clock(clock, now, boottime);
	if (boottime > clock->latest) { /* an earlier one comes with the one before it */
		clock->latest = boottime;
		clock->due =
			clock->at + (uint64_t)((double)(boottime - clock->boottime) / clock->speed);
	}
	return clock->due > now ? clock->due : now;
}
