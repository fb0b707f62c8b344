/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "consumer/base/time-spec.h"
#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)
/* Fri 2012-11-23 18:15:22.5 in Shanghai, the example of systemd.time(7) */
#define NOW (1353665722 * SECOND + SECOND / 2)

static void zone(const char *name)
{
	assert_ok(setenv("TZ", name, 1));
	tzset();
}

struct expect {
	const char *text, *utc; /* of date -u, with ms */
};

static void check(const struct expect *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct time_spec spec = {0};
		int r = time_spec_parse(cases[i].text, NOW, &spec);
		uint64_t ret = spec.first;
		time_t second = (time_t)(ret / SECOND);
		char date[32], text[64];
		struct tm tm;

		if (r)
			fail_msg("'%s': %d", cases[i].text, r);
		assert_non_null(gmtime_r(&second, &tm));
		assert_true(strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) > 0);
		(void)snprintf(text, sizeof(text), "%s.%03" PRIu64, date, ret % SECOND / 1000000);
		if (strcmp(text, cases[i].utc) != 0)
			fail_msg("'%s' is %s instead of %s", cases[i].text, text, cases[i].utc);
	}
}

static void the_words_of_systemd_mean_the_same_here(void **state)
{
	static const struct expect cases[] = {
		{"2012-11-23 11:12:13", "2012-11-23 03:12:13.000"},
		{"2012-11-23 11:12:13 UTC", "2012-11-23 11:12:13.000"},
		{"2012-11-23 11:12:13.25", "2012-11-23 03:12:13.250"},
		{"Fri 2012-11-23 11:12:13", "2012-11-23 03:12:13.000"},
		{"Friday, 2012-11-23 11:12:13 UTC", "2012-11-23 11:12:13.000"},
		{"2012-11-23T11:12:13,257602649+00:00", "2012-11-23 11:12:13.257"},
		{"2012-11-23 11:12:13 CET", "2012-11-23 10:12:13.000"},
		{"2012-07-23 11:12:13 Europe/Berlin", "2012-07-23 09:12:13.000"},
		{"2012-11-23", "2012-11-22 16:00:00.000"},
		{"11:12:13", "2012-11-23 03:12:13.000"},
		{"11:12", "2012-11-23 03:12:00.000"},
		{"3:05", "2012-11-22 19:05:00.000"},
		{"now", "2012-11-23 10:15:22.500"},
		{"today", "2012-11-22 16:00:00.000"},
		{"today UTC", "2012-11-23 00:00:00.000"},
		{"yesterday", "2012-11-21 16:00:00.000"},
		{"yesterday 03:00", "2012-11-21 19:00:00.000"},
		{"tomorrow", "2012-11-23 16:00:00.000"},
		{"+3h30min", "2012-11-23 13:45:22.500"},
		{"-5s", "2012-11-23 10:15:17.500"},
		{"11min ago", "2012-11-23 10:04:22.500"},
		{"@1395716396", "2014-03-25 02:59:56.000"},
		{"@0.5", "1970-01-01 00:00:00.500"},
	};

	(void)state;
	zone("Asia/Shanghai");
	check(cases, ARRAY_SIZE(cases));
}

static void spans_add_up(void **state)
{
	static const struct expect cases[] = {
		{"-1h", "2012-11-23 09:15:22.500"},
		{"- 1h 30min", "2012-11-23 08:45:22.500"},
		{"1h ago", "2012-11-23 09:15:22.500"},
		{"2 hours ago", "2012-11-23 08:15:22.500"},
		{"1d 2h ago", "2012-11-22 08:15:22.500"},
		{"1 week ago", "2012-11-16 10:15:22.500"},
		{"-90s", "2012-11-23 10:13:52.500"},
		{"90s ago", "2012-11-23 10:13:52.500"},
		{"1month ago", "2012-10-23 23:45:22.500"},
		{"-1.5h", "2012-11-23 08:45:22.500"},
		{"-300ms20s 5day", "2012-11-18 10:15:02.200"},
		{"5min left", "2012-11-23 10:20:22.500"},
		{"-1m", "2012-11-23 10:14:22.500"},
		{"-1500us", "2012-11-23 10:15:22.498"},
		{"-1500\u00b5s", "2012-11-23 10:15:22.498"},
		{"-1hr 2min", "2012-11-23 09:13:22.500"},
	};

	(void)state;
	zone("Asia/Shanghai");
	check(cases, ARRAY_SIZE(cases));
}

