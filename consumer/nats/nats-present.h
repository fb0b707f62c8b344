/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream has of a host already, read back from it: their ids alone, not the bodies. */
#pragma once

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

#include "consumer/order/ids.h"

/* All there is to it is to be zero. */
struct present {
	struct ids ids, ranges;     /* ranges: of messages that stand for several records */
	natsConnection *connection; /* borrowed, of reading */
	natsSubscription *reading;  /* NULL: nothing is being read */
	uint64_t last;              /* of the host, when it began */
	int64_t heard;              /* ms: when a message came */
	uint64_t count;             /* ids that were read, all in all */
};

void present_done(struct present *present);

/* Begins to read the ids of @token's messages that were stored after @since (real time, ns, by our
 * clock). 0: there are none; -EINPROGRESS; -EAGAIN: not now. */
int present_begin(struct present *present, natsConnection *connection, jsCtx *js,
		  const char *stream, const char *token, uint64_t since);
/* Goes on for @timeout_ms. 0: all were read; -EINPROGRESS; -EAGAIN: it has to begin again;
 * -ENOMEM, -ENOSPC. */
int present_step(struct present *present, int timeout_ms);
void present_stop(struct present *present);

/* The message of the records @seq to @last is there. */
bool present_has(const struct present *present, const uint8_t *stream_id, uint64_t seq,
		 uint64_t last);
