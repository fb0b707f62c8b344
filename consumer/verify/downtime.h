/* SPDX-License-Identifier: Apache-2.0 */
/* The time between two streams of one boot, when no streamer was attached: how long, and how
 * many OOM kills the kernel counted meanwhile. Fed the records of streams in their order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/kinds/kernel-kills.h"
#include "proto/ringside.pb-c.h"

#define DOWNTIME_BOOT_ID 40

struct downtime {
	char boot_id[DOWNTIME_BOOT_ID]; /* of what was seen so far; "": not known */
	uint64_t until_nano;            /* the latest moment a stream tells of */
	struct kernel_kills kills;
};

struct downtime_gap {
	uint64_t nano;
	bool has_kills;
	uint64_t kills;     /* that no stream has, at most; */
	uint64_t kills_min; /* at least */
};

/* Any record but a Header of another stream. */
void downtime_see(struct downtime *downtime, const Ringside__V1__Record *record);

/* The Header of another stream. Returns true if there was a gap before it. */
bool downtime_begin(struct downtime *downtime, const Ringside__V1__Record *record,
		    struct downtime_gap *ret);
