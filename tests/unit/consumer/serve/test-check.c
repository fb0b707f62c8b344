/* SPDX-License-Identifier: Apache-2.0 */
/* What /check and /health say, and how a cursor tells what changed. */
#include "consumer/serve/check.h"

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

static void health_is_by_age_and_losses(void **state)
{
	_cleanup_ledger_ struct ledger ledger = make_ledger();
	struct fixture_stream a = fixture_stream(1);

	assert_int_equal(health_of(&ledger, AT(0), 0).status, HEALTH_NONE);
	fixture_header(&ledger, &a, 100);
	fixture_counters(&ledger, &a, 110, (struct fixture_set){.seen = 5});
	assert_int_equal(health_of(&ledger, AT(112), 0).status, HEALTH_WHOLE);
	assert_int_equal(health_of(&ledger, AT(112), 0).counters_age_nano, 2 * SECOND);
	assert_true(health_of(&ledger, AT(112), 0).attached);
	assert_int_equal(health_of(&ledger, AT(110 + 36), 0).status, HEALTH_STALE);
	fixture_counters(&ledger, &a, 150, (struct fixture_set){.seen = 9, .dropped = 1});
	assert_int_equal(health_of(&ledger, AT(150), 0).status, HEALTH_LOSSES);
	assert_int_equal(health_of(&ledger, AT(150), 0).lost, 1);
	fixture_footer(&ledger, &a, 151);
	assert_int_equal(health_of(&ledger, AT(151), 0).status, HEALTH_ENDED);
	assert_int_equal(health_of(&ledger, AT(151), -EACCES).status, HEALTH_UNREAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_leaves_out_what_did_not_change),
		cmocka_unit_test(a_cursor_survives_a_restart_of_both),
		cmocka_unit_test(a_cursor_of_unknown_streams_asks_for_everything),
		cmocka_unit_test(what_is_no_cursor_is_refused),
		cmocka_unit_test(health_is_by_age_and_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
