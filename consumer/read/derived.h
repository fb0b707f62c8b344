/* SPDX-License-Identifier: Apache-2.0 */
/* What events leave out that those before them tell (FORMAT.md, "Runs"). Where one before is
 * missing, nothing is derived: no number rather than a wrong one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/record/event-run.h"
#include "proto/record/peek.h"
#include "proto/ringside.pb-c.h"

#define DERIVED_CPUS 8192u /* the most a kernel can have */
#define DERIVED_MORE 64u   /* what a record may take more, complete */

/* Of one kind and CPU, the latest event. */
struct derived_cpu {
	uint64_t run; /* 0: not known */
	uint64_t seen, limited, dropped;
};

/* What was derived of a record. */
struct derived_parts {
	bool timed; /* it goes on with a run: boottime is derived; and so are these */
	bool summed;
	uint64_t boottime_nano;
	Ringside__V1__CpuSums sums;
};

struct derived {
	bool whole; /* the stream leaves nothing out: set by who reads its Header */
	struct event_run run;
	uint64_t number; /* of the run */
	uint64_t nth;    /* of the record at hand */
	struct derived_parts parts;
	struct derived_cpu *cpus[RECORD_BODIES];
	unsigned n_cpus[RECORD_BODIES];
};

void derived_init(struct derived *derived);
void derived_done(struct derived *derived);

/* The next record; of all that there are. Completes @peek. */
void derived_take(struct derived *derived, struct peek *peek);

/* What comes does not go on with what came. */
void derived_break(struct derived *derived);

/* Completes the record they are of, which has them as long as they stay. */
void derived_apply(struct derived_parts *parts, const Ringside__V1__Record *record);

/* The sums that the latest record taken carries, told or derived. False: it carries none. */
bool derived_sums(const struct derived *derived, const struct peek *peek,
		  Ringside__V1__CpuSums *ret);

/* What was written of the records that are read: whoever reads it has to derive the same. */
struct derived_put {
	const struct derived *of; /* the latest record's, not to be read */
	uint64_t nth, seq;
	bool apart; /* a part of the run at hand is missing, or others stand between */
};

/* Whether the next record, with @seq, has to be completed before it is written. */
bool derived_apart(struct derived_put *put, const struct derived *of, uint64_t seq);

/* Its bytes, so that it stands by itself, to @buf, which has room for DERIVED_MORE more than @size.
 * Returns how many. */
size_t derived_complete(const struct derived *derived, const uint8_t *frame, size_t size,
			uint8_t *buf);
