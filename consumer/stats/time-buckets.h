/* SPDX-License-Identifier: Apache-2.0 */
/* Divides a time that nobody knows the length of into a fixed number of equal parts: when they
 * no longer reach, two of them become one. Times may come in any order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKETS 512
#define TIME_BUCKETS_NANO                                                                          \
	1953125u /* the length to begin with, 1/512 s: doubles to whole seconds                    \
		  */
#define TIME_BUCKETS_ROWS 16

struct time_buckets {
	bool used;
	uint64_t nano;      /* the length of one */
	uint64_t low, high; /* first and last with a count, as time / nano */
	uint64_t counts[TIME_BUCKETS_ROWS][BUCKETS]; /* from low on */
};

void time_buckets_add(struct time_buckets *buckets, unsigned row, uint64_t time, uint64_t count);

/* From low to high. */
size_t time_buckets_used(const struct time_buckets *buckets);
