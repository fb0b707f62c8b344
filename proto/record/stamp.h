/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream gives to each of its records. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What an event's CPU had counted. */
struct record_sums {
	uint64_t seen, limited, dropped;
};

struct record_stamp {
	uint64_t seq;
	int64_t realtime_offset; /* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
	bool goes_on;            /* with a run of events (FORMAT.md) */
	/* ... in which the event before it of its kind and CPU has these; NULL: there is none. */
	const struct record_sums *before;
};
