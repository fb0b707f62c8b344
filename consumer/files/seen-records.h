/* SPDX-License-Identifier: Apache-2.0 */
/* Which records were taken, by stream and number: each counts once, whatever inputs it is in, and
 * however often.
 *
 * Numbers without a gap cost a few bytes for every 32,768 of them; where there are gaps, each of
 * them is a bit. There are at most 32 MiB of these: what finds no room then is not remembered. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/hash-table.h"
#include "consumer/base/text-line.h"

#define SEEN_ID 16
#define SEEN_SPAN 32768u /* numbers that stand together */
#define SEEN_MAPS 8192u  /* of a bit a number: 4 KiB each */
#define SEEN_CHUNKS (1u << 18)
#define SEEN_STAMPED 32u /* chunks of which it is known what each record was: 256 KiB each */

/* Of a record that was taken: its time's last bits (0: not known) and its input. */
struct seen_stamp {
	uint32_t time, input;
};

struct seen_chunk {
	uint8_t stream[SEEN_ID];
	uint64_t number;      /* seq / SEEN_SPAN */
	uint32_t first, last; /* those between were taken, if there are no bits */
	uint64_t *bits;
	struct seen_stamp *stamps; /* NULL: there was no room */
	uint32_t input;            /* that the first of them was in, */
	bool mixed;                /* and others in another one */
};

/* In the place of an input: */
#define SEEN_SKIPPED UINT32_MAX       /* seen_records_skip */
#define SEEN_SEVERAL (UINT32_MAX - 1) /* not all are of one */

struct seen_input {
	char *name;
	uint64_t fresh, old; /* records; old: were taken before */
	uint64_t others;     /* of fresh: have numbers that others had before */
	uint32_t of, other_of;
	bool told, others_told;
};

/* All there is to it is to be zero. */
struct seen_records {
	struct table chunks;
	struct seen_chunk *latest;
	uint64_t next; /* of the stream at hand, if latest takes it in a row; 0: it does not */
	size_t n_maps, n_stamped;
	bool full; /* some were not remembered */
	bool full_told;
	size_t n, room, at; /* inputs; the one at hand */
	struct seen_input *inputs;
};

void seen_records_done(struct seen_records *seen);

/* What comes is of another input. 0 or -ENOMEM. */
int seen_records_begin(struct seen_records *seen, const char *name);
/* ... of one that was begun before, the @at-th. */
void seen_records_go_on(struct seen_records *seen, size_t at);

/* A record of the stream and its time (real, ns; 0: not known); without a stream's id (NULL) or
 * number (0) each is another one. So is one of another time than that which was taken with its
 * number: machines that are copies of one go on with its stream. True: it is to be taken, and was
 * not before. */
bool seen_records_take(struct seen_records *seen, const uint8_t *stream, uint64_t seq,
		       uint64_t nano);

/* A Lost that stands, with their number, for records that a repair could not read: what these were
 * may be elsewhere, and is to be taken then. */
bool seen_records_take_stand_in(struct seen_records *seen, const uint8_t *stream, uint64_t seq);

/* The same as seen_records_take at once for the number behind the latest one, of the same stream;
 * false: ask it. */
static inline bool seen_records_next(struct seen_records *seen, uint64_t seq, uint64_t nano)
{
	struct seen_chunk *latest = seen->latest;

	if (!seen->next || seq != seen->next)
		return false;
	latest->last++;
	if (latest->stamps)
		latest->stamps[latest->last] =
			(struct seen_stamp){(uint32_t)nano, (uint32_t)seen->at};
	seen->inputs[seen->at].fresh++;
	seen->next = (seq + 1) % SEEN_SPAN ? seq + 1 : 0;
	return true;
}

/* Whether the record was taken. */
bool seen_records_has(const struct seen_records *seen, const uint8_t *stream, uint64_t seq);

/* The records of the stream before @seq count as taken. */
void seen_records_skip(struct seen_records *seen, const uint8_t *stream, uint64_t seq);

/* The line about the input at hand: which records were left out of it, and where they were before.
 * False: none, or it was told. */
bool seen_records_tell(struct seen_records *seen, char *buf, size_t size);

/* The name of an input, to be printed; NULL: it is none, or not one alone. */
const char *seen_records_name(const struct seen_records *seen, uint32_t input, char buf[LINE_FILE]);
