/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/connections.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)
#define OWN_FILES 32       /* recordings, sockets, the server's own */
#define CONNECTION_FILES 2 /* a socket, and a page in memory */
#define FEWEST 4

static const unsigned seconds[] = {
	[CONNECTION_HEAD] = CONNECTIONS_HEAD_SECONDS,
	[CONNECTION_ANSWER] = CONNECTIONS_ANSWER_SECONDS,
	[CONNECTION_ENDED] = 0, /* as have those that may take forever */
};

unsigned connections_allowed(unsigned sockets)
{
	const rlim_t all = CONNECTIONS + CONNECTIONS_ENDING;
	const rlim_t wanted = OWN_FILES + all * CONNECTION_FILES * sockets;
	struct rlimit limit;
	rlim_t each;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return FEWEST;
	if (limit.rlim_cur < wanted) {
		const struct rlimit raised = {
			.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max,
			.rlim_max = limit.rlim_max,
		};

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	each = limit.rlim_cur > OWN_FILES
		       ? (limit.rlim_cur - OWN_FILES) / CONNECTION_FILES / sockets
		       : 0;
	each = each < all ? each * CONNECTIONS / all : CONNECTIONS;
	return each > FEWEST ? (unsigned)each : FEWEST;
}

void connections_init(struct connections *connections, unsigned places)
{
	*connections = (struct connections){.places = places};
	(void)pthread_mutex_init(&connections->lock, NULL);
}

void connections_done(struct connections *connections)
{
	(void)pthread_mutex_destroy(&connections->lock);
}

unsigned connections_room(const struct connections *connections)
{
	return connections->places + connections->places * CONNECTIONS_ENDING / CONNECTIONS;
}

/* What is shut down in both directions is closed by the server at once, whatever it was doing. */
static void end_connection(struct connections *connections, struct connection *connection)
{
	(void)shutdown(connection->fd, SHUT_RDWR);
	connection->phase = CONNECTION_ENDED;
	connections->n--;
}

static bool is_late(const struct connection *connection, uint64_t now_nano)
{
	const uint64_t limit = seconds[connection->phase] * SECOND;

	return limit && now_nano > connection->since_nano + limit;
}

/* Waiting ones first: whoever reads a page will be gone soon. */
static bool goes_before(const struct connection *a, const struct connection *b)
{
	const bool a_reads = a->phase == CONNECTION_ANSWER, b_reads = b->phase == CONNECTION_ANSWER;

	return a_reads != b_reads ? b_reads : a->since_nano < b->since_nano;
}

static struct connection *find_first_to_go(struct connections *connections)
{
	struct connection *first = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(connections->all); i++) {
		struct connection *one = &connections->all[i];

		if (one->phase != CONNECTION_HEAD && one->phase != CONNECTION_ANSWER)
			continue;
		if (!first || goes_before(one, first))
			first = one;
	}
	return first;
}

static struct connection *find_free(struct connections *connections)
{
	for (size_t i = 0; i < ARRAY_SIZE(connections->all); i++)
		if (connections->all[i].phase == CONNECTION_FREE)
			return &connections->all[i];
	return NULL;
}

struct connection *connections_join(struct connections *connections, int fd, uint64_t now_nano)
{
	struct connection *connection, *other = NULL;

	(void)pthread_mutex_lock(&connections->lock);
	if (connections->n >= connections->places)
		other = find_first_to_go(connections);
	if (other)
		end_connection(connections, other);
	connections->displaced += other != NULL;
	connection = connections->n < connections->places ? find_free(connections) : NULL;
	if (connection) {
		*connection = (struct connection){CONNECTION_HEAD, fd, now_nano};
		connections->n++;
	} else {
		connections->displaced++;
		(void)shutdown(fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&connections->lock);
	return connection;
}

void connections_enter(struct connections *connections, struct connection *connection,
		       enum connection_phase phase, uint64_t now_nano)
{
	if (!connection)
		return;
	(void)pthread_mutex_lock(&connections->lock);
	if (connection->phase != CONNECTION_ENDED) {
		connection->phase = phase;
		connection->since_nano = now_nano;
	}
	(void)pthread_mutex_unlock(&connections->lock);
}

void connections_end(struct connections *connections, struct connection *connection)
{
	if (!connection)
		return;
	(void)pthread_mutex_lock(&connections->lock);
	if (connection->phase != CONNECTION_ENDED) {
		end_connection(connections, connection);
		connections->displaced++;
	}
	(void)pthread_mutex_unlock(&connections->lock);
}

void connections_leave(struct connections *connections, struct connection *connection)
{
	if (!connection)
		return;
	(void)pthread_mutex_lock(&connections->lock);
	connections->n -= connection->phase != CONNECTION_ENDED;
	connection->phase = CONNECTION_FREE;
	(void)pthread_mutex_unlock(&connections->lock);
}

void connections_review(struct connections *connections, uint64_t now_nano)
{
	(void)pthread_mutex_lock(&connections->lock);
	for (size_t i = 0; i < ARRAY_SIZE(connections->all); i++) {
		struct connection *one = &connections->all[i];

		if (!is_late(one, now_nano))
			continue;
		end_connection(connections, one);
		connections->late++;
	}
	(void)pthread_mutex_unlock(&connections->lock);
}
