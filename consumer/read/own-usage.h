/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer itself takes of the machine, by its Counters. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

#define OWN_USAGE_CALLS_MAX 4u /* are named */

/* What the streamer's own seccomp filter refused it. */
struct own_usage_call {
	char name[32];
	uint64_t count;
};

/* All there is to it is to be zero. */
struct own_usage {
	bool has_cpu, has_anonymous, has_maps;
	uint64_t user_nano, system_nano;     /* latest, since the streamer's start */
	uint64_t anonymous_bytes, map_bytes; /* latest */
	/* From one Counters to the next, added up: CPU time, and the time in which it was taken. */
	uint64_t cpu_nano, span_nano;
	struct own_usage_call refused[OWN_USAGE_CALLS_MAX]; /* latest; the first of them */
	unsigned n_refused;                                 /* different ones */
	uint64_t refusals;
	/* --- */
	bool goes_on;
	uint64_t boottime_nano; /* of the latest */
};

/* @cost (NULL: there is none) of the Counters made at @boottime_nano. */
void own_usage_take(struct own_usage *usage, const Ringside__V1__StreamerCost *cost,
		    uint64_t boottime_nano);

/* What comes next is another streamer's: its CPU time does not go on from here. */
void own_usage_part(struct own_usage *usage);

static inline bool own_usage_is_known(const struct own_usage *usage)
{
	return usage->has_cpu || usage->has_anonymous || usage->has_maps;
}

/* CPU time an hour, in ns, between the Counters that were taken; there were two at least. */
uint64_t own_usage_hourly(const struct own_usage *usage);

/* "socket × 2, fork × 1; nothing the streamer does needs these: look who changed it" */
void own_usage_refused_text(struct line *line, const struct own_usage *usage);

/* "1.25 s of CPU an hour (0.03 % of a CPU), 8 MiB of memory, 12 MiB of BPF maps" */
void own_usage_text(struct line *line, const struct own_usage *usage);
