/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/time-spec.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "consumer/base/time-zone.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define SECOND INT64_C(1000000000)
#define WHEN_ZONE 64
#define DAY_SECONDS 86400
/* Ahead: who means the latest such date says the year then; if that was last year's, wherever the
 * next one is nearer. */
#define SOON_DAYS 31
#define NEARER_DAYS 183
#define EPOCH_DIGITS 9 /* so many are a time without @ as well: since 1973 */

const char *const time_spec_days[TIME_SPEC_DAYS] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};
const char *const time_spec_months[TIME_SPEC_MONTHS] = {
	"January", "February", "March",     "April",   "May",      "June",
	"July",    "August",   "September", "October", "November", "December",
};

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static bool skip_word(const char **s, const char *word)
{
	size_t size = strlen(word);

	if (strncasecmp(*s, word, size) != 0 || isalnum((unsigned char)(*s)[size]))
		return false;
	*s = skip_blanks(*s + size);
	return true;
}

/* The first three letters of it. */
static bool skip_short(const char **s, const char *word)
{
	char shortened[4] = "";

	memcpy(shortened, word, 3);
	return skip_word(s, shortened);
}

bool time_spec_is_m(const char *unit)
{
	return *unit == 'M' && !units_is_letter(unit[1]);
}

/* Exactly @min to @max digits. */
static bool take_number(const char **s, unsigned min, unsigned max, int64_t *ret)
{
	int64_t v = 0;
	unsigned n = 0;

	for (; n < max && isdigit((unsigned char)(*s)[n]); n++)
		v = v * 10 + ((*s)[n] - '0');
	if (n < min || isdigit((unsigned char)(*s)[n]))
		return false;
	*s += n;
	*ret = v;
	return true;
}

/* ".25" or ",25" of a second or of any @unit, in ns; nothing is 0. *ret_digit: how long one of its
 * last digit is. */
static int64_t take_fraction(const char **s, int64_t unit, int64_t *ret_digit)
{
	__int128 v = 0, scale = 1;

	*ret_digit = unit;
	if ((**s != '.' && **s != ',') || !isdigit((unsigned char)(*s)[1]))
		return 0;
	for ((*s)++; isdigit((unsigned char)**s); (*s)++) {
		if (scale >= SECOND)
			continue;
		v = v * 10 + (**s - '0');
		scale *= 10;
	}
	*ret_digit = unit > scale ? (int64_t)(unit / scale) : 1;
	return (int64_t)(v * unit / scale);
}

static int64_t take_unit(const char **s)
{
	size_t size = 0;
	int64_t nano;

	while (units_is_letter((*s)[size]))
		size++;
	nano = (int64_t)units_time(*s, size);
	*s += nano ? size : 0;
	return nano;
}

/* "1h 30min", "1.5 h"; ends at the first thing that is no number. A number without a unit is none
 * (systemd takes seconds, people mean hours), and neither is one with M: that is minutes to half of
 * those who type it, and months to systemd. */
static int take_span(const char **s, int64_t *ret)
{
	__int128 sum = 0;
	int64_t n, unit, digit;
	bool any = false;

	while (take_number(s, 1, 18, &n)) {
		/* what the fraction is a part of stands behind it */
		const char *fraction = *s;

		(void)take_fraction(s, 1, &digit);
		*s = skip_blanks(*s);
		unit = time_spec_is_m(*s) ? 0 : take_unit(s);
		if (!unit)
			return -EINVAL;
		sum += (__int128)n * unit + take_fraction(&fraction, unit, &digit);
		if (sum > INT64_MAX)
			return -ERANGE;
		any = true;
		*s = skip_blanks(*s);
	}
	if (!any)
		return -EINVAL;
	*ret = (int64_t)sum;
	return 0;
}

/* @digit: how long one of the last digit is that was given. */
static int finish_time(__int128 nano, int64_t digit, struct time_spec *ret)
{
	if (nano < 0 || nano > INT64_MAX)
		return -ERANGE;
	*ret = (struct time_spec){.first = (uint64_t)nano, .last = (uint64_t)(nano + digit - 1)};
	return 0;
}

