/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <nats/nats.h>
#include <stdint.h>

/* The latest message of what @subject, which may be a pattern, stands for: its number in the stream
 * and when it was stored (ns); 0: there is none. What a consumer says is pending is not always all
 * (nats-server 2.9.10 leaves out one): to know when to stop, one has to know the last. */
natsStatus nats_last(jsCtx *js, const char *stream, const char *subject, uint64_t *ret,
		     int64_t *ret_time);

/* The number of @message in its stream. */
uint64_t nats_number(natsMsg *message);
/* When it was stored, ns. */
int64_t nats_stored(natsMsg *message);
