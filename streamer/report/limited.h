/* SPDX-License-Identifier: Apache-2.0 */
/* What the limits held back, by key, exactly: the kernel's rows are cumulative, and this keeps
 * what each had when it was last reported. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "streamer/encode/encoder.h"
#include "streamer/output/stream.h"
#include "streamer/report/counters.h"

struct limited_row;

struct limited_sums {
	uint64_t seen[WIRE_PROBE_COUNT];     /* the kernel's sum when the rows were last read */
	uint64_t overflow[WIRE_PROBE_COUNT]; /* reported without a key */
	uint64_t overflow_nano[WIRE_PROBE_COUNT]; /* when */
};

struct limited {
	struct limited_row *rows; /* open addressing, size a power of two */
	size_t size;
	size_t n_rows;
	size_t n_rows_max;
	struct limited_sums sums;
	struct limited_sums committed;
	bool uncommitted; /* rows were reported since the latest commit */
};

/* @n_rows_max: keys remembered at most; those beyond are reported together, as overflow. */
int limited_init(struct limited *limited, size_t n_rows_max);
void limited_done(struct limited *limited); /* any time, also twice */

/* Whether more was held back than the rows told when they were last read. */
bool limited_moved(const struct limited *limited, const struct counters *counters);

/* Writes a Limited for each key of which something was held back since the previous call.
 * Probes whose sums (of the latest counters_read) have not moved are left out unless @all. */
int limited_write(struct limited *limited, const struct counters *counters, struct stream *stream,
		  bool all);

/* How much of a row's `limited` has been told. */
uint64_t limited_reported(const struct limited *limited, unsigned probe, const void *key);
/* The row is no more. */
void limited_forget(struct limited *limited, unsigned probe, const void *key);

/* What was written stays; and: what was written since is to be written again. */
void limited_commit(struct limited *limited);
void limited_rollback(struct limited *limited);