/* "-1h", "+5min", "1h ago", "5min left" */
static int parse_relative(const char *s, int64_t now, struct time_spec *ret)
{
	bool sign = *s == '-' || *s == '+';
	int64_t span;
	bool past;
	int r;

	past = *s == '-';
	s = skip_blanks(s + sign);
	r = take_span(&s, &span);
	if (r < 0)
		return r;
	if (!sign) {
		past = skip_word(&s, "ago");
		if (!past && !skip_word(&s, "left"))
			return -EINVAL;
	}
	if (*s)
		return -EINVAL;
	return finish_time(past ? (__int128)now - span : (__int128)now + span, 1, ret);
}

/* Seconds since 1970, or since the machine was started; of at least @min digits. */
static int parse_seconds(const char *s, unsigned min, struct time_spec *ret)
{
	bool before = *s == '-';
	int64_t second, fraction, digit;

	s += before;
	if (!take_number(&s, min, 18, &second))
		return -EINVAL;
	fraction = take_fraction(&s, SECOND, &digit);
	if (*skip_blanks(s))
		return -EINVAL;
	return before ? -ERANGE : finish_time((__int128)second * SECOND + fraction, digit, ret);
}

static int parse_boot(const char *s, struct time_spec *ret)
{
	int r = parse_seconds(s, 1, ret);

	if (!r)
		ret->boot = true;
	return r;
}

struct moment {
	struct tm tm;            /* the date is today's, the time 00:00:00, unless given */
	int64_t fraction, digit; /* one of the last digit given: of minutes or less, 1 ns */
	bool utc;
	int64_t offset;       /* east of UTC, seconds; with utc */
	int weekday;          /* as given; -1: not */
	int year;             /* taken for a date without one; 0: it has one, or is today's */
	bool this_year, soon; /* as in struct time_spec */
	char zone[WHEN_ZONE]; /* "Europe/Berlin", of the machine's list; "": none */
};

static int days_in(int month, int year)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 1 && leap);
}

static bool take_date(const char **s, struct moment *m)
{
	const char *p = *s;
	int64_t year, month, day;

	if (!take_number(&p, 4, 4, &year) || *p++ != '-' || !take_number(&p, 2, 2, &month) ||
	    *p++ != '-' || !take_number(&p, 2, 2, &day))
		return false;
	/* mktime would take the 31st of February for March: who types it means something else */
	if (month < 1 || month > 12 || day < 1 || day > days_in((int)month - 1, (int)year))
		return false;
	m->tm.tm_year = (int)year - 1900;
	m->tm.tm_mon = (int)month - 1;
	m->tm.tm_mday = (int)day;
	*s = p;
	return true;
}

static bool is_soon(const struct tm *now, int year, int month, int day)
{
	const int days = year == now->tm_year ? NEARER_DAYS : SOON_DAYS;
	struct tm from = {.tm_year = now->tm_year, .tm_mon = now->tm_mon, .tm_mday = now->tm_mday};
	struct tm to = {.tm_year = year, .tm_mon = month, .tm_mday = day};

	return day <= days_in(month, year + 1900) &&
	       timegm(&to) - timegm(&from) < (time_t)days * DAY_SECONDS;
}

/* "Nov 22", as our own lines have it: the latest one that is not after today; of an @end, the next
 * one if that is soon. Where there is a day of the week, that tells the year. */
static bool take_short_date(const char **s, bool end, struct moment *m)
{
	const char *p = *s;
	int month = 0, year = m->tm.tm_year;
	int64_t day;

	while (month < TIME_SPEC_MONTHS && !skip_short(&p, time_spec_months[month]))
		month++;
	if (month == TIME_SPEC_MONTHS || !take_number(&p, 1, 2, &day))
		return false;
	if (month > m->tm.tm_mon || (month == m->tm.tm_mon && day > m->tm.tm_mday))
		year--;
	m->soon = m->weekday < 0 && is_soon(&m->tm, year + 1, month, (int)day);
	year += end && m->soon;
	if (day < 1 || day > days_in(month, year + 1900))
		return false;
	m->this_year = year == m->tm.tm_year;
	m->year = year + 1900;
	m->tm.tm_year = year;
	m->tm.tm_mon = month;
	m->tm.tm_mday = (int)day;
	*s = p;
	return true;
}

