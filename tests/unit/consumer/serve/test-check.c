/* SPDX-License-Identifier: Apache-2.0 */
/* What /check and /health say, and how a cursor tells what changed. */
#include "consumer/serve/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "consumer/serve/health.h"
#include "tests/lib/ledger-fixture.h"
#include "tests/lib/writer-fixture.h"

#define _cleanup_ledger_ _cleanup_(ledger_done)
#define AT(second) ((REAL_ZERO + (second)) * SECOND)

static struct ledger make_ledger(void)
{
	struct ledger ledger;

	ledger_init(&ledger, 10);
	return ledger;
}

/* How many rows /check has since the cursor @text. */
static unsigned count_new(const struct ledger *ledger, const char *text)
{
	_cleanup_(fixture_writer_free) struct writer *writer = fixture_writer();
	struct cursor cursor;
	unsigned n = 0;

	assert_ok(cursor_parse(&cursor, ledger, text));
	check_write(writer, ledger, &cursor, AT(111));
	for (const char *at = fixture_written(writer); (at = strstr(at, "\"overflow\":")); at++)
		n++;
	return n;
}

static void a_cursor_leaves_out_what_did_not_change(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger();
	struct fixture_stream a = fixture_stream(1);
	char cursor[CURSOR_SIZE];

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5, .name = "web"});
	fixture_counters(&ledger, &a, 110,
			 (struct fixture_set){.seen = 6, .cgroup = 8, .name = "api"});
	assert_int_equal(count_new(&ledger, NULL), 2);
	assert_int_equal(count_new(&ledger, ""), 2);
	cursor_format(&ledger, cursor);
	assert_int_equal(count_new(&ledger, cursor), 0);
	fixture_counters(&ledger, &a, 120,
			 (struct fixture_set){.seen = 7, .cgroup = 8, .name = "api"});
	assert_int_equal(count_new(&ledger, cursor), 1);
	assert_int_equal(count_new(&ledger, cursor), 1); /* reading takes nothing away */
}

static void a_cursor_survives_a_restart_of_both(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger(), anew = make_ledger();
	struct fixture_stream a = fixture_stream(1), b = fixture_stream(2), a2 = fixture_stream(1);
	char cursor[CURSOR_SIZE];

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5, .name = "web"});
	cursor_format(&ledger, cursor);
	fixture_footer(&ledger, &a, 111);
	fixture_header(&ledger, &b, 112);
	assert_int_equal(count_new(&ledger, cursor), 0);
	fixture_counters(&ledger, &b, 122, (struct fixture_set){.seen = 2, .name = "api"});
	assert_int_equal(count_new(&ledger, cursor), 1);

	/* of a server that has read the same again */
	fixture_header(&anew, &a2, 100);
	fixture_counters(&anew, &a2, 110, (struct fixture_set){.seen = 5, .name = "web"});
	assert_int_equal(count_new(&anew, cursor), 0);
}

static void a_cursor_of_unknown_streams_asks_for_everything(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger();
	struct fixture_stream a = fixture_stream(1);

	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5});
	assert_int_equal(count_new(&ledger, "00112233445566778899aabbccddeeff:9"), 1);
}

static void what_is_no_cursor_is_refused(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger();
	struct cursor cursor;

	for (const char *const *text =
		     (const char *const[]){"x", "0", "00112233445566778899aabbccddeeff",
					   "00112233445566778899aabbccddeeff:",
					   "00112233445566778899aabbccddeeff:x",
					   "00112233445566778899aabbccddeeff:1;",
					   "00112233445566778899aabbccddeegg:1",
					   "00112233445566778899aabbccddeeff:-1",
					   "00112233445566778899aabbccddeeff:99999999999999999999",
					   NULL};
	     *text; text++)
		if (cursor_parse(&cursor, &ledger, *text) != -EINVAL)
			fail_msg("%s is taken for a cursor", *text);
}

#define _cleanup_feed_ _cleanup_(ledger_feed_done)

static struct health health_at(struct ledger_feed *feed, uint64_t second)
{
	return health_of(feed, AT(second), 0);
}

static void health_is_by_age_and_losses(void **state)
{
	_cleanup_feed_ struct ledger_feed feed;
	struct ledger *ledger = &feed.ledger;
	struct fixture_stream a = fixture_stream(1);

	ledger_feed_init(&feed, 1);
	assert_int_equal(health_at(&feed, 0).status, HEALTH_NONE);
	fixture_header(ledger, &a, 100);
	fixture_counters(ledger, &a, 110, (struct fixture_set){.seen = 5});
	assert_int_equal(health_at(&feed, 112).status, HEALTH_WHOLE);
	assert_int_equal(health_at(&feed, 112).counters_age_nano, 2 * SECOND);
	assert_true(health_at(&feed, 112).attached);
	assert_int_equal(health_at(&feed, 110 + 36).status, HEALTH_STALE);
	fixture_counters(ledger, &a, 150, (struct fixture_set){.seen = 9, .dropped = 1});
	assert_int_equal(health_at(&feed, 150).status, HEALTH_LOSSES);
	assert_int_equal(health_at(&feed, 150).lost.count, 1);
	fixture_footer(ledger, &a, 151);
	assert_int_equal(health_at(&feed, 151).status, HEALTH_ENDED);
	feed.error = -EACCES;
	assert_int_equal(health_at(&feed, 151).status, HEALTH_UNREAD);
}

