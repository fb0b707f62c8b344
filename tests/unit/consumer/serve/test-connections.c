/* SPDX-License-Identifier: Apache-2.0 */
/* Who ends when there are too many, or when it takes too long. */
#include "consumer/serve/connections.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "proto/base/util.h"
#include "tests/lib/test.h"

#define PLACES 4
#define SECOND UINT64_C(1000000000)

struct peers {
	struct connections connections;
	unsigned n;
	int theirs[16], ours[16];
	struct connection *all[16];
};

static struct connection *join(struct peers *peers, uint64_t now)
{
	const unsigned i = peers->n++;
	int both[2];

	assert_true(i < ARRAY_SIZE(peers->all));
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both));
	peers->ours[i] = both[0];
	peers->theirs[i] = both[1];
	peers->all[i] = connections_join(&peers->connections, both[0], now);
	return peers->all[i];
}

static void leave(struct peers *peers, unsigned i)
{
	connections_leave(&peers->connections, peers->all[i]);
	peers->all[i] = NULL;
}

/* Whether the other side was told. */
static bool is_ended(const struct peers *peers, unsigned i)
{
	char c;

	return recv(peers->theirs[i], &c, 1, MSG_DONTWAIT) == 0;
}

static void start(struct peers *peers)
{
	*peers = (struct peers){0};
	connections_init(&peers->connections, PLACES);
}

static void done(struct peers *peers)
{
	for (unsigned i = 0; i < peers->n; i++) {
		leave(peers, i);
		(void)close(peers->ours[i]);
		(void)close(peers->theirs[i]);
	}
	assert_int_equal(peers->connections.n, 0);
	connections_done(&peers->connections);
}

static void the_oldest_without_a_request_makes_room(void **state)
{
	struct peers peers;

	start(&peers);
	for (unsigned i = 0; i < PLACES; i++)
		assert_non_null(join(&peers, 10 + i));
	connections_enter(&peers.connections, peers.all[0], CONNECTION_ANSWER, 20);
	assert_non_null(join(&peers, 30));
	assert_true(is_ended(&peers, 1));
	assert_non_null(join(&peers, 31));
	assert_true(is_ended(&peers, 2));
	for (unsigned i = 0; i < peers.n; i++)
		assert_int_equal(is_ended(&peers, i), i == 1 || i == 2);
	assert_int_equal(peers.connections.n, PLACES);
	assert_int_equal(peers.connections.displaced, 2);
	done(&peers);
}

static void who_reads_a_page_goes_last_and_events_never(void **state)
{
	struct peers peers;

	start(&peers);
	for (unsigned i = 0; i < PLACES; i++)
		assert_non_null(join(&peers, 10 + i));
	connections_enter(&peers.connections, peers.all[0], CONNECTION_STREAM, 20);
	connections_enter(&peers.connections, peers.all[1], CONNECTION_ANSWER, 21);
	connections_enter(&peers.connections, peers.all[2], CONNECTION_ANSWER, 22);
	assert_non_null(join(&peers, 30));
	assert_true(is_ended(&peers, 3));
	connections_enter(&peers.connections, peers.all[4], CONNECTION_ANSWER, 31);
	assert_non_null(join(&peers, 32));
	assert_true(is_ended(&peers, 1));
	connections_enter(&peers.connections, peers.all[2], CONNECTION_STREAM, 33);
	connections_enter(&peers.connections, peers.all[4], CONNECTION_STREAM, 33);
	connections_enter(&peers.connections, peers.all[5], CONNECTION_STREAM, 33);
	assert_null(join(&peers, 40));
	assert_true(is_ended(&peers, 6));
	assert_false(is_ended(&peers, 0));
	done(&peers);
}

static void a_head_has_its_time_as_a_whole(void **state)
{
	const uint64_t begin = 1000 * SECOND;
	struct peers peers;

	start(&peers);
	for (unsigned i = 0; i < PLACES; i++)
		assert_non_null(join(&peers, begin));
	connections_enter(&peers.connections, peers.all[1], CONNECTION_ANSWER, begin + 1);
	connections_enter(&peers.connections, peers.all[2], CONNECTION_STREAM, begin + 1);
	connections_enter(&peers.connections, peers.all[3], CONNECTION_ANSWER, begin + SECOND);
	connections_review(&peers.connections, begin + CONNECTIONS_HEAD_SECONDS * SECOND);
	connections_review(&peers.connections, begin - 1); /* of a thread that was late */
	assert_int_equal(peers.connections.late, 0);
	connections_review(&peers.connections, begin + CONNECTIONS_HEAD_SECONDS * SECOND + 1);
	assert_true(is_ended(&peers, 0));
	connections_review(&peers.connections, begin + CONNECTIONS_ANSWER_SECONDS * SECOND + 2);
	assert_true(is_ended(&peers, 1));
	assert_false(is_ended(&peers, 3));
	connections_review(&peers.connections, begin + 1000000 * SECOND);
	assert_false(is_ended(&peers, 2));
	assert_true(is_ended(&peers, 3));
	assert_int_equal(peers.connections.late, 3);
	assert_int_equal(peers.connections.n, 1);
	done(&peers);
}

/* The server closes it in its own time. */
static void what_was_ended_stays_so_and_holds_no_place(void **state)
{
	struct peers peers;

	start(&peers);
	for (unsigned i = 0; i < PLACES + 1; i++)
		assert_non_null(join(&peers, 10 + i));
	assert_true(is_ended(&peers, 0));
	connections_enter(&peers.connections, peers.all[0], CONNECTION_ANSWER, 30);
	assert_int_equal(peers.all[0]->phase, CONNECTION_ENDED);
	leave(&peers, 0);
	assert_int_equal(peers.connections.n, PLACES);
	leave(&peers, 1);
	assert_int_equal(peers.connections.n, PLACES - 1);
	assert_non_null(join(&peers, 40));
	assert_false(is_ended(&peers, 2));
	connections_enter(&peers.connections, NULL, CONNECTION_ANSWER, 41);
	done(&peers);
}

static void few_files_are_few_connections(void **state)
{
	const struct rlimit few = {64, 64}, fewer = {8, 8};

	assert_int_equal(connections_allowed(1), CONNECTIONS);
	assert_ok(setrlimit(RLIMIT_NOFILE, &few));
	assert_true(connections_allowed(1) <= 16 && connections_allowed(1) > 8);
	assert_true(connections_allowed(4) < connections_allowed(1));
	assert_ok(setrlimit(RLIMIT_NOFILE, &fewer));
	assert_true(connections_allowed(4) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_without_a_request_makes_room),
		cmocka_unit_test(who_reads_a_page_goes_last_and_events_never),
		cmocka_unit_test(a_head_has_its_time_as_a_whole),
		cmocka_unit_test(what_was_ended_stays_so_and_holds_no_place),
		cmocka_unit_test(few_files_are_few_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
