/* SPDX-License-Identifier: Apache-2.0 */
/* A run: events in a row, of which the first has both times, and the others what differs in them
 * (FORMAT.md). Nothing before a run's first event is needed for what is in it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/record/peek.h"

struct event_run {
	bool open;
	uint64_t seq;    /* of the latest record */
	uint64_t offset; /* CLOCK_REALTIME - CLOCK_BOOTTIME, as the run's first event has it */
};

/* The next record. True if it is in the run, and not its first: then its boottime_nano is set. */
static inline bool event_run_goes_on(struct event_run *run, struct peek *peek)
{
	bool event = peek->sums && peek->has_time, first = event && peek->has_boottime;
	bool next = event && !first && run->open && peek->seq == run->seq + 1;

	run->open = first || next;
	run->seq = peek->seq;
	if (first)
		run->offset = peek->time_unix_nano - peek->boottime_nano;
	if (next) {
		peek->has_boottime = true;
		peek->boottime_nano = peek->time_unix_nano - run->offset;
	}
	return next;
}
