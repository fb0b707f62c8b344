/* SPDX-License-Identifier: Apache-2.0 */
/* One target: reads the recordings, gives it every record, and moves the cursor behind what it has
 * settled. All its state is in struct forward; several may run beside each other, a thread each. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "consumer/excerpt/excerpt.h"
#include "consumer/filter/filter.h"
#include "consumer/follow/follow-rotation.h"
#include "consumer/forward/bookmark.h"
#include "consumer/forward/pending.h"
#include "consumer/forward/redact.h"
#include "consumer/forward/refused.h"
#include "consumer/forward/stamps.h"
#include "consumer/forward/stretches.h"
#include "consumer/forward/target.h"

/* All borrowed. */
struct forward_options {
	const struct target_ops *ops;
	const char *url;
	const char *path;             /* a file, a folder, "-" */
	const char *cursor;           /* NULL: none, of a pipe only */
	const char *refused;          /* file for what was refused; NULL: it is only said */
	const char *status;           /* file; NULL: none */
	const struct filter *filter;  /* NULL: all records */
	const struct excerpt *chosen; /* what it chooses, for the Headers; NULL: not said */
	const char *const *set;       /* of the target; ends with NULL */
	const char *redact;           /* words of redact.h; NULL: nothing */
	size_t memory;                /* bytes */
	bool following;
	const atomic_bool *stop;
	int stop_fd; /* of a pipe that nobody reads any more when it is to stop: its write end */
	void (*say)(void *data, const char *text);
	void *data;
};

/* What is known of a stream besides its place in the bookmark, which has the same index. */
struct forward_stream {
	struct stretches given; /* to the target, now or before */
	uint64_t last_put;      /* the highest seq of these, or what the cursor begins behind */
	uint64_t left_out;      /* by the filter */
	uint64_t told;          /* what is missing up to here is told in the recording itself */
	bool torn;              /* what was read last of it was damaged, or cut */
};

struct forward {
	const struct forward_options *options;
	char shown[TARGET_SHOWN]; /* the URL */
	struct target *target;
	struct bookmark bookmark;
	struct refused refused;
	struct redact *redact; /* NULL: nothing is taken away */
	struct rotation rotation;
	struct pending *pending;
	struct stamps *stamps; /* of what was given or left out */
	struct forward_stream *streams;
	size_t n_streams, streams_room;
	const struct reader *reader; /* of the record at hand */
	size_t stream;               /* likewise; index */
	bool other_host;             /* likewise: of a host that is not wanted */
	char chosen[EXCERPT_SIZE];   /* likewise: what chooses; "": not said */
	bool looks;                  /* what is read is read on the way, for what is missing */
	bool continues;              /* there was a cursor before */
	bool filtered;
	bool failed; /* an input was not whole */
	bool n_refused_said;
	bool headless_said, others_said;     /* of the input at hand */
	uint64_t n_seen;                     /* records that were read */
	uint8_t *complete;                   /* room for a record that stands by itself */
	int cursor_error;                    /* of the latest try to write it */
	int refused_error;                   /* why what is refused cannot be kept; 0: it can */
	int pipe_error;                      /* what ended it while a pipe was waited for; 0 */
	int refusal;                         /* why it cannot go on, which was said; 0 */
	uint64_t saved_first;                /* of pending, when the cursor was written */
	uint64_t saved_nano, status_nano;    /* CLOCK_MONOTONIC */
	uint64_t started_unix_nano, deleted; /* deleted: records that were, before they were sent */
	uint64_t status_settled, status_taken;
	bool troubled;            /* the target's problem was said */
	bool barred;              /* ... and that waiting does not mend it */
	bool status_due;          /* it has to tell of that */
	char why[TARGET_PROBLEM]; /* it ends; "": in order */
};

/* Returns 0: all that was to be read is settled, or it was stopped, and the cursor is written;
 * 1: likewise, but an input was not whole, or something was refused; -errno: it cannot go on. What
 * is wrong is said. */
int forward_run(struct forward *forward, const struct forward_options *options);
