/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the records at hand are. A Header says it of all behind it, until bytes are left out:
 * another Header may have been in these. Where that cannot be ruled out, the records up to the next
 * Header are nobody's that is known, because another host's name is worse than none. They come in
 * stretches, of which each is of one stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/damage/file-window.h"
#include "proto/record/peek.h"
#include "proto/ringside.pb-c.h"

/* All there is to it is to be zero. */
struct origin {
	bool begun;   /* a Header was read */
	bool several; /* hosts: Headers of more than one are in the input, or it says so */
	bool looked;  /* none is behind, but of this one */
	bool damaged; /* something was left out since the latest Header */
	bool gap;     /* ... and right before the next record */
	bool judged;  /* the clocks behind it are those before it */
	bool ended;   /* a Footer came: what is behind it is of another stream */
	uint64_t name, machine; /* hashes of the latest Header's; machine 0: it says none */
	uint64_t seq;           /* of the latest record that has one */
	bool timed;
	uint64_t ahead; /* real time less boot time, ns: of a stream the same until somebody sets it
			 */
	unsigned stretch;   /* 0: the records at hand are of the latest Header */
	unsigned stretches; /* so far */
	uint64_t records;   /* in these */
};

/* The Header at hand. */
void origin_begin(struct origin *origin, const Ringside__V1__Header *header);
/* Something is left out, maybe a Header. */
void origin_lose(struct origin *origin);
/* What is in the file from @offset on, where the next record should be and is not, may say more of
 * it. Whether records of another stream may come. */
bool origin_look(struct origin *origin, struct file_window *window, uint64_t offset);

/* origin_take where something was left out. */
unsigned origin_judge(struct origin *origin, const struct peek *peek);

static inline void origin_note(struct origin *origin, const struct peek *peek)
{
	origin->seq = peek->seq ? peek->seq : origin->seq;
	origin->ended = peek->kind == RINGSIDE__V1__RECORD__BODY_FOOTER;
	if (!peek->has_time || !peek->has_boottime)
		return;
	origin->timed = true;
	origin->ahead = peek->time_unix_nano - peek->boottime_nano;
}

/* A record, also a Header. Returns its stretch; 0: it is of the latest Header. */
static inline unsigned origin_take(struct origin *origin, const struct peek *peek)
{
	if (origin->damaged || !origin->begun)
		return origin_judge(origin, peek);
	origin_note(origin, peek);
	return 0;
}