/* The stream @a is in a file that this holds open, locked. */
static int write_file(struct ledger_feed *feed, const struct fixture_stream *a)
{
	char path[] = "test-check-XXXXXX";
	int fd = mkstemp(path), reader = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && reader >= 0);
	assert_ok(unlink(path));
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	writers_add(&feed->writers, a->id, 0, true, reader);
	assert_ok(close(reader));
	return fd;
}

static void a_stream_is_dead_when_its_writer_is(void **state)
{
	_cleanup_feed_ struct ledger_feed feed;
	struct fixture_stream a = fixture_stream(1);
	int fd;

	ledger_feed_init(&feed, 1);
	fixture_header(&feed.ledger, &a, 100);
	fixture_counters(&feed.ledger, &a, 110, (struct fixture_set){.seen = 5});
	fd = write_file(&feed, &a);
	assert_int_equal(health_at(&feed, 111).status, HEALTH_WHOLE);
	assert_ok(close(fd));
	/* what it has written may not be read yet, for who follows it */
	assert_int_equal(health_of(&feed, AT(112), SECOND).status, HEALTH_WHOLE);
	assert_int_equal(health_of(&feed, AT(113), SECOND).status, HEALTH_GONE);
	/* it was another file that was let go of */
	fixture_counters(&feed.ledger, &a, 114, (struct fixture_set){.seen = 5});
	fd = write_file(&feed, &a);
	assert_int_equal(health_at(&feed, 115).status, HEALTH_WHOLE);
	assert_ok(close(fd));
}

static void what_cannot_be_written_is_known_all_the_same(void **state)
{
	struct lock_notes notes = {.error = ENOSPC};
	_cleanup_feed_ struct ledger_feed feed;
	struct fixture_stream a = fixture_stream(1);
	struct health health;
	int fd;

	ledger_feed_init(&feed, 1);
	fixture_header(&feed.ledger, &a, 100);
	fixture_counters(&feed.ledger, &a, 110, (struct fixture_set){.seen = 5});
	fd = write_file(&feed, &a);
	notes.since_milli = AT(111) / 1000000;
	notes.latest_milli = AT(112) / 1000000;
	notes.lost[RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL] = 114244;
	assert_ok(lock_notes_put(fd, NULL, &notes));
	health = health_at(&feed, 113);
	assert_int_equal(health.status, HEALTH_UNWRITABLE);
	assert_int_equal(health.lost.count, 114244);
	assert_int_equal(health.trouble_nano, 2 * SECOND);
	assert_int_equal(health.tried_age_nano, SECOND);
	lock_notes_clear(fd);
	health = health_at(&feed, 114);
	assert_int_equal(health.status, HEALTH_WHOLE);
	assert_int_equal(health.lost.count, 0);
	assert_ok(close(fd));
}

/* What an event carries counts, from where the Counters before it have been. */
static void sums_are_those_of_the_streams_end(void **state)
{
	struct peek peek = {.kind = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL,
			    .sums = (const uint8_t *)""};
	Ringside__V1__CpuSums sums = RINGSIDE__V1__CPU_SUMS__INIT;
	_cleanup_feed_ struct ledger_feed feed;
	struct fixture_stream a = fixture_stream(1);
	struct health health;

	ledger_feed_init(&feed, 1);
	fixture_header(&feed.ledger, &a, 100);
	fixture_counters(&feed.ledger, &a, 110, (struct fixture_set){.seen = 50, .dropped = 2});
	for (unsigned i = 0; i < 3; i++) {
		peek.seq = ++a.seq;
		sums.seen = 49 + 4 * i; /* the first waited in the ring while they were read */
		sums.dropped = 2 + i;
		assert_ok(ledger_pass(&feed.ledger, &a.header, &peek, &sums));
	}
	health = health_at(&feed, 111);
	assert_int_equal(health_sum(&health, &feed.ledger, 0, LEDGER_SEEN), 57);
	assert_int_equal(health_sum(&health, &feed.ledger, 0, LEDGER_WRITTEN), 3);
	assert_int_equal(health_lost(&health, &feed.ledger, 0).count, 4);
	fixture_counters(&feed.ledger, &a, 112, (struct fixture_set){.seen = 60, .dropped = 4});
	health = health_at(&feed, 113);
	assert_int_equal(health_sum(&health, &feed.ledger, 0, LEDGER_SEEN), 60);
	assert_int_equal(health_lost(&health, &feed.ledger, 0).count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_leaves_out_what_did_not_change),
		cmocka_unit_test(a_cursor_survives_a_restart_of_both),
		cmocka_unit_test(a_cursor_of_unknown_streams_asks_for_everything),
		cmocka_unit_test(what_is_no_cursor_is_refused),
		cmocka_unit_test(health_is_by_age_and_losses),
		cmocka_unit_test(a_stream_is_dead_when_its_writer_is),
		cmocka_unit_test(what_cannot_be_written_is_known_all_the_same),
		cmocka_unit_test(sums_are_those_of_the_streams_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
