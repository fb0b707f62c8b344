/* SPDX-License-Identifier: Apache-2.0 */
/* Posts bodies, several at a time, and hears what is answered. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/otlp/otlp-batch.h"
#include "consumer/otlp/otlp-config.h"

#define OTLP_ANSWER_MAX (64u * 1024) /* bytes of one that are kept */

struct otlp_poster;

/* One that has ended. */
struct otlp_posted {
	struct otlp_batch *batch;
	const char *failure;       /* it has no answer, and why; NULL: there is one */
	struct otlp_answer answer; /* valid until the next call */
	bool asked;                /* Retry-After says when */
	uint64_t retry_after_nano; /* then; 0: at once */
};

int otlp_poster_new(struct otlp_poster **ret, const struct otlp_config *config);
struct otlp_poster *otlp_poster_free(struct otlp_poster *poster); /* NULL is fine; returns NULL */

unsigned otlp_poster_flying(const struct otlp_poster *poster);
/* Its body stays where it is until it comes back. 0 or -ENOMEM. */
int otlp_poster_send(struct otlp_poster *poster, struct otlp_batch *batch);
/* Sends and hears as much as can be without waiting. */
void otlp_poster_run(struct otlp_poster *poster);
/* False: none has ended. */
bool otlp_poster_next(struct otlp_poster *poster, struct otlp_posted *ret);
/* Until there is something to do, or a signal came. */
void otlp_poster_wait(struct otlp_poster *poster, int timeout_ms);

DEFINE_FREEP(otlp_poster);
