/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's clocks. */
#pragma once

#include <stdint.h>
#include <time.h>

/* What @clock, CLOCK_BOOTTIME and the like, says now. */
static inline uint64_t clock_nano(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
