/* SPDX-License-Identifier: Apache-2.0 */
/* --since and --until: what was typed, and the moments that were meant. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-spec.h"
#include "consumer/base/time-stamp.h"
#include "consumer/filter/filter-internal.h"
#include "proto/base/clock.h"

/* For "22:00" it is last night's, most of the time; "+1h" lacks nothing but the right sign. */
static void put_meant(struct line *line, const char *text)
{
	const char *of_today = time_spec_of_today(text);

	if (of_today) {
		line_text(line, "; for the day before say --since \"yesterday ");
		line_safe(line, of_today, FILTER_TIME_TEXT);
		line_text(line, "\"");
	} else if (*text == '+') {
		line_text(line, "; for what was before say --since -");
		line_safe(line, text + 1, FILTER_TIME_TEXT);
	}
}

static int refuse_order(const struct filter *filter, const struct filter_error *error)
{
	struct line line = line_make(error->text, error->size);

	line_text(&line, "--since ");
	line_safe(&line, filter->since_text, FILTER_TIME_TEXT);
	line_text(&line, " is later than --until ");
	line_safe(&line, filter->until_text, FILTER_TIME_TEXT);
	line_text(&line, ": nothing can match");
	put_meant(&line, filter->since_text);
	(void)line_end(&line);
	return -EINVAL;
}

/* To look for what is yet to come is nothing that people do, and last year's may not be meant. */
static int refuse_soon(const char *arg, const struct time_spec *when,
		       const struct filter_error *error)
{
	struct line line = line_make(error->text, error->size);
	char dated[FILTER_TIME_TEXT];
	const char *quote;

	time_spec_dated(arg, when->year, dated, sizeof(dated));
	quote = strchr(dated, ' ') ? "\"" : "";
	line_safe(&line, arg, FILTER_TIME_TEXT);
	line_text(&line, " is yet to come; for ");
	line_text(&line, when->this_year ? "this year's write " : "last year's write ");
	line_text(&line, quote);
	line_safe(&line, dated, FILTER_TIME_TEXT);
	line_text(&line, quote);
	(void)line_end(&line);
	return -EINVAL;
}

/* A year that nobody said, and that is not the current one, is told where the time is. */
static void keep_text(char text[FILTER_TIME_TEXT], const char *arg, const struct time_spec *when)
{
	if (when->year && !when->this_year)
		time_spec_dated(arg, when->year, text, FILTER_TIME_TEXT);
	else
		(void)snprintf(text, FILTER_TIME_TEXT, "%s", arg);
}

int filter_parse_time(struct filter *filter, const char *arg, bool until,
		      const struct filter_error *error)
{
	uint64_t now = clock_nano(CLOCK_REALTIME);
	struct time_range *range = &filter->time;
	struct time_spec when;
	int r = until ? time_spec_parse_end(arg, now, &when) : time_spec_parse(arg, now, &when);

	if (r < 0) {
		time_spec_why(arg, now, error->text, error->size);
		return -EINVAL;
	}
	if (when.soon && !until)
		return refuse_soon(arg, &when, error);
	if (when.boot)
		range = &filter->boot;
	/* what is copied from a line stands for all that the line's digits stand for */
	if (until)
		range->until = when.last;
	else
		range->since = when.first;
	keep_text(until ? filter->until_text : filter->since_text, arg, &when);
	filter->took_year[until] = when.year && !when.this_year;
	range->given = filter->timed = true;
	return range->since > range->until ? refuse_order(filter, error) : 0;
}

bool filter_is_since_boot(const char *arg)
{
	return !strncmp(arg + strspn(arg, " \t"), TIME_SPEC_BOOT, strlen(TIME_SPEC_BOOT));
}

const char *filter_exact_time(const struct filter *filter, bool until, const char *arg,
			      char buf[FILTER_TIME_TEXT])
{
	struct line line = line_make(buf, FILTER_TIME_TEXT);

	if (filter_is_since_boot(arg))
		return arg;
	time_stamp_exact(&line, until ? filter->time.until : filter->time.since, until);
	(void)line_end(&line);
	return buf;
}

bool filter_has_time(const struct filter *filter)
{
	return filter->timed;
}

uint64_t filter_since(const struct filter *filter)
{
	return filter->time.given ? filter->time.since : 0;
}

bool filter_is_past(const struct filter *filter, uint64_t now)
{
	return filter->time.given && filter->time.since && filter->time.since < now;
}

bool filter_is_over(const struct filter *filter, uint64_t now)
{
	return filter->time.given && filter->time.until < now;
}

bool filter_is_to_come(const struct filter *filter)
{
	return filter_since(filter) > clock_nano(CLOCK_REALTIME);
}

void filter_put_to_come(const struct filter *filter, struct line *line)
{
	const uint64_t now = clock_nano(CLOCK_REALTIME);

	line_text(line, "--since ");
	line_safe(line, filter->since_text, FILTER_TIME_TEXT);
	line_text(line, " is still to come: it is ");
	time_stamp_exact(line, now - now % 1000000000, false);
	line_text(line, " now");
	put_meant(line, filter->since_text);
}
