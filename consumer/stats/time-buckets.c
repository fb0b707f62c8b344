/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/stats/time-buckets.h"

#include <string.h>

#include "proto/base/util.h"

#define WORD sizeof(uint64_t)

size_t time_buckets_used(const struct time_buckets *buckets)
{
	return buckets->used ? (size_t)(buckets->high - buckets->low + 1) : 0;
}

/* Of one row: bucket i of time @low + i goes to that of half its number. */
static void halve_counts(uint64_t counts[BUCKETS], uint64_t low, size_t n)
{
	uint64_t first = low / 2;

	for (size_t i = 0; i < n; i++) {
		size_t to = (size_t)((low + i) / 2 - first);
		uint64_t count = counts[i];

		counts[i] = 0; /* before: @to may be @i */
		counts[to] += count;
	}
}

static void grow_buckets(struct time_buckets *buckets)
{
	size_t n = time_buckets_used(buckets);

	for (size_t i = 0; i < TIME_BUCKETS_ROWS; i++)
		halve_counts(buckets->counts[i], buckets->low, n);
	buckets->nano *= 2;
	buckets->low /= 2;
	buckets->high /= 2;
}

/* Makes room before the first. */
static void shift_buckets(struct time_buckets *buckets, uint64_t low)
{
	size_t by = (size_t)(buckets->low - low), n = time_buckets_used(buckets);

	for (size_t i = 0; by && i < TIME_BUCKETS_ROWS; i++) {
		uint64_t *counts = buckets->counts[i];

		memmove(counts + by, counts, n * WORD);
		memset(counts, 0, by * WORD);
	}
	buckets->low = low;
}

void time_buckets_add(struct time_buckets *buckets, unsigned row, uint64_t time, uint64_t count)
{
	uint64_t at;

	if (!buckets->used) {
		buckets->used = true;
		buckets->nano = TIME_BUCKETS_NANO;
		buckets->low = buckets->high = time / TIME_BUCKETS_NANO;
	}
	at = time / buckets->nano;
	while (max_u64(at, buckets->high) - min_u64(at, buckets->low) >= BUCKETS) {
		grow_buckets(buckets);
		at = time / buckets->nano;
	}
	shift_buckets(buckets, min_u64(at, buckets->low));
	buckets->high = max_u64(at, buckets->high);
	buckets->counts[row][at - buckets->low] += count;
}
