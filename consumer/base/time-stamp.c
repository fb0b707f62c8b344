/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/time-stamp.h"

#include <string.h>
#include <time.h>

#include "consumer/base/time-spec.h"
#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)
#define SHORT_WIDTH 19

static const struct {
	const char *name, *format;
	bool precise, zoned;
} styles[] = {
	[TIME_SHORT] = {"short", "%b %d %H:%M:%S", false, false},
	[TIME_SHORT_PRECISE] = {"short-precise", "%b %d %H:%M:%S", true, false},
	[TIME_ISO] = {"short-iso", "%Y-%m-%dT%H:%M:%S", false, true},
	[TIME_ISO_PRECISE] = {"short-iso-precise", "%Y-%m-%dT%H:%M:%S", true, true},
	[TIME_FULL] = {"short-full", "%a %Y-%m-%d %H:%M:%S", false, true},
	[TIME_UNIX] = {"unix", NULL, true, false},
	[TIME_MONOTONIC] = {"monotonic", NULL, true, false},
};

int time_style_find(const char *name)
{
	static const struct {
		const char *name;
		enum time_style style;
	} others[] = {
		{"iso", TIME_ISO},
		{"short-unix", TIME_UNIX},
		{"short-monotonic", TIME_MONOTONIC},
	};

	for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
		if (!strcmp(name, styles[i].name))
			return (int)i;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i].name))
			return (int)others[i].style;
	return -1;
}

void time_stamp_init(struct time_stamp *stamp, enum time_style style, bool utc, int year)
{
	time_t now = time(NULL);
	struct tm tm = {0};

	(void)(utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm));
	*stamp = (struct time_stamp){.style = style, .utc = utc, .second = UINT64_MAX};
	stamp->year = year ? year - 1900 : tm.tm_year;
	stamp->width = style == TIME_SHORT ? SHORT_WIDTH + utc : 0;
}

/* "+01:00" */
static void put_offset(const struct tm *tm, char *buf, size_t size)
{
	char digits[8] = "";

	(void)strftime(digits, sizeof(digits), "%z", tm);
	(void)snprintf(buf, size, "%.3s:%.2s", digits, strlen(digits) < 5 ? "00" : digits + 3);
}

/* The calendar is asked once a second of the stream, not once a record. */
static void make_text(struct time_stamp *stamp, uint64_t second)
{
	const char *format = styles[stamp->style].format;
	time_t t = (time_t)second;
	struct tm tm;

	if (!(stamp->utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)))
		memset(&tm, 0, sizeof(tm));
	if (*format == '%' && format[1] == 'b' && tm.tm_year != stamp->year)
		format = "%Y-%m-%d %H:%M:%S";
	stamp->text_size = strftime(stamp->text, sizeof(stamp->text), format, &tm);
	*stamp->zone = '\0';
	if (stamp->style == TIME_FULL)
		(void)strftime(stamp->zone, sizeof(stamp->zone), stamp->utc ? " UTC" : " %Z", &tm);
	else if (stamp->utc)
		(void)snprintf(stamp->zone, sizeof(stamp->zone), "Z");
	else if (styles[stamp->style].zoned)
		put_offset(&tm, stamp->zone, sizeof(stamp->zone));
	stamp->zone_size = strlen(stamp->zone);
	stamp->second = second;
}

static void put_fraction(const struct time_stamp *stamp, struct line *line, uint64_t nano)
{
	line_put(line, ".", 1);
	if (styles[stamp->style].precise)
		line_digits(line, nano / 1000 % 1000000, 6);
	else
		line_digits(line, nano / 1000000 % 1000, 3);
}

static void put_seconds(const struct time_stamp *stamp, struct line *line, uint64_t nano)
{
	line_uint(line, nano / SECOND);
	put_fraction(stamp, line, nano);
}

void time_stamp_put(struct time_stamp *stamp, struct line *line, const uint64_t *unix_nano,
		    const uint64_t *boot_nano)
{
	const char *start = line->p;
	unsigned width;

	if (unix_nano && styles[stamp->style].format) {
		if (stamp->second != *unix_nano / SECOND)
			make_text(stamp, *unix_nano / SECOND);
		line_put(line, stamp->text, stamp->text_size);
		put_fraction(stamp, line, *unix_nano);
		line_put(line, stamp->zone, stamp->zone_size);
	} else if (unix_nano && stamp->style == TIME_UNIX) {
		put_seconds(stamp, line, *unix_nano);
	} else if (boot_nano) {
		/* as dmesg does, when no Clock has told the time of day */
		line_text(line, TIME_SPEC_BOOT);
		put_seconds(stamp, line, *boot_nano);
	} else {
		line_text(line, "-");
	}
	width = (unsigned)(line->p - start);
	if (width > stamp->width)
		stamp->width = width;
	line_pad(line, stamp->width - width);
}

/* Of a second's fraction, if what is left of it is all zeros. */
static unsigned fraction_digits(uint64_t nano)
{
	if (nano % SECOND == 0)
		return 0;
	if (nano % 1000000 == 0)
		return 3;
	return nano % 1000 == 0 ? 6 : 9;
}

void time_stamp_exact(struct line *line, uint64_t nano, bool until)
{
	static const uint64_t units[] = {[3] = 1000000, [6] = 1000, [9] = 1};
	time_t second = (time_t)(nano / SECOND);
	const unsigned digits = fraction_digits(nano + until);
	char text[40] = "", offset[16];
	struct tm tm;

	if (!localtime_r(&second, &tm))
		memset(&tm, 0, sizeof(tm));
	/* a minute is one moment, a second is as long as it is */
	(void)strftime(text, sizeof(text),
		       tm.tm_sec || nano % SECOND ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%dT%H:%M", &tm);
	line_text(line, text);
	if ((tm.tm_sec || nano % SECOND) && digits) {
		line_put(line, ".", 1);
		line_digits(line, nano % SECOND / units[digits], digits);
	}
	put_offset(&tm, offset, sizeof(offset));
	line_text(line, tm.tm_gmtoff ? offset : "Z");
}
