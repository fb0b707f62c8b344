/* SPDX-License-Identifier: Apache-2.0 */
/* What is missing, said in the stream: each loss once, exactly. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "streamer/output/deletions.h"
#include "streamer/output/stream.h"
#include "streamer/report/totals.h"

struct lost {
	unsigned reason; /* PB_RING_FULL, PB_SINK */
	unsigned probe;  /* WIRE_PROBE_COUNT: any */
	bool uncounted;  /* nobody knows how many */
	uint64_t count;
	bool has_cpu;
	uint32_t cpu;
	uint64_t after;                   /* boottime ns, 0: since the probe was attached */
	uint64_t before;                  /* boottime ns, 0: not known */
	const struct deletion_file *file; /* NULL: none was deleted */
};

/* Whether an event shows drops that have not been said: mostly not. */
static inline bool lost_is_news(const struct totals *totals, const struct wire_head *head)
{
	return head->dropped > totals_cpu(totals, head->probe, head->cpu)->told_dropped;
}

/* Each returns whether there is something to say that has not been said.
 *
 * What a sum of the kernel tells: that an event carries, of the events before it (ask before it is
 * written), or that is read @now: drops with no event behind them yet. */
bool lost_in_kernel(const struct totals *totals, unsigned probe, unsigned cpu, uint64_t dropped,
		    uint64_t now, struct lost *ret);
/* What was taken from a ring and could not be written. */
bool lost_in_sink(const struct totals *totals, unsigned probe, uint64_t now, struct lost *ret);

/* Writes the record; from then on it has been said. */
int lost_write(struct stream *stream, struct totals *totals, const struct lost *lost);

/* Writes what was deleted and is not told yet: one record for each file and kind, for
 * a file without events one that says so. */
int lost_write_deletions(struct stream *stream, struct deletions *deletions);
