/* SPDX-License-Identifier: Apache-2.0 */
/* Of each host and kind the latest message: what tells how a fleet is, without reading all of it.
 */
#pragma once

#include <nats/nats.h>
#include <stddef.h>
#include <stdint.h>

/* @token: of its host. 0 or -errno, which ends it. */
typedef int nats_latest_fn(void *data, const char *token, natsMsg *message);

struct nats_latest {
	int64_t now; /* by the servers' clock, ns: when it began */
	nats_latest_fn *take;
	void *data;
};

/* Gives them to take(), and of hosts whose latest Counters are not the first part of their set,
 * which alone has the sums, that part, too. 0, what take() said, or -errno and a sentence. */
int nats_latest_read(struct nats_latest *latest, natsConnection *connection, jsCtx *js,
		     const char *stream, char *problem, size_t size);
