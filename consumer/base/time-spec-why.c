/* SPDX-License-Identifier: Apache-2.0 */
/* Why a text is no time: what is probably meant, or what is wrong with it. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "consumer/base/time-spec.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define SHOWN 64 /* characters of the text */
#define PARSED 128

/* @prefix and the text are a time. */
static bool would_be(const char *prefix, const char *text, uint64_t now)
{
	char guess[PARSED];
	struct time_spec when;
	int n = snprintf(guess, sizeof(guess), "%s%s", prefix, text);

	return n > 0 && (size_t)n < sizeof(guess) && time_spec_parse(guess, now, &when) == 0;
}

/* "1h" lacks what says from where it counts. */
static bool lacks_sign(const char *text, uint64_t now)
{
	size_t digits = strspn(text, "0123456789");

	/* 12 may be noon as well as seconds */
	return digits && text[digits] && would_be("-", text, now);
}

/* Behind a day of the week; the text itself if it begins with none. */
static const char *behind_weekday(const char *text)
{
	const char *p = text;

	while (isalpha((unsigned char)*p))
		p++;
	for (size_t i = 0; i < TIME_SPEC_DAYS; i++)
		if (p - text >= 3 && !strncasecmp(text, time_spec_days[i], 3))
			return p + strspn(p, ", ");
	return text;
}

/* "2026-11-22", or "Nov 22" of this year. */
static bool take_date(const char *text, uint64_t now, struct tm *ret)
{
	time_t second = (time_t)(now / 1000000000);
	int year, month, day, end = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && end == 10) {
		*ret = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
		return true;
	}
	if (strlen(text) < 5 || text[3] != ' ' || sscanf(text + 4, "%2d", &day) != 1 ||
	    !localtime_r(&second, ret))
		return false;
	ret->tm_mday = day;
	for (ret->tm_mon = 0; ret->tm_mon < TIME_SPEC_MONTHS; ret->tm_mon++)
		if (!strncasecmp(text, time_spec_months[ret->tm_mon], 3))
			return true;
	return false;
}

/* 28 to 31; the day before the first of the next month. */
static int days_in(const struct tm *date)
{
	struct tm last = {.tm_year = date->tm_year, .tm_mon = date->tm_mon + 1};

	(void)timegm(&last);
	return last.tm_mday;
}

/* A date that the calendar does not have, or has on another day. False: it is not that. */
static bool put_date(const char *text, uint64_t now, char *buf, size_t size)
{
	const char *rest = behind_weekday(text);
	struct tm date;

	if (!take_date(rest, now, &date))
		return false;
	if (date.tm_mon < 0 || date.tm_mon > 11) {
		(void)snprintf(buf, size, "'%.*s': a year has the months 01 to 12", SHOWN, text);
		return true;
	}
	if (date.tm_mday < 1 || date.tm_mday > days_in(&date)) {
		(void)snprintf(buf, size, "'%.*s': %s %d has the days 01 to %d", SHOWN, text,
			       time_spec_months[date.tm_mon], date.tm_year + 1900, days_in(&date));
		return true;
	}
	if (rest == text || !isdigit((unsigned char)*rest) || !would_be("", rest, now))
		return false;
	(void)timegm(&date);
	(void)snprintf(buf, size, "'%.*s': %.10s is a %s", SHOWN, text, rest,
		       time_spec_days[date.tm_wday]);
	return true;
}

/* "2am", "11 pm": as the clock of 24 hours has it. False: it is not that. */
static bool twelve_hours(const char *text, char *buf, size_t size)
{
	unsigned hour;
	int end = 0;

	if (sscanf(text, "%2u %n", &hour, &end) != 1 || !hour || hour > 12 ||
	    (strcasecmp(text + end, "am") != 0 && strcasecmp(text + end, "pm") != 0))
		return false;
	(void)snprintf(buf, size, "%02u:00", hour % 12 + (tolower(text[end]) == 'p' ? 12 : 0));
	return true;
}

