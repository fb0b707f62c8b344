/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a plain stream from stdin and prints how old the denials were when their last byte came, by
 * the time the hook put into them: "N P50 P99 MAX", times in µs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/util.h"
#include "proto/record/event-run.h"
#include "proto/record/pb-read.h"
#include "proto/record/peek.h"
#include "proto/ringside-fields.h"

#define BUFFER_SIZE (4u << 20) /* more than the largest frame */
#define MICROSECONDS 10000000u /* older ones count as that */

struct ages {
	unsigned long n;
	struct event_run run;
	uint32_t by_age[MICROSECONDS + 1];
};

static uint64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void count(struct ages *ages, const uint8_t *record, size_t size, uint64_t at)
{
	struct peek peek;
	uint64_t age;

	if (!peek_record(record, size, &peek))
		return;
	(void)event_run_goes_on(&ages->run, &peek);
	if (peek.kind != FIELD_RECORD_SECCOMP_DENIAL)
		return;
	age = at > peek.boottime_nano ? (at - peek.boottime_nano) / 1000 : 0;
	ages->by_age[age < MICROSECONDS ? age : MICROSECONDS]++;
	ages->n++;
}

/* Returns how many bytes at the end are a part of a frame. */
static size_t count_all(struct ages *ages, const uint8_t *data, size_t size, uint64_t at)
{
	const uint8_t *p = data, *end = data + size;
	uint64_t length;

	for (;;) {
		const uint8_t *record = pb_get_varint(p, end, &length);

		if (!record || (uint64_t)(end - record) < length)
			return (size_t)(end - p);
		count(ages, record, length, at);
		p = record + length;
	}
}

static unsigned quantile(const struct ages *ages, double q)
{
	unsigned long seen = 0;

	for (unsigned age = 0; age <= MICROSECONDS; age++) {
		seen += ages->by_age[age];
		if ((double)seen >= q * (double)ages->n)
			return age;
	}
	return MICROSECONDS;
}

int main(void)
{
	_cleanup_free_ struct ages *ages = calloc(1, sizeof(*ages));
	_cleanup_free_ uint8_t *buffer = malloc(BUFFER_SIZE);
	size_t rest = 0;
	ssize_t got;

	if (!ages || !buffer)
		return 1;
	while ((got = read(STDIN_FILENO, buffer + rest, BUFFER_SIZE - rest)) > 0) {
		size_t size = rest + (size_t)got;

		rest = count_all(ages, buffer, size, now());
		memmove(buffer, buffer + size - rest, rest);
	}
	if (!ages->n)
		return 1;
	return printf("%lu %u %u %u\n", ages->n, quantile(ages, 0.5), quantile(ages, 0.99),
		      quantile(ages, 1)) < 0;
}
