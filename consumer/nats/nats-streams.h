/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of each host: what streamers wrote from their start to their end. */
#pragma once

#include <nats/nats.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/nats/nats-subject.h"
#include "consumer/order/ids.h"

struct nats_stream_place {
	char token[NATS_TOKEN_MAX];
	uint8_t id[IDS_STREAM];
	int64_t stored; /* its first Header, ns */
};

struct nats_streams {
	size_t n, room;
	struct nats_stream_place *all; /* host by host, in the order of time */
};

/* By the Headers in the JetStream stream @stream. 0, or -errno and a sentence. */
int nats_streams_find(struct nats_streams *ret, natsConnection *connection, jsCtx *js,
		      const char *stream, char *problem, size_t size);
