/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of streamers that ran beside each other on one machine: each saw everything, so what they
 * tell of the same time are the same events. Which of them tells of a time is settled as it comes:
 * the one whose records of it were taken first. As sums/ledger.h has it for sums. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

#define SIDE_STREAMS 256 /* that are remembered */
#define SIDE_SPANS 1024  /* of each */
#define SIDE_ID 16
#define SIDE_HOST 68

/* A time in which a stream is the one that tells of these kinds (bits, by field number in
 * Record.body). */
struct side_span {
	uint64_t from, until; /* boot time */
	uint32_t kinds;
};

struct side_stream {
	uint8_t id[SIDE_ID];
	uint64_t boot;        /* hash of its boot's id */
	uint32_t kinds;       /* that it has probes for */
	uint64_t seq, latest; /* of its record before, */
	uint32_t told;        /* and the kinds that it told then */
	struct side_span *spans;
	size_t n, room;
};

/* All there is to it is to be zero, and what stands in the first two. */
struct side_streams {
	bool one;    /* what another one tells is left out */
	bool chosen; /* of a part only something is to be said: nothing, where none of it is twice
		      */
	size_t n, oldest;
	struct side_stream all[SIDE_STREAMS];
	struct side_stream *at; /* whose records come; NULL: nothing is known of it */
	bool beside;            /* there are others of its boot */
	struct side_span *span; /* that goes on with its next record; NULL: ask */
	/* What was met first. */
	bool met, told;
	char host[SIDE_HOST];
	uint8_t ids[2][SIDE_ID];
	uint64_t from, until; /* boot time */
	uint64_t events;      /* of all that another one tells, too */
};

void side_streams_done(struct side_streams *sides);

/* Records of the stream @header is of come now; NULL: of none that is known. */
void side_streams_go_on(struct side_streams *sides, const Ringside__V1__Header *header);

/* A record of it. @kind: bit of the kind of events that it is or tells of; 0: it is about the
 * stream. True: another stream tells it. */
bool side_streams_take(struct side_streams *sides, uint32_t kind, uint64_t seq,
		       uint64_t boottime_nano);

/* The same at once for the record behind the latest one, where there is nothing beside; false: ask
 * side_streams_take. */
static inline bool side_streams_next(struct side_streams *sides, uint64_t seq, uint64_t nano)
{
	struct side_stream *at = sides->at;

	if (!sides->span || seq != at->seq + 1 || !nano)
		return false;
	if (nano > sides->span->until)
		sides->span->until = nano;
	at->seq = seq;
	at->latest = nano;
	return true;
}

/* The line about it. False: there are none, or it was told. */
bool side_streams_tell(struct side_streams *sides, char *buf, size_t size);
