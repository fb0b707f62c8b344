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
		assert_true(seen_records_take(&seen, a, seq, 0));
	assert_int_equal(seen.n_maps, 0);
	for (uint64_t seq = 1; seq < 100000; seq++)
		assert_false(seen_records_take(&seen, a, seq, 0));
	assert_true(seen_records_take(&seen, a, 100000, 0));
	assert_true(seen_records_take(&seen, b, 5, 0));
	assert_true(seen_records_take(&seen, b, 4, 0));
	assert_false(seen_records_take(&seen, b, 5, 0));
	assert_int_equal(seen.n_maps, 0);
	assert_true(seen_records_has(&seen, b, 4));
	assert_false(seen_records_has(&seen, b, 3));
}

static void what_has_no_stream_or_number_is_another_one_each_time(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};

	for (unsigned i = 0; i < 3; i++) {
		assert_true(seen_records_take(&seen, NULL, 7, 0));
		assert_true(seen_records_take(&seen, a, 0, 0));
	}
}

static void numbers_come_in_any_order(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	const uint64_t n = 3 * SEEN_SPAN + 17, step = 7919; /* a prime */

	for (uint64_t i = 0; i < n; i++)
		assert_true(seen_records_take(&seen, a, 1 + i * step % n, 0));
	assert_true(seen.n_maps && seen.n_maps <= 4);
	for (uint64_t i = 0; i < n; i++)
		assert_false(seen_records_take(&seen, a, 1 + i, 0));
	assert_true(seen_records_take(&seen, a, n + 1, 0));
	/* whatever somebody writes */
	assert_true(seen_records_take(&seen, a, UINT64_MAX, 0));
	assert_false(seen_records_take(&seen, a, UINT64_MAX, 0));
	assert_true(seen_records_take(&seen, a, UINT64_MAX - 1, 0));
}

static void what_finds_no_room_is_said_to_be_counted_twice(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	char text[INPUT_LINE];

	/* gaps everywhere */
	for (uint64_t i = 0; i < SEEN_MAPS; i++) {
		assert_true(seen_records_take(&seen, a, 1 + i * SEEN_SPAN, 0));
		assert_true(seen_records_take(&seen, a, 3 + i * SEEN_SPAN, 0));
	}
	assert_false(seen.full);
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
	assert_true(seen_records_take(&seen, b, 1, 0));
	assert_true(seen_records_take(&seen, b, 3, 0));
	assert_true(seen.full);
	assert_true(seen_records_take(&seen, b, 3, 0)); /* what it is not: left out */
	assert_false(seen_records_take(&seen, b, 1, 0));
	assert_false(seen_records_take(&seen, a, 3 + 5 * SEEN_SPAN, 0));
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
		(void)seen_records_take(&seen, a, seq, 0);
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
	assert_ok(seen_records_begin(&seen, "two\x1b.pb"));
	for (uint64_t seq = 8; seq <= 12; seq++)
		(void)seen_records_take(&seen, a, seq, 0);
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text, "two\\x1b.pb: 3 of its 5 records are in one.pb, too: left out");
	assert_false(seen_records_tell(&seen, text, sizeof(text)));
	assert_ok(seen_records_begin(&seen, "three.pb"));
	(void)seen_records_take(&seen, a, 1, 0);
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text, "three.pb: the same records as one.pb: left out");
	/* another one that goes on */
	seen_records_go_on(&seen, 0);
	(void)seen_records_take(&seen, a, 10, 0);
	assert_true(seen_records_tell(&seen, text, sizeof(text)));
	assert_string_equal(text, "one.pb: 1 of its records is in it twice: left out");
}

static void take(struct seen_records *seen, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++)
		if (!seen_records_next(seen, seq, 0))
			(void)seen_records_take(seen, a, seq, 0);
}

static void assert_told(struct seen_records *seen, const char *want)
{
	char text[INPUT_LINE];

	assert_true(seen_records_tell(seen, text, sizeof(text)));
	assert_string_equal(text, want);
}

