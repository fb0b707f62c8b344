/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <time.h>

#include "consumer/base/time-spec.h"
#include "consumer/base/time-stamp.h"
#include "consumer/base/time-zone.h"
#include "proto/base/util.h"

/* 2026-11-22 03:04:05.123456789 UTC */
#define TIME UINT64_C(1795316645123456789)
#define BOOT UINT64_C(5123456789)

static void zone(const char *name)
{
	assert_ok(setenv("TZ", name, 1));
	tzset();
}

static const char *stamp_of(enum time_style style, bool utc, int year, const uint64_t *when)
{
	static char text[64];
	struct line line = line_make(text, sizeof(text));
	const uint64_t boot = BOOT;
	struct time_stamp stamp;

	time_stamp_init(&stamp, style, utc, year);
	time_stamp_put(&stamp, &line, when, &boot);
	(void)line_end(&line);
	return text;
}

static const struct {
	const char *style, *local, *utc;
} styles[] = {
	{"short", "Nov 22 04:04:05.123", "Nov 22 03:04:05.123Z"},
	{"short-precise", "Nov 22 04:04:05.123456", "Nov 22 03:04:05.123456Z"},
	{"short-iso", "2026-11-22T04:04:05.123+01:00", "2026-11-22T03:04:05.123Z"},
	{"iso", "2026-11-22T04:04:05.123+01:00", "2026-11-22T03:04:05.123Z"},
	{"short-iso-precise", "2026-11-22T04:04:05.123456+01:00", "2026-11-22T03:04:05.123456Z"},
	{"short-full", "Sun 2026-11-22 04:04:05.123 CET", "Sun 2026-11-22 03:04:05.123 UTC"},
	{"unix", "1795316645.123456", "1795316645.123456"},
	{"short-unix", "1795316645.123456", "1795316645.123456"},
	{"monotonic", "boot+5.123456", "boot+5.123456"},
	{"short-monotonic", "boot+5.123456", "boot+5.123456"},
};

static void a_moment_is_printed_in_the_styles_of_journalctl(void **state)
{
	const uint64_t when = TIME;

	(void)state;
	zone("Europe/Berlin");
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		int style = time_style_find(styles[i].style);

		assert_true(style >= 0);
		assert_string_equal(stamp_of((enum time_style)style, false, 2026, &when),
				    styles[i].local);
		assert_string_equal(stamp_of((enum time_style)style, true, 2026, &when),
				    styles[i].utc);
	}
	assert_int_equal(time_style_find("long"), -1);
}

static void another_year_is_told(void **state)
{
	const uint64_t when = TIME;

	(void)state;
	zone("UTC0");
	assert_string_equal(stamp_of(TIME_SHORT, false, 2027, &when), "2026-11-22 03:04:05.123");
	assert_string_equal(stamp_of(TIME_SHORT_PRECISE, true, 2027, &when),
			    "2026-11-22 03:04:05.123456Z");
}

static void without_a_time_of_day_there_is_that_since_boot(void **state)
{
	(void)state;
	assert_string_equal(stamp_of(TIME_SHORT, false, 2026, NULL), "boot+5.123         ");
}

/* What is copied from any line, in any style, finds the moment it was printed of. */
static void what_is_printed_can_be_asked_for(void **state)
{
	static const int years[] = {2026, 2027};
	const uint64_t when = TIME;
	/* the latest 22nd of November is that of 2026 */
	const uint64_t now = TIME + UINT64_C(3600000000000);

	(void)state;
	zone("Europe/Berlin");
	for (size_t i = 0; i < ARRAY_SIZE(styles) * ARRAY_SIZE(years) * 2; i++) {
		int style = time_style_find(styles[i / 4].style);
		const char *text = stamp_of((enum time_style)style, i % 2, years[i / 2 % 2], &when);
		struct time_spec spec;
		uint64_t moment;

		if (time_spec_parse(text, now, &spec))
			fail_msg("'%s' is not understood", text);
		moment = spec.boot ? BOOT : when;
		if (spec.first > moment || spec.last < moment || spec.last - spec.first > 1000000)
			fail_msg("'%s' is another time", text);
	}
}

static void a_zone_that_does_not_exist_is_known(void **state)
{
	static const char *const good[] = {"",
					   "UTC",
					   "UTC0",
					   "CET-1CEST",
					   ":UTC",
					   "<+03>-3",
					   "CET",
					   "Europe/Berlin",
					   ":Europe/Berlin",
					   "/usr/share/zoneinfo/Europe/Berlin"};
	static const char *const bad[] = {"Europe/Berln", "Mars", "X", ":Mars/Base", "/nowhere"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		zone(good[i]);
		if (!time_zone_exists())
			fail_msg("TZ='%s' was not known", good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		zone(bad[i]);
		if (time_zone_exists())
			fail_msg("TZ='%s' was taken", bad[i]);
	}
	assert_ok(unsetenv("TZ"));
	assert_true(time_zone_exists());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_printed_in_the_styles_of_journalctl),
		cmocka_unit_test(another_year_is_told),
		cmocka_unit_test(without_a_time_of_day_there_is_that_since_boot),
		cmocka_unit_test(what_is_printed_can_be_asked_for),
		cmocka_unit_test(a_zone_that_does_not_exist_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
