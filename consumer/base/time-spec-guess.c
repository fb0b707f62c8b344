/* SPDX-License-Identifier: Apache-2.0 */
/* Times as people write them: what is guessed is read by time_spec_parse before it is told, so it
 * may be generous. */
#include "consumer/base/time-spec.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "proto/base/options.h"
#include "proto/base/util.h"

#define GUESS 128
#define NUMBERS 3
#define DAY_SECONDS 86400

/* The words and numbers of a date, in any order. */
struct parts {
	int64_t numbers[NUMBERS];
	size_t digits[NUMBERS];
	unsigned n;
	int month, weekday; /* -1: none */
	bool before;        /* "last monday" is not today */
	const char *time;   /* what stands from the first ":" on, with its hours; "": nothing */
};

static bool offer(const char *guess, uint64_t now, char *buf, size_t size)
{
	const char *quote = strchr(guess, ' ') ? "\"" : "";
	struct time_spec when;

	if (time_spec_parse(guess, now, &when) < 0)
		return false;
	(void)snprintf(buf, size, "%s%s%s", quote, guess, quote);
	return true;
}

/* Of @n names, the one that the word is, or is the beginning of; -1. */
static int find_name(const char *const *names, int n, const char *word, size_t size)
{
	for (int i = 0; i < n; i++)
		if (size >= 3 && size <= strlen(names[i]) && !strncasecmp(names[i], word, size))
			return i;
	return size == 4 && n == TIME_SPEC_MONTHS && !strncasecmp(word, "sept", 4) ? 8 : -1;
}

static bool is_one_of(const char *words, const char *word, size_t size)
{
	for (const char *p = words; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == size && !strncasecmp(p, word, size))
			return true;
	return false;
}

static bool take_word(struct parts *parts, const char *word, size_t size)
{
	const int month = find_name(time_spec_months, TIME_SPEC_MONTHS, word, size);
	const int weekday = find_name(time_spec_days, TIME_SPEC_DAYS, word, size);

	if (month >= 0 && parts->month < 0)
		parts->month = month;
	else if (weekday >= 0 && parts->weekday < 0)
		parts->weekday = weekday;
	else if (is_one_of("last past", word, size))
		parts->before = true;
	else
		return is_one_of("on at of the this since st nd rd th", word, size);
	return true;
}

static bool take_number(struct parts *parts, const char *word, size_t size)
{
	int64_t v = 0;

	if (parts->n == NUMBERS || size > 8)
		return false;
	for (size_t i = 0; i < size; i++)
		v = v * 10 + (word[i] - '0');
	parts->numbers[parts->n] = v;
	parts->digits[parts->n++] = size;
	return true;
}

static bool split(struct parts *parts, const char *text)
{
	*parts = (struct parts){.month = -1, .weekday = -1, .time = ""};
	for (const char *p = text; p += strspn(p, " \t,./-"), *p;) {
		const char *end = p;

		while (isdigit((unsigned char)*end))
			end++;
		if (end > p && *end == ':') {
			parts->time = p;
			return true;
		}
		if (end > p) {
			if (!take_number(parts, p, (size_t)(end - p)))
				return false;
			end += parts->n == NUMBERS && *end == 'T'; /* "2026/11/30T03:00" */
			p = end;
			continue;
		}
		while (isalpha((unsigned char)*end))
			end++;
		if (end == p || !take_word(parts, p, (size_t)(end - p)))
			return false;
		p = end;
	}
	return true;
}

static void set_date(struct tm *tm, int64_t year, int64_t month, int64_t day)
{
	tm->tm_year = (int)(year < 100 ? year + 100 : year - 1900);
	tm->tm_mon = (int)month - 1;
	tm->tm_mday = (int)day;
}

/* "30 Nov 2026", "Nov 30": without a year the latest one that is not after today. */
static bool named_month(const struct parts *parts, const struct tm *today, struct tm *ret)
{
	const int64_t a = parts->numbers[0], b = parts->numbers[1];
	const bool year_first = parts->digits[0] == 4;

	if (!parts->n || parts->n > 2)
		return false;
	*ret = *today;
	if (parts->n == 2) {
		set_date(ret, year_first ? a : b, parts->month + 1, year_first ? b : a);
		return true;
	}
	if (parts->month > today->tm_mon || (parts->month == today->tm_mon && a > today->tm_mday))
		ret->tm_year--;
	ret->tm_mon = parts->month;
	ret->tm_mday = (int)a;
	return true;
}

