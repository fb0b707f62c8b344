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
	uint64_t changes; /* commits with such */
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

/* For another process: calls @fn for each row that was told, as of the latest commit. Stops when
 * @fn returns non-zero, and returns that. */
#define LIMITED_KEY_MAX 32u
struct limited_told {
	uint64_t count;
	uint64_t last; /* boottime of the last one held back until then */
	uint32_t probe;
	uint32_t pad;
	uint8_t key[LIMITED_KEY_MAX]; /* zeros behind the key */
};
typedef int (*limited_fn)(void *data, const struct limited_told *told);
int limited_walk(const struct limited *limited, limited_fn fn, void *data);
/* Takes one, as committed. 0 or -errno. */
int limited_recall(struct limited *limited, const struct limited_told *told);

/* What was written stays; and: what was written since is to be written again. */
void limited_commit(struct limited *limited);
void limited_rollback(struct limited *limited);
