/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of live events: filters, and what happens to those who do not read. */
#include "consumer/serve/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

struct sleeper {
	unsigned slept, woken, ended;
};

static void go_to_sleep(void *data)
{
	((struct sleeper *)data)->slept++;
}

static void wake_up(void *data)
{
	((struct sleeper *)data)->woken++;
}

static void end(void *data)
{
	((struct sleeper *)data)->ended++;
}

static struct events_client *join_after(struct events *events, struct sleeper *sleeper,
					const char *kind, const char *after)
{
	const struct events_wait wait = {go_to_sleep, wake_up, end, sleeper};
	struct filter *filter;
	char error[128];

	assert_ok(filter_new(&filter));
	if (kind)
		assert_ok(filter_option(filter, filter_options[0].opt, kind, error, sizeof(error)));
	return events_join(events, filter, &wait, after);
}

static struct events_client *join(struct events *events, struct sleeper *sleeper, const char *kind)
{
	return join_after(events, sleeper, kind, NULL);
}

/* Publishes all that is in the stream. */
static void publish(struct events *events, const struct stream *stream)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	_cleanup_close_ int fd = memfd_create("test-events", MFD_CLOEXEC);
	struct reader_record item;

	assert_int_equal(pwrite(fd, stream->data, stream->size, 0), stream->size);
	assert_ok(reader_new(&reader, fd, "test"));
	reader_set_raw(reader, true);
	while (!reader_next(reader, &item))
		events_publish(events, reader, &item);
}

static void make_stream(struct stream *stream, unsigned denials)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	stream_event(stream, STREAM_OOM, 0);
	for (unsigned i = 0; i < denials; i++)
		stream_event(stream, STREAM_SECCOMP, i % 2);
	stream_counters(stream);
}