/* "30.11.2026", "30/11/26", "11/30/2026", "2026/11/30" */
static bool three_numbers(const struct parts *parts, struct tm *ret)
{
	const int64_t *v = parts->numbers;

	if (parts->digits[0] == 4)
		set_date(ret, v[0], v[1], v[2]);
	else if (v[1] > 12)
		set_date(ret, v[2], v[0], v[1]);
	else
		set_date(ret, v[2], v[1], v[0]);
	return true;
}

/* The latest one; of a Monday "monday" is that day. */
static bool named_weekday(const struct parts *parts, struct tm *ret)
{
	int days = (ret->tm_wday - parts->weekday + 7) % 7;
	time_t noon;

	ret->tm_hour = 12; /* whatever the clock does at night */
	ret->tm_min = ret->tm_sec = 0;
	ret->tm_isdst = -1;
	noon = mktime(ret);
	if (!days && parts->before)
		days = 7;
	noon -= (time_t)days * DAY_SECONDS;
	return localtime_r(&noon, ret) != NULL;
}

static bool read_date(const struct parts *parts, uint64_t now, struct tm *ret)
{
	time_t second = (time_t)(now / 1000000000);
	struct tm today;

	if (!localtime_r(&second, &today))
		return false;
	*ret = today;
	if (parts->month >= 0)
		return named_month(parts, &today, ret);
	if (parts->n == 3)
		return three_numbers(parts, ret);
	if (parts->n == 1 && parts->digits[0] == 8) {
		const int64_t v = parts->numbers[0];

		set_date(ret, v / 10000, v / 100 % 100, v % 100);
		return true;
	}
	return !parts->n && parts->weekday >= 0 && named_weekday(parts, ret);
}

static bool guess_date(const char *text, uint64_t now, char *buf, size_t size)
{
	struct parts parts;
	char guess[GUESS];
	struct tm date;

	if (!split(&parts, text) || !read_date(&parts, now, &date))
		return false;
	(void)snprintf(guess, sizeof(guess), "%04d-%02d-%02d%s%.64s", date.tm_year + 1900,
		       date.tm_mon + 1, date.tm_mday, *parts.time ? " " : "", parts.time);
	return offer(guess, now, buf, size);
}

/* "last 2 hours", "past hour", "an hour ago", "hour" */
static bool guess_span(const char *text, uint64_t now, char *buf, size_t size)
{
	static const char *const leads[] = {"in the last ", "for the last ", "the last ", "last ",
					    "past ",        "an ",           "a ",        ""};
	char guess[GUESS];

	/* 12 may be noon as well as seconds */
	if (!text[strspn(text, "0123456789")])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		const char *rest;
		size_t n;

		if (strncasecmp(text, leads[i], strlen(leads[i])) != 0)
			continue;
		rest = text + strlen(leads[i]);
		n = strlen(rest);
		if (n > 4 && !strcasecmp(rest + n - 4, " ago"))
			n -= 4;
		(void)snprintf(guess, sizeof(guess), "-%s%.*s",
			       isdigit((unsigned char)*rest) ? "" : "1", (int)min_u64(n, 64), rest);
		if (offer(guess, now, buf, size))
			return true;
	}
	return false;
}

/* "yesteday", "tody 10:00" */
static bool guess_word(const char *text, uint64_t now, char *buf, size_t size)
{
	static const char *const words[] = {"today", "yesterday", "tomorrow", "now", NULL};
	const size_t n = strcspn(text, " ");
	char word[16], guess[GUESS];
	const char *near;

	if (n < 3 || n >= sizeof(word))
		return false;
	for (size_t i = 0; i < n; i++)
		word[i] = (char)tolower((unsigned char)text[i]);
	word[n] = '\0';
	near = option_nearest(word, words);
	if (!near)
		return false;
	(void)snprintf(guess, sizeof(guess), "%s%.64s", near, text + n);
	return offer(guess, now, buf, size);
}

bool time_spec_guess(const char *text, uint64_t now, char *buf, size_t size)
{
	return guess_date(text, now, buf, size) || guess_span(text, now, buf, size) ||
	       guess_word(text, now, buf, size);
}
