/* SPDX-License-Identifier: Apache-2.0 */
/* What pipeline.c (the loop), pipeline-output.c (writing, one file after another) and
 * pipeline-close.c (the end) share. */
#pragma once

#include <stdbool.h>

#include "streamer/encode/encoder.h"
#include "streamer/output/stream.h"
#include "streamer/pipeline/drain-pause.h"
#include "streamer/pipeline/pipeline.h"
#include "streamer/pipeline/wakeup.h"
#include "streamer/report/reports.h"
#include "streamer/report/totals.h"
#include "streamer/tables/ring.h"

/* With so much pending, nothing is gained by waiting for more. */
#define PIPELINE_BATCH (256u * 1024)

struct pipeline {
	const struct pipeline_config *config;
	struct kernel *kernel;
	struct sink *sink;
	struct encoder *encoder;
	struct stream *stream;
	struct totals totals;
	struct reports reports;
	struct wakeup wakeup;
	struct ring critical;
	struct ring bulk;
	struct drain_pause pace; /* of the bulk ring */
	bool draining;           /* a batch is being taken from the rings */
	bool keep_due;           /* it was committed meanwhile */
	bool held;               /* the rings still have what was taken */
	int held_ms;             /* so long to look away from them then */
	bool more;               /* in the rings, and nobody is woken for it */
	uint64_t left;           /* events until -c COUNT is reached; 0: no such end */
	const char *reason;      /* why it ends; NULL: it does not yet */
	int failure;             /* -errno */
	const char *failed;      /* what did */
	bool blocked;            /* the reader has no room */
	bool active;             /* events were taken since the latest look */
	bool flush_due;          /* what is pending has waited long enough */
	bool reopen;             /* SIGHUP */
	bool hangup;             /* likewise: not told yet */
	/* A folder's disk is full, or fails: -errno; events are counted and dropped. */
	int no_room;
	bool no_room_told;
	uint64_t no_room_nano;   /* CLOCK_BOOTTIME of the latest time this happened */
	uint64_t committed_nano; /* CLOCK_BOOTTIME of the latest commit */
	uint64_t retained_nano;  /* likewise of the latest look at the folder's limits */
	bool opening;            /* the file's first records are not written yet */
	int look_error;          /* of the latest kernel_look(): told */
	bool next_failed;        /* to open the next file: told */
	uint64_t retry_nano;     /* CLOCK_BOOTTIME when that is tried again */
	uint64_t opening_seq;    /* of the last of the file's first records */
	uint64_t opening_bytes;  /* that these took: as many, about, do its last ones */
	char notice[512];        /* for the user; empty: none */
};

extern const char pipeline_output_closed[]; /* a reason */
#define PIPELINE_SIGTERM "SIGTERM"          /* likewise */

/* Whether @r is a failure of @what. The first failure is the one that is told. */
void pipeline_check(struct pipeline *p, int r, const char *what);

/* Whether it becomes a record of the stream. Only for what pipeline_is_record(). */
bool pipeline_is_event(const struct wire_head *head);

/* Nothing of a record that is not even this can be counted. */
bool pipeline_is_record(const struct pipeline *p, const struct wire_head *head, size_t size);

/* Takes from the rings. Returns how many. */
unsigned pipeline_drain(struct pipeline *p);

/* Hands out what is pending; or only if it is enough, or has waited long enough. */
void pipeline_flush(struct pipeline *p);
void pipeline_flush_lazily(struct pipeline *p);

/* What was handed out stays. */
void pipeline_commit(struct pipeline *p);

/* For whoever goes on with the stream, it does. */
void pipeline_keep_committed(struct pipeline *p);

/* Where the rings are held, they are let go of once all that was taken is in the file, or counted
 * as lost. */
void pipeline_release(struct pipeline *p);

/* Begins anew in a file that somebody else has cut short. Whether that was so: what was not
 * committed is lost then, counted. */
bool pipeline_mind_cut(struct pipeline *p);

/* A folder's disk took nothing: back to the latest commit, as if nothing had come since. */
void pipeline_ran_out(struct pipeline *p, int r);
/* Whether there is room again. */
bool pipeline_retry(struct pipeline *p);

/* Whether the file has so much that its last records have to come now (-C): until another one is
 * begun, no event is taken. */
static inline bool pipeline_file_is_full(const struct pipeline *p)
{
	/* what the compressor makes of it is not known before */
	const uint64_t pending = p->sink->writer ? 0 : stream_pending(p->stream);

	return sink_is_full(p->sink, p->opening_bytes + pending) && !p->no_room &&
	       !p->next_failed && p->stream->now.seq > p->opening_seq;
}

/* Writes the first records of the stream or file. */
int pipeline_open_file(struct pipeline *p);
/* Ends the file and begins the next one, if it is time. */
void pipeline_rotate(struct pipeline *p);
/* Now and then: what a folder's limits do not allow any more, goes. */
void pipeline_retain(struct pipeline *p);
