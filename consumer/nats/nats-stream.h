/* SPDX-License-Identifier: Apache-2.0 */
/* The stream that records go to: made if it is missing, checked if it is there. */
#pragma once

#include <nats/nats.h>
#include <stdint.h>

struct nats_stream_wanted {
	const char *name;
	long long replicas;            /* 0: as many as the cluster can, up to 3 */
	long long duplicates, max_age; /* ns; 0: for good */
	long long max_bytes;           /* -1: no bound */
};

struct nats_stream_found {
	int64_t created;   /* ns; another one: it is another stream */
	uint64_t last_seq; /* of all that are in it */
	long long duplicates;
	bool made;
	long long replicas;
};

#define NATS_STREAM_NAMES "replicas", "duplicates", "max-age", "max-bytes"

/* 0, or -EINVAL and a sentence. */
int nats_stream_wants(struct nats_stream_wanted *ret, const char *name, const char *const *set,
		      char *problem, size_t size);

/* 0; -EAGAIN: it cannot be told yet; -EINVAL: it does not fit; with a sentence that begins with
 * what is wrong. Waits for answers, seconds at most. */
int nats_stream_ready(jsCtx *js, const struct nats_stream_wanted *wanted,
		      struct nats_stream_found *ret, char *problem, size_t size);