static void rfc_3339_is_understood(void **state)
{
	static const struct expect cases[] = {
		{"2026-11-22T03:00:00Z", "2026-11-22 03:00:00.000"},
		{"2026-11-22T03:00:00.123456789Z", "2026-11-22 03:00:00.123"},
		{"2026-11-22t03:00:00z", "2026-11-22 03:00:00.000"},
		{"2026-11-22T03:00:00+01:00", "2026-11-22 02:00:00.000"},
		{"2026-11-22T03:00:00-0530", "2026-11-22 08:30:00.000"},
		{"2026-11-22 03:00:00 +01:00", "2026-11-22 02:00:00.000"},
		{"2026-11-22 03:00:00 +01", "2026-11-22 02:00:00.000"},
		{"2026-11-22T03:00:00-05", "2026-11-22 08:00:00.000"},
		{"03:00 +01", "2012-11-23 02:00:00.000"},
		{"2026-11-22T03:00", "2026-11-21 19:00:00.000"},
	};

	(void)state;
	zone("Asia/Shanghai");
	check(cases, ARRAY_SIZE(cases));
}

static void a_time_pasted_from_our_own_lines_works(void **state)
{
	static const struct expect cases[] = {
		{"Nov 22 03:04:05.123", "2012-11-22 03:04:05.123"},
		{"Nov 23 23:00", "2012-11-23 23:00:00.000"},
		{"Nov 24", "2011-11-24 00:00:00.000"}, /* the latest one */
		{"Dec 31", "2011-12-31 00:00:00.000"},
		{"Feb 29", "2012-02-29 00:00:00.000"},
		{"Nov 22 03:04:05.123Z", "2012-11-22 03:04:05.123"},
		{"2011-11-22 03:04:05.123", "2011-11-22 03:04:05.123"},
		{"1353665722.123456", "2012-11-23 10:15:22.123"},
		{"1353665722", "2012-11-23 10:15:22.000"},
	};

	(void)state;
	zone("UTC0");
	check(cases, ARRAY_SIZE(cases));
}

/* The latest is not what is meant where the next one is soon: who parses is told. */
static void a_date_without_a_year_that_is_soon_is_told(void **state)
{
	static const struct {
		const char *text;
		int year;
		bool this_year, soon;
		int end_year;
		const char *dated;
	} cases[] = {
		{"Nov 22 03:00", 2012, true, false, 2012, "2012-11-22 03:00"},
		{"Nov 23", 2012, true, false, 2012, "2012-11-23"},
		{"Nov 24 03:00 UTC", 2011, false, true, 2012, "2011-11-24 03:00 UTC"},
		{"Dec 23", 2011, false, true, 2012, "2011-12-23"},
		{"Dec 31", 2011, false, true, 2012, "2011-12-31"},
		{"May 24", 2012, true, false, 2012, "2012-05-24"},
		{"Thu Nov 24", 2011, false, false, 2011, "2011-11-24"},
		{"2012-12-01", 0, false, false, 0, NULL},
		{"tomorrow", 0, false, false, 0, NULL},
	};
	const uint64_t december = 1356048000 * SECOND; /* 2012-12-21 */
	struct time_spec spec, end;
	char dated[64];

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ok(time_spec_parse(cases[i].text, NOW, &spec));
		assert_ok(time_spec_parse_end(cases[i].text, NOW, &end));
		if (spec.year != cases[i].year || spec.this_year != cases[i].this_year ||
		    spec.soon != cases[i].soon || end.year != cases[i].end_year)
			fail_msg("'%s': %d, %d, %d; of an end %d", cases[i].text, spec.year,
				 spec.this_year, spec.soon, end.year);
		if (!cases[i].dated)
			continue;
		time_spec_dated(cases[i].text, spec.year, dated, sizeof(dated));
		assert_string_equal(dated, cases[i].dated);
	}
	assert_ok(time_spec_parse_end("Nov 24", NOW, &end));
	assert_int_equal(end.first, 1353715200 * SECOND); /* 2012-11-24 */
	assert_ok(time_spec_parse("Jan 5", december, &spec));
	assert_true(spec.soon && spec.this_year);
	assert_ok(time_spec_parse_end("Jan 5", december, &end));
	assert_int_equal(end.year, 2013);
	assert_false(end.this_year);
}

