/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/seen-records.h"

#include "proto/base/util.h"
#include "tests/lib/test.h"

#define INPUT_LINE 2304

static const uint8_t a[SEEN_ID] = "stream a", b[SEEN_ID] = "stream b";

static void each_number_of_a_stream_is_taken_once(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};

	for (uint64_t seq = 1; seq < 100000; seq++)
		assert_true(seen_records_take(&seen, a, seq));
	assert_int_equal(seen.n_maps, 0);
	for (uint64_t seq = 1; seq < 100000; seq++)
		assert_false(seen_records_take(&seen, a, seq));
	assert_true(seen_records_take(&seen, a, 100000));
	assert_true(seen_records_take(&seen, b, 5));
	assert_true(seen_records_take(&seen, b, 4));
	assert_false(seen_records_take(&seen, b, 5));
	assert_int_equal(seen.n_maps, 0);
	assert_true(seen_records_has(&seen, b, 4));
	assert_false(seen_records_has(&seen, b, 3));
}

static void what_has_no_stream_or_number_is_another_one_each_time(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};

	for (unsigned i = 0; i < 3; i++) {
		assert_true(seen_records_take(&seen, NULL, 7));
		assert_true(seen_records_take(&seen, a, 0));
	}
}

static void numbers_come_in_any_order(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	const uint64_t n = 3 * SEEN_SPAN + 17, step = 7919; /* a prime */

	for (uint64_t i = 0; i < n; i++)
		assert_true(seen_records_take(&seen, a, 1 + i * step % n));
	assert_true(seen.n_maps && seen.n_maps <= 4);
	for (uint64_t i = 0; i < n; i++)
		assert_false(seen_records_take(&seen, a, 1 + i));
	assert_true(seen_records_take(&seen, a, n + 1));
	/* whatever somebody writes */
	assert_true(seen_records_take(&seen, a, UINT64_MAX));
	assert_false(seen_records_take(&seen, a, UINT64_MAX));
	assert_true(seen_records_take(&seen, a, UINT64_MAX - 1));
}

static void what_finds_no_room_is_said_to_be_counted_twice(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	char text[INPUT_LINE];

	/* gaps everywhere */
	for (uint64_t i = 0; i < SEEN_MAPS; i++) {
		assert_true(seen_records_take(&seen, a, 1 + i * SEEN_SPAN));
		assert_true(seen_records_take(&seen, a, 3 + i * SEEN_SPAN));
	}
	assert_false(seen.full);
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
	assert_true(seen_records_take(&seen, b, 1));
	assert_true(seen_records_take(&seen, b, 3));
	assert_true(seen.full);
	assert_true(seen_records_take(&seen, b, 3)); /* what it is not: left out */
	assert_false(seen_records_take(&seen, b, 1));
	assert_false(seen_records_take(&seen, a, 3 + 5 * SEEN_SPAN));
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_non_null(strstr(text, "may be counted twice"));
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
}

static void the_line_names_where_they_were_before(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	char text[INPUT_LINE];

	assert_ok(seen_records_begin(&seen, "one.pb"));
	for (uint64_t seq = 1; seq <= 10; seq++)
		(void)seen_records_take(&seen, a, seq);
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
	assert_ok(seen_records_begin(&seen, "two\x1b.pb"));
	for (uint64_t seq = 8; seq <= 12; seq++)
		(void)seen_records_take(&seen, a, seq);
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text, "two\\x1b.pb: 3 of its 5 records are in one.pb, too: left out");
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
	assert_ok(seen_records_begin(&seen, "three.pb"));
	(void)seen_records_take(&seen, a, 1);
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text, "three.pb: the same records as one.pb: left out");
	/* another one that goes on */
	seen_records_go_on(&seen, 0);
	(void)seen_records_take(&seen, a, 10);
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text, "one.pb: 1 of its records is in it twice: left out");
}

static void what_is_older_than_wanted_is_not_taken(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	char text[INPUT_LINE];

	assert_ok(seen_records_begin(&seen, "one.pb"));
	seen_records_skip(&seen, a, 100);
	seen_records_skip(&seen, a, 50);
	assert_true(seen_records_take(&seen, a, 100));
	assert_false(seen_records_take(&seen, a, 99));
	assert_true(seen_records_take(&seen, b, 99));
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text,
			    "one.pb: 1 of its records is older than what was asked for: left out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_of_a_stream_is_taken_once),
		cmocka_unit_test(what_has_no_stream_or_number_is_another_one_each_time),
		cmocka_unit_test(numbers_come_in_any_order),
		cmocka_unit_test(what_finds_no_room_is_said_to_be_counted_twice),
		cmocka_unit_test(the_line_names_where_they_were_before),
		cmocka_unit_test(what_is_older_than_wanted_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
