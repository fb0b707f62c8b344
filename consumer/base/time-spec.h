/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as people type them, in journalctl's words (systemd.time(7)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For error messages and help. */
#define TIME_SPEC_WORDS                                                                            \
	"\"2026-11-22 03:00\", \"03:00\", \"now\", \"today\", \"yesterday\", \"-1h\", "            \
	"\"1h 30min ago\", \"@1795312800\" or \"2026-11-22T03:00:00Z\""

/* What time was meant. */
struct time_spec {
	uint64_t first, last; /* ns since 1970: of what the digits given leave open */
	bool boot;            /* ns of CLOCK_BOOTTIME instead: "boot+12.345" */
	int year;             /* the one taken for a date without one; 0: none */
	bool this_year;       /* it is the current one */
	bool soon;            /* with year: the next such date may be meant */
};

#define TIME_SPEC_BOOT "boot+"

/* "Sunday" to "Saturday", "January" to "December"; three letters are enough everywhere. */
#define TIME_SPEC_DAYS 7
#define TIME_SPEC_MONTHS 12
extern const char *const time_spec_days[TIME_SPEC_DAYS];
extern const char *const time_spec_months[TIME_SPEC_MONTHS];

/* @now: CLOCK_REALTIME, ns. Local time unless the text names UTC or an offset. What is given to the
 * second, or to a digit of its fraction, is as long as one of these; all else is one moment.
 * Returns 0, -EINVAL if it is no time, -ERANGE if it lies outside 1970 to 2262. */
int time_spec_parse(const char *text, uint64_t now, struct time_spec *ret);

/* The same of what something ends with: of a date without a year, which time_spec_parse takes for
 * the latest one, the next one is meant if that may be. */
int time_spec_parse_end(const char *text, uint64_t now, struct time_spec *ret);

/* "Dec 1 03:00" with its year, "2025-12-01 03:00". */
void time_spec_dated(const char *text, int year, char *buf, size_t size);

/* Of a text that time_spec_parse refused: a sentence that says what is wrong with it, or what to
 * say. */
void time_spec_why(const char *text, uint64_t now, char *buf, size_t size);

/* The unit that stands there is a lone M, which time_spec_parse refuses. */
bool time_spec_is_m(const char *unit);

/* What is probably meant by "monday", "30 Nov 2026" or "last hour", as time_spec_parse takes it, in
 * quotes if a shell needs them. False: it is nothing of that. */
bool time_spec_guess(const char *text, uint64_t now, char *buf, size_t size);

/* The time of day in a text that time_spec_parse takes for one of today: "22:00" of "today 22:00";
 * NULL: the text says another day, or none. */
const char *time_spec_of_today(const char *text);
