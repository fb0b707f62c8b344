/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of one socket: how many there are, how long each may take, and which one ends
 * when another needs its place.
 *
 * libmicrohttpd knows only how long a connection may be silent: a byte now and then keeps a place
 * for good, and when all are taken nobody else is heard. Here a head has its time as a whole,
 * whatever trickles in, and who comes last is always heard: the one that has said nothing whole for
 * longest makes room. Who a peer is does not count: behind a proxy all are one. */
#pragma once

#include <pthread.h>
#include <stdint.h>

/* At a time, and those that were ended until the server has closed them. Together with its own two
 * descriptors they have to be fewer than the 128 that libmicrohttpd takes from epoll at once
 * (0.9.75, 1.0.1): of just as many it believes that there are more, and waits for those before it
 * looks at any; also at the end, for good. */
#define CONNECTIONS 100
#define CONNECTIONS_ENDING 25
_Static_assert(CONNECTIONS + CONNECTIONS_ENDING + 2 < 128, "more than are taken at once");

#define CONNECTIONS_HEAD_SECONDS 10   /* from the first byte that could come to the head's last */
#define CONNECTIONS_ANSWER_SECONDS 60 /* to take a page */

enum connection_phase {
	CONNECTION_FREE,
	CONNECTION_HEAD,   /* has not said what it wants */
	CONNECTION_ANSWER, /* takes a page */
	CONNECTION_STREAM, /* is sent events for as long as it likes; how many is their own limit */
	CONNECTION_ENDED,  /* shut down */
};

struct connection {
	enum connection_phase phase;
	int fd; /* borrowed: open for as long as the connection is here */
	uint64_t since_nano;
};

struct connections {
	pthread_mutex_t lock;
	unsigned places;          /* CONNECTIONS, or less */
	unsigned n;               /* that hold a place: not those that were ended */
	uint64_t late, displaced; /* that were ended, and why */
	struct connection all[CONNECTIONS + CONNECTIONS_ENDING];
};

/* How many connections each of @sockets sockets may have by the limit of open files, which is
 * raised as far as it goes. */
unsigned connections_allowed(unsigned sockets);

void connections_init(struct connections *connections, unsigned places);
void connections_done(struct connections *connections);

/* Those that hold a place, and those that were ended and are not yet closed. */
unsigned connections_room(const struct connections *connections);

/* A connection that was accepted; another one may end for it. Times are of one clock that never
 * steps. NULL: there is no room at all, and @fd is shut down. */
struct connection *connections_join(struct connections *connections, int fd, uint64_t now_nano);
/* What it does from now on; nothing if it was ended meanwhile. NULL is fine. */
void connections_enter(struct connections *connections, struct connection *connection,
		       enum connection_phase phase, uint64_t now_nano);
/* It ends, and its place is free. NULL is fine. */
void connections_end(struct connections *connections, struct connection *connection);
/* Before its socket is closed. NULL is fine. */
void connections_leave(struct connections *connections, struct connection *connection);

/* Ends all that took too long. */
void connections_review(struct connections *connections, uint64_t now_nano);
