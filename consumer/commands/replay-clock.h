/* SPDX-License-Identifier: Apache-2.0 */
/* When the records of a recording are due again, so that they come with their own spacing. All by
 * boot time: it is what they were measured with, and it never steps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/read/reader.h"

/* The longest pause between two streams, or two boots: nothing was recorded then. */
#define REPLAY_CLOCK_GAP_NANO 1000000000u
#define REPLAY_CLOCK_ID 16
#define REPLAY_CLOCK_BOOT 40

struct replay_clock {
	double speed; /* 2: twice as fast; 0: as fast as it goes */
	bool begun;
	uint64_t at, boottime; /* this moment of ours is that moment of theirs */
	uint64_t latest;       /* boot time of the latest record */
	uint64_t due;          /* ours, of the latest record */
	uint8_t stream_id[REPLAY_CLOCK_ID];
	char boot_id[REPLAY_CLOCK_BOOT];
};

/* "2", "0.5", "10x" or "max". False if it is no speed. */
bool replay_clock_parse(const char *text, double *ret);

/* Of the stream at hand, all before @item was left out: what nobody sees takes no time. */
void replay_clock_skip_to(struct replay_clock *clock, const struct reader_record *item);

/* When the record is due, at @now or later; both of one clock that does not step, ns. */
uint64_t replay_clock_due(struct replay_clock *clock, const struct reader_record *item,
			  const Ringside__V1__Header *header, uint64_t now);
