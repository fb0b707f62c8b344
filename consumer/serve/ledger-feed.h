/* SPDX-License-Identifier: Apache-2.0 */
/* Reads recordings, or a pipe, into a ledger. Of a folder, only the last file of each stream: what
 * it begins with holds what was before. */
#pragma once

#include <pthread.h>

#include "consumer/follow/follow-rotation.h"
#include "consumer/serve/stream-writers.h"
#include "consumer/sums/ledger.h"

struct ledger_feed {
	/* Set by the caller, before ledger_feed_run. */
	const char *path;   /* "-": standard input */
	bool per_container; /* in /metrics */
	bool following;
	bool only_open; /* of a folder: those being written, or the newest; nothing that ended */
	void (*say)(const char *text);
	/* Each record that is new, as it is read; may be NULL. */
	void (*pass)(void *data, struct reader *reader, struct reader_record *item);
	void *data;
	/* --- */
	pthread_mutex_t lock; /* of what stands below */
	struct ledger ledger;
	struct stream_writers writers;
	uint64_t damaged;
	bool failed; /* an input could not be read */
	int error;   /* 0, or the -errno with which one cannot be read, as of the latest look */
};

void ledger_feed_init(struct ledger_feed *feed, size_t series_limit);
void ledger_feed_done(struct ledger_feed *feed);

/* Reads until there is nothing more to come. 0 or -errno. */
int ledger_feed_run(struct ledger_feed *feed);

/* What was written before the file was let go of may not be read yet. */
#define LEDGER_FEED_PATIENCE UINT64_C(1000000000)

/* Looks who is still writing: a stream that nobody has written for @patience_nano is dead. The lock
 * is the caller's. */
void ledger_feed_look(struct ledger_feed *feed, uint64_t now_nano, uint64_t patience_nano);
