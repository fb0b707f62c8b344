/* SPDX-License-Identifier: Apache-2.0 */
/* All records that are not events, written when they are due. */
#pragma once

#include "streamer/report/clock.h"
#include "streamer/report/counters.h"
#include "streamer/report/header.h"
#include "streamer/report/limited.h"
#include "streamer/report/removed-cgroups.h"
#include "streamer/report/totals.h"

#define REPORTS_CLOCK 1u    /* real time may have been set */
#define REPORTS_SUMS 2u     /* Lost and Limited, if there is something to say */
#define REPORTS_COUNTERS 4u /* these, and the periodic Clock */

struct reports {
	const struct kernel *kernel;
	const struct header_config *config;
	struct stream *stream;
	struct totals *totals;
	struct deletions *deletions; /* to be told */
	struct counters counters;
	struct limited limited;
	struct removed gone;
	struct clock_pair clock; /* as in the latest Clock */
	struct clock_pair committed_clock;
	uint64_t committed_rows_nano;
	uint64_t committed_epoch;
	unsigned due;  /* REPORTS_* */
	unsigned sets; /* of Counters since the latest full one */
	unsigned sets_per_minute;
	bool moved;  /* the latest look at the sums found more held back */
	bool leaves; /* the programs stay where they are, for another process to go on with */
};

/* Borrows all of them. */
int reports_init(struct reports *reports, const struct kernel *kernel, struct encoder *encoder,
		 struct stream *stream, struct totals *totals, struct deletions *deletions,
		 const struct header_config *config);
void reports_done(struct reports *reports); /* any time, also twice */

/* The first records of the stream, or of its next file: Header, Clock, Lost and Limited if there
 * is something to say, a full set of Counters. */
int reports_start(struct reports *reports);

/* Writes what is due. Returns 0, REPORTS_MORE if the buffer is too full for all of it (the rest
 * stays due), or -errno. */
#define REPORTS_MORE 1
int reports_write(struct reports *reports);

/* The last records of the stream, or of its file: Lost, Limited, a full set of Counters, Footer.
 * One who leaves more to another process than is written says "rotated", whatever @reason is.
 * Returns as reports_write; call it again after REPORTS_MORE. */
int reports_end(struct reports *reports, const char *reason);

/* All that was put into the stream has been handed out. */
void reports_written(struct reports *reports);

/* What was written stays; and: what was written since is to be written again. */
void reports_commit(struct reports *reports);
void reports_rollback(struct reports *reports);