/* How long what was given is: to the end of its last digit, from the second on. */
static void what_the_digits_leave_open_is_meant(void **state)
{
	static const struct {
		const char *text;
		uint64_t nano;
	} cases[] = {
		{"2012-11-23", 1},
		{"11:12", 1},
		{"now", 1},
		{"-1h", 1},
		{"2012-11-23 11:12:13", SECOND},
		{"2012-11-23 11:12:13.2", SECOND / 10},
		{"Nov 22 03:04:05.123", SECOND / 1000},
		{"2026-11-22T03:00:00,123456+01:00", 1000},
		{"2026-11-22T03:00:00.123456789Z", 1},
		{"2026-11-22T03:00:00.1234567891Z", 1},
		{"@1395716396", SECOND},
		{"@1395716396.25", SECOND / 100},
		{"1395716396.123456", 1000},
		{"boot+12", SECOND},
		{"boot+12.345", SECOND / 1000},
	};
	struct time_spec spec;

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ok(time_spec_parse(cases[i].text, NOW, &spec));
		if (spec.last - spec.first + 1 != cases[i].nano)
			fail_msg("'%s' is %" PRIu64 " ns long", cases[i].text,
				 spec.last - spec.first + 1);
	}
	assert_true(spec.boot);
	assert_int_equal(spec.first, 12345000000);
}

static void days_follow_the_zone_through_the_change_of_the_clocks(void **state)
{
	/* on 2012-10-28 Berlin went from +2 to +1 */
	static const struct expect cases[] = {
		{"2012-10-28", "2012-10-27 22:00:00.000"},
		{"2012-10-28 12:00", "2012-10-28 11:00:00.000"},
		{"2012-10-29", "2012-10-28 23:00:00.000"},
	};
	struct time_spec yesterday;

	(void)state;
	zone("Europe/Berlin");
	check(cases, ARRAY_SIZE(cases));
	/* on the 29th at 00:00, yesterday began 25 hours ago */
	assert_ok(time_spec_parse("yesterday", 1351465200 * SECOND, &yesterday));
	assert_int_equal(yesterday.first / SECOND, 1351465200 - 25 * 3600);
}

