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
#include "proto/base/util.h"

#define SHOWN 64 /* characters of the text */
#define PARSED 128

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				   "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
				     "May",       "June",     "July",     "August",
				     "September", "October",  "November", "December"};

/* @prefix and the text are a time. */
static bool would_be(const char *prefix, const char *text, uint64_t now)
{
	char guess[PARSED];
	struct time_spec when;
	int n = snprintf(guess, sizeof(guess), "%s%s", prefix, text);

	return n > 0 && (size_t)n < sizeof(guess) && time_spec_parse(guess, now, &when) == 0;
}

/* "1h" lacks what says from where it counts. */
static const char *missing_sign(const char *text, uint64_t now)
{
	size_t digits = strspn(text, "0123456789");

	/* 12 may be noon as well as seconds */
	return digits && text[digits] && would_be("-", text, now) ? "-" : NULL;
}

/* Behind a day of the week; the text itself if it begins with none. */
static const char *behind_weekday(const char *text)
{
	const char *p = text;

	while (isalpha((unsigned char)*p))
		p++;
	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		if (p - text >= 3 && !strncasecmp(text, days[i], 3))
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
	for (ret->tm_mon = 0; ret->tm_mon < 12; ret->tm_mon++)
		if (!strncasecmp(text, months[ret->tm_mon], 3))
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
			       months[date.tm_mon], date.tm_year + 1900, days_in(&date));
		return true;
	}
	if (rest == text || !isdigit((unsigned char)*rest) || !would_be("", rest, now))
		return false;
	(void)timegm(&date);
	(void)snprintf(buf, size, "'%.*s': %.10s is a %s", SHOWN, text, rest, days[date.tm_wday]);
	return true;
}

void time_spec_why(const char *text, uint64_t now, char *buf, size_t size)
{
	const char *sign;
	struct time_spec when;

	text += strspn(text, " \t");
	if (time_spec_parse(text, now, &when) == -ERANGE) {
		(void)snprintf(buf, size,
			       "'%.*s' is too early or too late: times reach from 1970 to 2262",
			       SHOWN, text);
		return;
	}
	sign = missing_sign(text, now);
	if (sign)
		(void)snprintf(buf, size, "'%.*s' is not a time: did you mean %s%.*s?", SHOWN, text,
			       sign, SHOWN, text);
	else if (!put_date(text, now, buf, size))
		(void)snprintf(buf, size, "'%.*s' is not a time: say " TIME_SPEC_WORDS, SHOWN,
			       text);
}