static void inputs_whose_numbers_are_side_by_side_are_told_apart(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};

	assert_ok(seen_records_begin(&seen, "1.pb"));
	take(&seen, 1, 10);
	assert_ok(seen_records_begin(&seen, "2.pb"));
	take(&seen, 11, 20);
	take(&seen, 25, 30);
	assert_ok(seen_records_begin(&seen, "3.pb"));
	take(&seen, 12, 15);
	assert_told(&seen, "3.pb: the same records as 2.pb: left out");
	assert_ok(seen_records_begin(&seen, "4.pb"));
	take(&seen, 8, 12);
	assert_told(&seen, "4.pb: all its records were read before: left out");
	/* what fills a gap */
	assert_ok(seen_records_begin(&seen, "5.pb"));
	take(&seen, 22, 23);
	take(&seen, 0, 0);
	assert_ok(seen_records_begin(&seen, "6.pb"));
	take(&seen, 22, 23);
	assert_told(&seen, "6.pb: the same records as 5.pb: left out");
	assert_ok(seen_records_begin(&seen, "7.pb"));
	take(&seen, 26, 30);
	assert_told(&seen, "7.pb: the same records as 2.pb: left out");
	/* where there is no room for that */
	for (uint64_t seq = 1; seq <= SEEN_STAMPED; seq++)
		take(&seen, seq * SEEN_SPAN, seq * SEEN_SPAN);
	take(&seen, (SEEN_STAMPED + 1) * SEEN_SPAN, (SEEN_STAMPED + 1) * SEEN_SPAN + 1);
	assert_ok(seen_records_begin(&seen, "8.pb"));
	take(&seen, (SEEN_STAMPED + 1) * SEEN_SPAN, (SEEN_STAMPED + 1) * SEEN_SPAN + 1);
	assert_told(&seen, "8.pb: the same records as 7.pb: left out");
	assert_ok(seen_records_begin(&seen, "9.pb"));
	take(&seen, (SEEN_STAMPED + 1) * SEEN_SPAN + 2, (SEEN_STAMPED + 1) * SEEN_SPAN + 2);
	assert_ok(seen_records_begin(&seen, "10.pb"));
	take(&seen, (SEEN_STAMPED + 1) * SEEN_SPAN, (SEEN_STAMPED + 1) * SEEN_SPAN);
	assert_told(&seen, "10.pb: all its records were read before: left out");
}

static void a_record_of_another_time_is_another_one(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};

	assert_ok(seen_records_begin(&seen, "1.pb"));
	for (uint64_t seq = 1; seq <= 10; seq++)
		assert_true(seen_records_next(&seen, seq, 100 + seq) ||
			    seen_records_take(&seen, a, seq, 100 + seq));
	assert_ok(seen_records_begin(&seen, "2.pb"));
	assert_false(seen_records_take(&seen, a, 8, 108));
	assert_false(seen_records_take(&seen, a, 9, 0));
	assert_true(seen_records_take(&seen, a, 10, 111));
	assert_false(seen_records_next(&seen, 11, 112));
	assert_told(&seen, "2.pb: 1 of its records has the numbers of others in 1.pb: both count "
			   "(was the machine cloned while it was recorded?)");
	assert_told(&seen, "2.pb: 2 of its 3 records are in 1.pb, too: left out");
}

static void what_stands_in_hides_nothing(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};

	assert_true(seen_records_take_stand_in(&seen, a, 5));
	assert_false(seen_records_take_stand_in(&seen, a, 5));
	assert_true(seen_records_take(&seen, a, 5, 0));
	assert_false(seen_records_take(&seen, a, 5, 0));
	assert_true(seen_records_take(&seen, a, 6, 0));
	assert_false(seen_records_take_stand_in(&seen, a, 6));
	assert_true(seen_records_take_stand_in(&seen, NULL, 6));
}

static void what_is_older_than_wanted_is_not_taken(void **state)
{
	_cleanup_(seen_records_done) struct seen_records seen = {0};
	char text[INPUT_LINE];

	assert_ok(seen_records_begin(&seen, "one.pb"));
	seen_records_skip(&seen, a, 100);
	seen_records_skip(&seen, a, 50);
	assert_true(seen_records_take(&seen, a, 100, 0));
	assert_false(seen_records_take(&seen, a, 99, 0));
	assert_true(seen_records_take(&seen, b, 99, 0));
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
		cmocka_unit_test(inputs_whose_numbers_are_side_by_side_are_told_apart),
		cmocka_unit_test(a_record_of_another_time_is_another_one),
		cmocka_unit_test(what_stands_in_hides_nothing),
		cmocka_unit_test(what_is_older_than_wanted_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
