/* SPDX-License-Identifier: Apache-2.0 */
/* The sums and rows of the kernel beside what has been written: the records a reader checks
 * itself against. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "streamer/encode/encoder.h"
#include "streamer/kernel/kernel.h"
#include "streamer/output/stream.h"
#include "streamer/report/proc-files.h"
#include "streamer/report/totals.h"

struct removed;

struct counters {
	const struct kernel *kernel;
	struct encoder *encoder;
	struct removed *gone;
	uint32_t attached; /* bit mask */
	uint32_t probes;   /* of these, those that have events, and so sums */
	unsigned n_cpus;
	uint64_t map_bytes; /* of all maps, with the rings */
	struct machine machine;
	struct wire_cpu *now; /* the kernel's sums at the latest counters_read */
	uint64_t read_nano;   /* CLOCK_BOOTTIME then */
	uint64_t rows_nano;   /* CLOCK_BOOTTIME of the latest set: rows older than it are in it */
	uint64_t epoch;       /* whose maxima are in it: see kernel_end_epoch() */
};

#define COUNTERS_NULL                                                                              \
	{                                                                                          \
		.machine = MACHINE_NULL                                                            \
	}

/* Borrows all; @gone may be NULL. */
int counters_init(struct counters *counters, const struct kernel *kernel, struct encoder *encoder,
		  struct removed *gone);
void counters_done(struct counters *counters); /* any time, also twice */

/* Takes the sums as they are now. */
void counters_read(struct counters *counters);

/* Writes a set, in as many parts as it takes, with the sums of the latest counters_read and
 * the rows that changed since the previous set, or all. */
int counters_write(struct counters *counters, const struct totals *totals, struct stream *stream,
		   bool full);

/* Whether all that was seen until the latest counters_read is written, or counted as lost. */
bool counters_close(const struct counters *counters, const struct totals *totals);

/* Appends the ProbeSums of all attached probes. counters_sums_room: bytes it takes at most. */
void counters_sums(const struct counters *counters, const struct totals *totals, unsigned field,
		   struct pb *pb);
size_t counters_sums_room(const struct counters *counters);