/* --since takes the first one, --until the second: nothing is left out. */
static void what_the_clock_showed_twice_is_both(void **state)
{
	struct time_spec spec;

	(void)state;
	zone("Europe/Berlin");
	assert_ok(time_spec_parse("2012-10-28 02:30", NOW, &spec));
	assert_int_equal(spec.first, 1351384200 * SECOND); /* 00:30 UTC */
	assert_int_equal(spec.last, 1351387800 * SECOND);
	assert_ok(time_spec_parse("2012-10-28 02:30:00", NOW, &spec));
	assert_int_equal(spec.last, 1351387801 * SECOND - 1);
	assert_ok(time_spec_parse("2012-10-28 02:30 CEST", NOW, &spec));
	assert_int_equal(spec.last, 1351384200 * SECOND);
	assert_ok(time_spec_parse("2012-10-28 02:30 CET", NOW, &spec));
	assert_int_equal(spec.first, 1351387800 * SECOND);
	for (const char *const *once = (const char *const[]){"2012-10-28 01:59", "2012-10-28 03:00",
							     "2012-03-25 02:30", NULL};
	     *once; once++) {
		assert_ok(time_spec_parse(*once, NOW, &spec));
		assert_int_equal(spec.first, spec.last);
	}
	zone("Asia/Shanghai");
	assert_ok(time_spec_parse("2012-10-28 02:30 Europe/Berlin", NOW, &spec));
	assert_int_equal(spec.last - spec.first, 3600 * SECOND);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"noon",
		"25:00",
		"12:60",
		"12",
		"1h",
		"-",
		"-h",
		"ago",
		"1h agoo",
		"now then",
		"@",
		"@x",
		"@12x",
		"2026-13-01",
		"Sun 2026-11-28",
		"Sat",
		"2026-11-22 03:00 ../../etc/passwd",
		"2026-11-22 03:00 Nowhere/City",
		"2026-02-30",
		"2025-02-29",
		"2026-00-10",
		"2026-11-22 03:00 maybe",
		"2026-11-22T03:00:00+1",
		"2026-11-22T03:00:00+01:",
		"2026-11-22T03:00:00+01:0",
		"2026-11-22T03:00:00+15",
		"2026-11-22T03:00:00+25:00",
		"2026-11-22x",
		"Feb 30",
		"Nov",
		"todayish",
		"-99999999999999999999h",
		"boot+",
		"boot+x",
		"12345678",
		"-2",
		"-90",
		"90 ago",
		"1h 30 ago",
		"+5",
		"-2M",
		"2M ago",
		"-1h 2M",
		"1353665722x",
	};
	struct time_spec ret = {.first = 42};

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (time_spec_parse(cases[i], NOW, &ret) != -EINVAL)
			fail_msg("'%s' was taken", cases[i]);
	assert_int_equal(ret.first, 42);
}

static void what_does_not_fit_is_out_of_range(void **state)
{
	static const char *const cases[] = {
		"1969-12-31",         "2300-01-01",        "-100y", "+999999y",
		"@99999999999999999", "-999999999999999y", "@-1",
	};
	struct time_spec ret = {.first = 42};

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (time_spec_parse(cases[i], NOW, &ret) != -ERANGE)
			fail_msg("'%s' was taken", cases[i]);
	assert_int_equal(ret.first, 42);
}

#define SAY " is not a time: say " TIME_SPEC_WORDS

