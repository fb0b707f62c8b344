/* SPDX-License-Identifier: Apache-2.0 */
/* Real time beside boot time. Records carry boot time; a Clock record says which moment of real
 * time that is, and each step of real time (settimeofday, NTP, resume) gets a new one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "streamer/output/stream.h"

struct clock_pair {
	uint64_t boottime; /* ns */
	uint64_t realtime; /* the same moment, ns since 1970 */
};

/* A moment on both clocks, to within a microsecond or so. */
struct clock_pair clock_now(void);

/* Becomes readable when somebody sets real time; -errno. */
int clock_watch(void);

/* Makes it ready for the next time; *ret_set: real time was set since the previous call. */
int clock_rearm(int fd, bool *ret_set);

/* Whether real time was set between the two: slewing moves both clocks alike. */
bool clock_stepped(const struct clock_pair *before, const struct clock_pair *after);

/* Writes a Clock; the stream's stamps go by it from then on. */
int clock_write(struct stream *stream, const struct clock_pair *now, bool stepped);