/* What people say, and a clock does not; "" if it is nothing of that. */
static const char *meant_by(const char *text, uint64_t now, char buf[PARSED])
{
	static const char *const phrases[][2] = {
		{"last night", "\"yesterday 22:00\""},
		{"tonight", "\"today 20:00\""},
		{"this morning", "\"today 06:00\""},
		{"midnight", "today"},
		{"noon", "12:00"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
		if (!strcasecmp(text, phrases[i][0]))
			return phrases[i][1];
	if (twelve_hours(text, buf, PARSED))
		return buf;
	(void)snprintf(buf, PARSED, "-%.*s", SHOWN, text);
	return lacks_sign(text, now) ? buf : "";
}

/* The number at @p, with the sign of the text if it is the first; what stands behind it. */
static const char *take_number(const char *text, const char *p, char buf[SHOWN])
{
	const bool sign = *text == '-' || *text == '+';
	const bool first = text + sign + strspn(text + sign, " \t") == p;
	const size_t n = strspn(p, "0123456789.,");

	(void)snprintf(buf, SHOWN, "%.*s%.*s", sign && first, text, (int)n, p);
	p += n;
	return p + strspn(p, " \t");
}

/* "-2", "2M ago", "1h 30 ago": a span of which a number has no unit, or one that may be two. False:
 * it is nothing of that. */
static bool put_unit(const char *text, char *buf, size_t size)
{
	const bool sign = *text == '-' || *text == '+';
	const char *p = text + sign;
	char n[SHOWN];
	size_t letters;

	for (p += strspn(p, " \t"); isdigit((unsigned char)*p); p += strspn(p, " \t")) {
		p = take_number(text, p, n);
		if (time_spec_is_m(p)) {
			(void)snprintf(buf, size,
				       "'%.*s': is M months or minutes? say %smonth or %smin",
				       SHOWN, text, n, n);
			return true;
		}
		if (*p ? !strcasecmp(p, "ago") || !strcasecmp(p, "left") : sign) {
			(void)snprintf(buf, size, "'%.*s' lacks a unit: say %ss, %smin, %sh or %sd",
				       SHOWN, text, n, n, n, n);
			return true;
		}
		letters = 0;
		while (units_is_letter(p[letters]))
			letters++;
		if (!units_time(p, letters))
			return false;
		p += letters;
	}
	return false;
}

void time_spec_why(const char *text, uint64_t now, char *buf, size_t size)
{
	char guess[PARSED];
	const char *meant;
	struct time_spec when;

	text += strspn(text, " \t");
	if (time_spec_parse(text, now, &when) == -ERANGE) {
		(void)snprintf(buf, size,
			       "'%.*s' is too early or too late: times reach from 1970 to 2262",
			       SHOWN, text);
		return;
	}
	if (put_unit(text, buf, size))
		return;
	meant = meant_by(text, now, guess);
	if (*meant)
		(void)snprintf(buf, size, "'%.*s' is not a time: did you mean %s?", SHOWN, text,
			       meant);
	else if (put_date(text, now, buf, size))
		return;
	else if (time_spec_guess(text, now, guess, sizeof(guess)))
		(void)snprintf(buf, size, "'%.*s' is not a time: did you mean %s?", SHOWN, text,
			       guess);
	else
		(void)snprintf(buf, size, "'%.*s' is not a time: say " TIME_SPEC_WORDS, SHOWN,
			       text);
}

void time_spec_dated(const char *text, int year, char *buf, size_t size)
{
	const char *rest = behind_weekday(text + strspn(text, " \t"));
	int month = 0, day = 0, end = 0;

	while (month < TIME_SPEC_MONTHS && strncasecmp(rest, time_spec_months[month], 3) != 0)
		month++;
	if (month == TIME_SPEC_MONTHS || sscanf(rest + 3, "%2d%n", &day, &end) != 1)
		(void)snprintf(buf, size, "%s", text);
	else
		(void)snprintf(buf, size, "%04d-%02d-%02d%s", year, month + 1, day, rest + 3 + end);
}

const char *time_spec_of_today(const char *text)
{
	size_t digits;

	text += strspn(text, " \t");
	if (!strncasecmp(text, "today", 5))
		text += 5 + strspn(text + 5, " \t");
	digits = strspn(text, "0123456789");
	return digits && digits <= 2 && text[digits] == ':' ? text : NULL;
}
