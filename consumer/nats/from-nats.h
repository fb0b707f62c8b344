/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's records, read back from JetStream as one plain stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FROM_NATS_HOSTS 256

struct from_nats_options {
	const char *url;
	size_t n_hosts; /* 0: all */
	const char *hosts[FROM_NATS_HOSTS];
	uint64_t since; /* real time, ns; 0: from the beginning */
	bool follow;    /* goes on with what comes, of all hosts as it comes */
	bool list;    /* in place of records a line for each stream: what is to be read to get it */
	bool numbers; /* in place of records a line: the stream's first number, and that of the last
		       * message of these hosts (0: there is none) */
	uint64_t first, last; /* 0: all; else by number, of all hosts as they came */
	bool latest; /* in place of a stream of records the latest of each host and kind, with a
		      * line before each: token, stream, seq, when it was stored (ns), bytes;
		      * at last the servers' time */
	/* One stream alone, as list names it. */
	const char *token; /* of its host; NULL: all are wanted */
	uint8_t stream[16];
	uint64_t from; /* when its first Header was stored, ns */
	int out;
	void (*say)(void *data, const char *text); /* a warning; @data: NULL */
};

/* What stands behind '?' in what list wrote: "host=TOKEN&stream=ID&from=NS". 0 or -EINVAL. */
int from_nats_choose(struct from_nats_options *options, char *query);

/* 0: all was written; -EPIPE: nobody reads it any more; another -errno and a sentence. */
int from_nats(const struct from_nats_options *options, char *problem, size_t size);