static void what_is_wrong_with_a_time_is_said(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"1h", "'1h' is not a time: did you mean -1h?"},
		{"1h 30min", "'1h 30min' is not a time: did you mean -1h 30min?"},
		{"12", "'12'" SAY},
		{"-2", "'-2' lacks a unit: say -2s, -2min, -2h or -2d"},
		{"+1.5", "'+1.5' lacks a unit: say +1.5s, +1.5min, +1.5h or +1.5d"},
		{"90 ago", "'90 ago' lacks a unit: say 90s, 90min, 90h or 90d"},
		{"-1h 30", "'-1h 30' lacks a unit: say 30s, 30min, 30h or 30d"},
		{"-2M", "'-2M': is M months or minutes? say -2month or -2min"},
		{"2M ago", "'2M ago': is M months or minutes? say 2month or 2min"},
		{"1h 2 M ago", "'1h 2 M ago': is M months or minutes? say 2month or 2min"},
		{"Sun 2026-11-28", "'Sun 2026-11-28': 2026-11-28 is a Saturday"},
		{"Sunday, 2026-11-28 03:00 UTC",
		 "'Sunday, 2026-11-28 03:00 UTC': 2026-11-28 is a Saturday"},
		{"2026-02-30", "'2026-02-30': February 2026 has the days 01 to 28"},
		{"2024-02-30 03:00", "'2024-02-30 03:00': February 2024 has the days 01 to 29"},
		{"Feb 30", "'Feb 30': February 2012 has the days 01 to 29"},
		{"2026-12-32", "'2026-12-32': December 2026 has the days 01 to 31"},
		{"2026-13-01", "'2026-13-01': a year has the months 01 to 12"},
		{"@-1", "'@-1' is too early or too late: times reach from 1970 to 2262"},
		{"noon", "'noon' is not a time: did you mean 12:00?"},
		{"Last night", "'Last night' is not a time: did you mean \"yesterday 22:00\"?"},
		{"2am", "'2am' is not a time: did you mean 02:00?"},
		{"12 am", "'12 am' is not a time: did you mean 00:00?"},
		{"11PM", "'11PM' is not a time: did you mean 23:00?"},
		{"13pm", "'13pm'" SAY},
		{"2a", "'2a'" SAY},
		{"Sat", "'Sat' is not a time: did you mean 2012-11-17?"},
		{"on Friday", "'on Friday' is not a time: did you mean 2012-11-23?"},
		{"last friday", "'last friday' is not a time: did you mean 2012-11-16?"},
		{"monday 10:00",
		 "'monday 10:00' is not a time: did you mean \"2012-11-19 10:00\"?"},
		{"monday at ten", "'monday at ten'" SAY},
		{"30 Nov 2026", "'30 Nov 2026' is not a time: did you mean 2026-11-30?"},
		{"November 30th, 2026 03:00:30",
		 "'November 30th, 2026 03:00:30' is not a time: did you mean \"2026-11-30 "
		 "03:00:30\"?"},
		{"2026 Sept 3", "'2026 Sept 3' is not a time: did you mean 2026-09-03?"},
		{"24 nov", "'24 nov' is not a time: did you mean 2011-11-24?"},
		{"23 nov", "'23 nov' is not a time: did you mean 2012-11-23?"},
		{"31 Nov 2026", "'31 Nov 2026'" SAY},
		{"30.11.26", "'30.11.26' is not a time: did you mean 2026-11-30?"},
		{"11/30/2026", "'11/30/2026' is not a time: did you mean 2026-11-30?"},
		{"2026/11/30T03:00",
		 "'2026/11/30T03:00' is not a time: did you mean \"2026-11-30 03:00\"?"},
		{"20261130", "'20261130' is not a time: did you mean 2026-11-30?"},
		{"1.2.3.4", "'1.2.3.4'" SAY},
		{"last hour", "'last hour' is not a time: did you mean -1hour?"},
		{"an hour ago", "'an hour ago' is not a time: did you mean -1hour?"},
		{"last 2 hours", "'last 2 hours' is not a time: did you mean \"-2 hours\"?"},
		{"week", "'week' is not a time: did you mean -1week?"},
		{"yesteday 22:00",
		 "'yesteday 22:00' is not a time: did you mean \"yesterday 22:00\"?"},
		{"2026-11-22 03:00 maybe", "'2026-11-22 03:00 maybe'" SAY},
		{"", "''" SAY},
	};
	char why[320];

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		time_spec_why(rows[i].text, NOW, why, sizeof(why));
		assert_string_equal(why, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_of_systemd_mean_the_same_here),
		cmocka_unit_test(spans_add_up),
		cmocka_unit_test(rfc_3339_is_understood),
		cmocka_unit_test(a_time_pasted_from_our_own_lines_works),
		cmocka_unit_test(a_date_without_a_year_that_is_soon_is_told),
		cmocka_unit_test(what_the_digits_leave_open_is_meant),
		cmocka_unit_test(days_follow_the_zone_through_the_change_of_the_clocks),
		cmocka_unit_test(what_the_clock_showed_twice_is_both),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(what_does_not_fit_is_out_of_range),
		cmocka_unit_test(what_is_wrong_with_a_time_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
