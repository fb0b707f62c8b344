/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream gives to each of its records. */
#pragma once

#include <stdint.h>

struct record_stamp {
	uint64_t seq;
	int64_t realtime_offset; /* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
};
