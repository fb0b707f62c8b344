/* SPDX-License-Identifier: Apache-2.0 */
/* What a ledger and its server say to Prometheus. */
#pragma once

#include "consumer/base/prometheus.h"
#include "consumer/forwarding/forward-status.h"
#include "consumer/sums/ledger.h"

/* What the server itself counts. */
struct metrics_server {
	bool per_container;      /* a row each, instead of few sums: metrics_write() */
	uint64_t damaged;        /* records, or stretches, that could not be read */
	uint64_t refused;        /* requests for events that found no room */
	uint64_t events_sent;    /* to all clients together */
	uint64_t events_dropped; /* of these clients were too slow for */
	unsigned events_clients; /* now */
	unsigned connections;    /* now, to all sockets */
	/* Those that were ended: for taking too long, and for another that needed the place. */
	uint64_t connections_late, connections_displaced;
	const struct forward_status *forwards; /* what is forwarded from this machine */
	size_t n_forwards;
};

/* Without per_container at most METRICS_FEW samples, however much runs on the machine, and those of
 * forwarding. */
#define METRICS_FEW 200u
void metrics_write(struct prometheus *e, const struct ledger *ledger,
		   const struct metrics_server *server, uint64_t now_nano);