static bool take_time(const char **s, struct moment *m)
{
	const char *p = *s;
	int64_t hour, minute, second = 0;

	if (!take_number(&p, 1, 2, &hour) || *p++ != ':' || !take_number(&p, 2, 2, &minute))
		return false;
	if (*p == ':') {
		p++;
		if (!take_number(&p, 2, 2, &second))
			return false;
		m->fraction = take_fraction(&p, SECOND, &m->digit);
	}
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	m->tm.tm_hour = (int)hour;
	m->tm.tm_min = (int)minute;
	m->tm.tm_sec = (int)second;
	*s = p;
	return true;
}

/* A zone by its name in the machine's list: CET, Europe/Berlin. */
static bool take_zone_name(const char **s, struct moment *m)
{
	char path[sizeof(TIME_ZONES) + WHEN_ZONE];
	size_t size = strspn(*s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789_+-/");
	struct stat st;

	if (!size || size >= WHEN_ZONE || !isalpha((unsigned char)**s))
		return false;
	memcpy(m->zone, *s, size);
	m->zone[size] = '\0';
	(void)snprintf(path, sizeof(path), TIME_ZONES "%s", m->zone);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	*s += size;
	return true;
}

/* One of the two that the machine's own zone has. */
static bool take_local_zone(const char **s, struct moment *m)
{
	tzset();
	for (int i = 0; i < 2; i++) {
		if (!skip_word(s, tzname[i]))
			continue;
		m->tm.tm_isdst = i;
		return true;
	}
	return false;
}

/* "+01:00", "+0100" and "+01" */
static bool take_offset(const char **s, struct moment *m)
{
	int64_t hours, minutes = 0;
	const char *p = *s + 1;

	if (!isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]))
		return false;
	hours = (p[0] - '0') * 10 + (p[1] - '0');
	p += 2;
	if (*p == ':' || isdigit((unsigned char)*p)) {
		p += *p == ':';
		if (!take_number(&p, 2, 2, &minutes))
			return false;
	}
	if (hours > 14 || minutes > 59)
		return false;
	m->utc = true;
	m->offset = (hours * 3600 + minutes * 60) * (**s == '-' ? -1 : 1);
	*s = p;
	return true;
}

static bool take_zone(const char **s, struct moment *m)
{
	const char *p = *s;

	if (skip_word(s, "UTC") || skip_word(s, "Z")) {
		m->utc = true;
		return true;
	}
	m->tm.tm_isdst = -1;
	if (!*p)
		return true;
	if (*p == '+' || *p == '-')
		return take_offset(s, m);
	return take_local_zone(s, m) || take_zone_name(s, m);
}

/* "Sat", "Saturday", with or without a comma. */
static int take_weekday(const char **s)
{
	for (int i = 0; i < TIME_SPEC_DAYS; i++) {
		if (!skip_word(s, time_spec_days[i]) && !skip_short(s, time_spec_days[i]))
			continue;
		*s = skip_blanks(*s + (**s == ','));
		return i;
	}
	return -1;
}

/* Days from today, or INT_MIN. */
static int take_day_word(const char **s)
{
	if (skip_word(s, "today"))
		return 0;
	if (skip_word(s, "yesterday"))
		return -1;
	if (skip_word(s, "tomorrow"))
		return 1;
	return INT_MIN;
}

/* The zone comes last, but says what day today is: so it is looked for twice. */
static int parse_calendar(const char *s, int64_t now, bool end, bool utc, struct moment *m)
{
	time_t second = (time_t)(now / SECOND);
	bool date, time;
	int day;

	*m = (struct moment){.digit = 1};
	if (!(utc ? gmtime_r(&second, &m->tm) : localtime_r(&second, &m->tm)))
		return -ERANGE;
	m->tm.tm_hour = m->tm.tm_min = m->tm.tm_sec = 0;
	m->weekday = take_weekday(&s);
	day = take_day_word(&s);
	if (day != INT_MIN) {
		m->tm.tm_mday += day;
		date = true;
	} else {
		date = take_date(&s, m) || take_short_date(&s, end, m);
	}
	if (date && (*s == 'T' || *s == 't'))
		s++;
	s = skip_blanks(s);
	time = take_time(&s, m);
	s = skip_blanks(s);
	if ((!date && !time) || !take_zone(&s, m) || *skip_blanks(s))
		return -EINVAL;
	return 0;
}

