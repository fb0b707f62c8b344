/* SPDX-License-Identifier: Apache-2.0 */
/* Events on their way to clients, as server-sent events. Each client has a bounded buffer: what it
 * is too slow for is dropped, counted, and told to it. Whoever reads records never waits. */
#pragma once

#include <pthread.h>

#include "consumer/filter/filter.h"
#include "consumer/output/output.h"
#include "consumer/read/reader.h"

#define EVENTS_CLIENTS 16
#define EVENTS_BUFFER (256u * 1024) /* of a client */

/* A client is woken when it has something to read, once, after it was told to wait; and ended when
 * another one needs its place: it has to leave then. */
struct events_wait {
	void (*sleep)(void *data);
	void (*wake)(void *data);
	void (*end)(void *data);
	void *data;
};

struct events_client;

struct events {
	pthread_mutex_t lock;
	struct writer *writer; /* to nowhere: a record fits its buffer or is dropped */
	struct output output;
	bool closing;
	/* Of the latest record that was read, wanted or not; 0: there was none. */
	uint8_t stream_id[16];
	uint64_t seq;
	unsigned n;
	struct events_client *clients[EVENTS_CLIENTS];
	uint64_t sent, dropped, refused;
	uint64_t fell_behind; /* how often a client did */
};

int events_init(struct events *events);
void events_done(struct events *events);

/* When all places are taken, the client that has been too slow for longest makes room; where there
 * is none, nobody. The client owns @filter from now on, also when there is no room: NULL. @after:
 * the id of the last event it had from an earlier connection, or NULL; what came since is not sent,
 * but told to be missing. */
struct events_client *events_join(struct events *events, struct filter *filter,
				  const struct events_wait *wait, const char *after);
void events_leave(struct events *events, struct events_client *client);

/* A record that was read. The reader's thread alone calls it. */
void events_publish(struct events *events, struct reader *reader, struct reader_record *item);

/* What the client may have: at most @max bytes. 0: nothing, and it was put to sleep;
 * EVENTS_END: no more. */
#define EVENTS_END (-1)
ssize_t events_read(struct events *events, struct events_client *client, char *to, size_t max);

/* Lets no client sleep from now on: they are to be ended. */
void events_wake(struct events *events);

/* Says something to clients that have nothing to read, so that the dead ones are found. */
void events_keep_alive(struct events *events);
