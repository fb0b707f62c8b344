/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the target otlp. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "consumer/forward/backoff.h"
#include "consumer/forward/target.h"
#include "consumer/otel/otel.h"
#include "consumer/otlp/otlp-batch.h"
#include "consumer/otlp/otlp-config.h"
#include "consumer/otlp/otlp-pack.h"
#include "consumer/otlp/otlp-post.h"
#include "consumer/otlp/otlp-spares.h"
#include "proto/base/clock.h"

struct target {
	struct target_options options;
	struct target_sums sums;
	const char *scheme; /* of HTTP; NULL: the environment says */
	struct otlp_config config;
	struct otel *otel;
	struct otlp_packer *packer;
	struct otlp_poster *poster;
	struct otlp_batch *first, *last; /* not settled, in order; the last may be filling */
	struct otlp_spares spares;       /* as many as may be sent at a time */
	struct backoff backoff;
	uint64_t not_before_nano; /* nothing is sent until then */
	uint64_t asked_nano;      /* nor until then, which it has asked for */
	uint64_t failed_nano;     /* when it failed last; 0: never */
	uint64_t taken_nano;      /* when it took something last; 0: never */
	uint64_t away_since_nano; /* 0: it is there */
	bool said_refused;
	bool denied; /* us, not what was sent: how it is configured is read again */
	char not_renewed[TARGET_PROBLEM]; /* why that could not be used; "": it is */
	uint64_t end_nano; /* what is refused is put aside until then; 0: it is not to end yet */
	bool ends;         /* it was not all put aside then: nothing more is sent */
};

static inline uint64_t to_otlp_now(void)
{
	return clock_nano(CLOCK_MONOTONIC);
}

static inline uint64_t to_otlp_not_before(const struct target *target)
{
	return max_u64(target->not_before_nano, target->asked_nano);
}

/* target_ops.put */
int to_otlp_put(struct target *target, const struct target_item *item);

/* What was put need not wait for company. */
void to_otlp_end_filling(struct target *target);

/* All answers that are there, and what follows from them: batches are settled, sent again, divided
 * or refused. 0, or -errno of what was refused and could not be kept. */
int to_otlp_hear(struct target *target);
