/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a machine is being recorded now, and whether anything is lost. */
#pragma once

#include "consumer/base/out-buffer.h"
#include "consumer/sums/ledger.h"

enum health_status {
	HEALTH_WHOLE,  /* alive, and nothing is lost so far */
	HEALTH_LOSSES, /* alive, with losses */
	HEALTH_STALE,  /* nothing was written for three intervals */
	HEALTH_ENDED,  /* the stream was closed */
	HEALTH_NONE,   /* nothing was recorded */
	HEALTH_UNREAD, /* none of the above, or that: something cannot be read */
};

struct health {
	enum health_status status;
	const struct ledger_stream *stream; /* with a status up to HEALTH_ENDED */
	uint64_t record_age_nano, counters_age_nano;
	uint64_t lost;
	bool attached; /* at least one probe */
	int error;     /* of HEALTH_UNREAD: -errno */
};

/* @error: 0, or the -errno with which a recording that may matter cannot be read. */
struct health health_of(const struct ledger *ledger, uint64_t now_nano, int error);
bool health_is_alive(enum health_status status);

/* "Permission denied (join the group ringside, or use sudo)" */
#define HEALTH_WHY 160
const char *health_why(const struct health *health, char buf[HEALTH_WHY]);

void health_write(struct writer *writer, const struct ledger *ledger, const struct health *health);
