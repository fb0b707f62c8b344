/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stopwatch.h"

#include <stdlib.h>

#include "proto/base/clock.h"

uint64_t now_nano(void)
{
	return clock_nano(CLOCK_MONOTONIC);
}

uint64_t cpu_nano(void)
{
	return clock_nano(CLOCK_THREAD_CPUTIME_ID);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}