/* Where the clock is put back, an hour comes twice: what it showed then can be either. @ret_twice:
 * seconds between this and the other one, which may be before it; 0: it came once. */
static time_t make_local(struct tm *tm, time_t *ret_twice)
{
	bool either = tm->tm_isdst < 0;
	struct tm other = *tm;
	time_t second = mktime(tm), again;

	*ret_twice = 0;
	other.tm_isdst = !tm->tm_isdst;
	again = mktime(&other);
	if (either && other.tm_isdst == !tm->tm_isdst && other.tm_mday == tm->tm_mday &&
	    other.tm_hour == tm->tm_hour && other.tm_min == tm->tm_min)
		*ret_twice = again - second;
	return second;
}

/* In a zone of the list. The environment is the only way to ask for one; options are read before
 * there are threads. */
static time_t make_zoned(struct moment *m, time_t *ret_twice)
{
	const char *now = getenv("TZ");
	_cleanup_free_ char *before = now ? strdup(now) : NULL;
	char zone[WHEN_ZONE + 1];
	time_t second;

	(void)snprintf(zone, sizeof(zone), ":%s", m->zone);
	(void)setenv("TZ", zone, 1);
	tzset();
	second = make_local(&m->tm, ret_twice);
	if (before)
		(void)setenv("TZ", before, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	return second;
}

static time_t make_second(struct moment *m, time_t *ret_twice)
{
	*ret_twice = 0;
	if (*m->zone)
		return make_zoned(m, ret_twice);
	return m->utc ? timegm(&m->tm) : make_local(&m->tm, ret_twice);
}

static int parse_absolute(const char *s, int64_t now, bool end, struct time_spec *ret)
{
	struct moment m;
	time_t second, twice;
	int r;

	r = parse_calendar(s, now, end, false, &m);
	if (r < 0)
		return r;
	if (m.utc) {
		r = parse_calendar(s, m.offset ? now + m.offset * SECOND : now, end, true, &m);
		if (r < 0)
			return r;
	}
	second = make_second(&m, &twice); /* and the day of the week with it */
	if (m.weekday >= 0 && m.tm.tm_wday != m.weekday)
		return -EINVAL;
	r = finish_time((__int128)(second - m.offset) * SECOND + m.fraction, m.digit, ret);
	if (!r && twice < 0)
		ret->first -= (uint64_t)-twice * SECOND;
	else if (!r)
		ret->last += (uint64_t)twice * SECOND;
	if (!r) {
		ret->year = m.year;
		ret->this_year = m.this_year;
		ret->soon = m.soon;
	}
	return r;
}

static int parse(const char *text, uint64_t now, bool end, struct time_spec *ret)
{
	const char *s = skip_blanks(text), *rest = s;
	int r;

	if (skip_word(&rest, "now"))
		return *rest ? -EINVAL : finish_time(now, 1, ret);
	if (*s == '@')
		return parse_seconds(s + 1, 1, ret);
	if (!strncmp(s, TIME_SPEC_BOOT, strlen(TIME_SPEC_BOOT)))
		return parse_boot(s + strlen(TIME_SPEC_BOOT), ret);
	if (*s == '-' || *s == '+')
		return parse_relative(s, (int64_t)now, ret);
	if (!parse_seconds(s, EPOCH_DIGITS, ret))
		return 0;
	r = parse_absolute(s, (int64_t)now, end, ret);
	return r == -EINVAL ? parse_relative(s, (int64_t)now, ret) : r;
}

int time_spec_parse(const char *text, uint64_t now, struct time_spec *ret)
{
	return parse(text, now, false, ret);
}

int time_spec_parse_end(const char *text, uint64_t now, struct time_spec *ret)
{
	return parse(text, now, true, ret);
}