/* All there is, as a string to free. */
static char *read_all(struct events *events, struct events_client *client)
{
	char *text = calloc(1, EVENTS_BUFFER + 1);
	size_t size = 0;
	ssize_t n;

	assert_non_null(text);
	while ((n = events_read(events, client, text + size, 1000)) > 0)
		size += (size_t)n;
	text[size] = '\0';
	return text;
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void events_come_to_who_wants_them(void **state)
{
	struct events events;
	struct sleeper all = {0}, oom = {0};
	struct events_client *a, *b;
	struct stream stream;
	_cleanup_free_ char *to_a = NULL, *to_b = NULL;

	make_stream(&stream, 3);
	assert_ok(events_init(&events));
	a = join(&events, &all, NULL);
	b = join(&events, &oom, "oom");
	publish(&events, &stream);
	to_a = read_all(&events, a);
	to_b = read_all(&events, b);
	assert_int_equal(count(to_a, "\ndata: {"), 4); /* and no Counters, Header, Clock */
	assert_int_equal(count(to_a, "}\n\n"), 4);
	assert_int_equal(count(to_b, "\"kind\":\"oom_kill\""), 1);
	assert_int_equal(count(to_b, "\ndata: {"), 1);
	assert_int_equal(events.sent, 5);
	assert_int_equal(all.slept, 1);
	publish(&events, &stream);
	assert_int_equal(all.woken, 1);
	events_done(&events);
	stream_done(&stream);
}

/* What an EventSource says when it connects again. */
static void who_comes_back_is_told_what_is_missing(void **state)
{
	struct events events;
	struct sleeper sleeper = {0};
	struct stream stream;
	_cleanup_free_ char *first = NULL, *same = NULL, *later = NULL, *odd = NULL;
	char last[64] = "", expected[256];

	make_stream(&stream, 2);
	assert_ok(events_init(&events));
	first = read_all(&events, join_after(&events, &sleeper, NULL, "00:1"));
	assert_string_equal(first, ""); /* nothing was read so far */
	publish(&events, &stream);
	for (size_t i = 0; i < sizeof(events.stream_id); i++)
		(void)snprintf(last + strlen(last), 3, "%02x", events.stream_id[i]);
	(void)snprintf(last + strlen(last), 24, ":%" PRIu64, events.seq);
	same = read_all(&events, join_after(&events, &sleeper, NULL, last));
	assert_string_equal(same, "");
	later = read_all(&events, join_after(&events, &sleeper, NULL, "0a:3"));
	(void)snprintf(expected, sizeof(expected),
		       "event: missed\ndata: {\"after\":\"0a:3\",\"until\":\"%s\"}\n\n", last);
	assert_string_equal(later, expected);
	odd = read_all(&events, join_after(&events, &sleeper, NULL, "1\"}\n\n"));
	assert_string_equal(odd, "");
	events_done(&events);
	stream_done(&stream);
}

static void who_does_not_read_loses_events_and_is_told(void **state)
{
	struct events events;
	struct sleeper slow = {0};
	struct events_client *client;
	struct stream stream, another;
	_cleanup_free_ char *first = NULL, *then = NULL;
	char told[96];

	make_stream(&stream, 2000);
	make_stream(&another, 1);
	assert_ok(events_init(&events));
	client = join(&events, &slow, NULL);
	publish(&events, &stream);
	assert_true(events.dropped > 0);
	assert_int_equal(events.sent + events.dropped, 2001);
	first = read_all(&events, client);
	assert_int_equal(count(first, "\ndata: {"), events.sent);
	(void)snprintf(told, sizeof(told),
		       "event: dropped\ndata: {\"dropped\":%d}\n\nid: ", (int)events.dropped);
	publish(&events, &another);
	then = read_all(&events, client);
	assert_int_equal(strncmp(then, told, strlen(told)), 0);
	events_done(&events);
	stream_done(&stream);
	stream_done(&another);
}

static void too_many_are_refused(void **state)
{
	struct events events;
	struct sleeper sleeper = {0};

	assert_ok(events_init(&events));
	for (unsigned i = 0; i < EVENTS_CLIENTS; i++)
		assert_non_null(join(&events, &sleeper, NULL));
	assert_null(join(&events, &sleeper, NULL));
	assert_int_equal(events.refused, 1);
	events_leave(&events, events.clients[3]);
	assert_non_null(join(&events, &sleeper, NULL));
	events_done(&events);
}

/* Whoever keeps up stays. */
static void the_one_too_slow_for_longest_makes_room(void **state)
{
	struct sleeper sleepers[EVENTS_CLIENTS] = {0}, newcomer = {0};
	struct events_client *clients[EVENTS_CLIENTS];
	struct stream stream;
	struct events events;
	char buf[16];

	make_stream(&stream, 2000);
	assert_ok(events_init(&events));
	for (unsigned i = 0; i < EVENTS_CLIENTS; i++)
		clients[i] = join(&events, &sleepers[i], i == 5 || i == 2 ? NULL : "oom");
	publish(&events, &stream);
	assert_true(events.dropped > 0);
	assert_non_null(join(&events, &newcomer, NULL));
	assert_int_equal(sleepers[2].ended, 1);
	assert_int_equal(events_read(&events, clients[2], buf, sizeof(buf)), EVENTS_END);
	events_leave(&events, clients[2]);
	assert_int_equal(events.n, EVENTS_CLIENTS);
	assert_non_null(join(&events, &newcomer, NULL));
	assert_int_equal(sleepers[5].ended, 1);
	events_leave(&events, clients[5]);
	assert_null(join(&events, &newcomer, NULL));
	assert_int_equal(events.refused, 1);
	for (unsigned i = 0; i < EVENTS_CLIENTS; i++)
		assert_int_equal(sleepers[i].ended, i == 5 || i == 2);
	events_done(&events);
	stream_done(&stream);
}

static void at_the_end_all_are_woken_and_told(void **state)
{
	struct events events;
	struct sleeper sleeper = {0};
	struct events_client *client;
	char buf[16];

	assert_ok(events_init(&events));
	client = join(&events, &sleeper, NULL);
	assert_int_equal(events_read(&events, client, buf, sizeof(buf)), 0);
	events_keep_alive(&events);
	assert_int_equal(sleeper.woken, 1);
	assert_int_equal(events_read(&events, client, buf, sizeof(buf)), 3);
	assert_int_equal(events_read(&events, client, buf, sizeof(buf)), 0);
	events_wake(&events);
	assert_int_equal(sleeper.woken, 2);
	assert_int_equal(events_read(&events, client, buf, sizeof(buf)), EVENTS_END);
	events_done(&events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_to_who_wants_them),
		cmocka_unit_test(who_comes_back_is_told_what_is_missing),
		cmocka_unit_test(who_does_not_read_loses_events_and_is_told),
		cmocka_unit_test(too_many_are_refused),
		cmocka_unit_test(the_one_too_slow_for_longest_makes_room),
		cmocka_unit_test(at_the_end_all_are_woken_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
