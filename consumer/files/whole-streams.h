/* SPDX-License-Identifier: Apache-2.0 */
/* Whether streams were read whole: without a gap between their numbers, and up to their Footer.
 * What was passed over because of its index counts as read. Who reads only what is there sees
 * nothing of it, and neither does who reads an excerpt that is written of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/filter/filter.h"
#include "consumer/read/reader.h"

#define WHOLE_ID 16
#define WHOLE_HOST 68
#define WHOLE_RUNS (1u << 17)

/* What whole_streams_judge finds. */
enum {
	WHOLE_GAPS = 1 << 0,     /* numbers are missing */
	WHOLE_NO_END = 1 << 1,   /* there is no Footer, and nobody is writing it */
	WHOLE_GROWING = 1 << 2,  /* likewise, and somebody is */
	WHOLE_NO_NEXT = 1 << 3,  /* it goes on in a file that is missing */
	WHOLE_NO_FIRST = 1 << 4, /* it begins in one, and no record says that it was deleted */
};

/* Records without a gap. */
struct whole_run {
	uint8_t id[WHOLE_ID];
	uint64_t first, next;          /* the numbers from first on, before next */
	struct filter_moment from, to; /* of the first and the last of them */
	bool wanted;                   /* its Header was, or this is not known */
	bool passed;                   /* by an index, from the end to the beginning of an input */
	bool ended;                    /* with a Footer, or by choice */
	bool rotated;                  /* ... that says that another file follows */
	bool lacks_next;               /* ... which is missing */
	bool locked;                   /* its streamer holds a lock on what it writes */
	bool growing;
	bool open;             /* a repair could not count what is missing behind it */
	bool headed;           /* it begins with a Header, as a file does */
	bool torn;             /* what is before it was not readable, which is said elsewhere */
	bool cut;              /* likewise, behind it */
	char host[WHOLE_HOST]; /* "": not known */
};

/* What a stream lacks of what the filter asks for. */
struct whole_missing {
	const uint8_t *id; /* of the stream */
	unsigned found;    /* WHOLE_* */
	const char *host;  /* "": not known */
	uint64_t first, last;
	uint64_t count;                /* of them, those that are missing */
	unsigned places;               /* 0: none is missing without that being said elsewhere */
	struct filter_moment from, to; /* of the records around them */
};

/* Streams that end without a Footer, though nobody writes them any more: of those that can be told
 * by a lock. */
struct whole_unclosed {
	unsigned n;
	const char *host; /* of the first; "": not known */
	struct filter_moment end;
};

/* A stream whose first files are not among those that are read, though they would have been. */
struct whole_headless {
	uint8_t id[WHOLE_ID];
	uint32_t index; /* of the first one that is there */
	bool told;      /* whoever made room says that the one before it was deleted */
};

typedef void (*whole_tell_fn)(void *data, const struct whole_missing *missing);

/* All there is to it is to be zero. */
struct whole_streams {
	const struct filter *filter;
	bool ends_only; /* what is before the last records was not asked for */
	size_t n, room;
	struct whole_run *runs;
	bool full;        /* of more runs nothing is known */
	size_t at;        /* 1 + the run of the record before; 0: it has none */
	bool wanted;      /* the stream at hand is */
	bool torn;        /* before the next record something was not readable */
	uint64_t missing; /* records, as whole_streams_judge found */
	unsigned lacking; /* streams that lack some */
	struct whole_unclosed unclosed;
	size_t n_headless, headless_room;
	struct whole_headless *headless;
};

void whole_streams_done(struct whole_streams *whole);

/* Another input. */
static inline void whole_streams_begin(struct whole_streams *whole)
{
	whole->at = 0;
	whole->torn = false;
}

/* Something was not readable, which is said elsewhere. */
static inline void whole_streams_break(struct whole_streams *whole)
{
	if (whole->at)
		whole->runs[whole->at - 1].cut = true;
	whole->at = 0;
	whole->torn = true;
}

/* A record of an input. */
void whole_streams_take(struct whole_streams *whole, struct reader *reader,
			struct reader_record *item);
/* A frame that is passed over, from the last to the first of an input that is still to be read. */
void whole_streams_pass(struct whole_streams *whole, const struct recording_index *index);
/* The input is read as far as it goes, or, @stopped, as was wanted. */
void whole_streams_pause(struct whole_streams *whole, const struct reader *reader, bool stopped);

/* The input that was read last ends with a Footer that says that its stream goes on in another
 * file, and what would be in that is wanted. */
bool whole_streams_goes_on(const struct whole_streams *whole);
/* And there is none, though it would have been read. */
void whole_streams_lacks_next(struct whole_streams *whole);

/* Before anything is read: the file @index of the stream is the first one that is there. */
void whole_streams_lacks_first(struct whole_streams *whole, const uint8_t id[WHOLE_ID],
			       uint32_t index);

/* WHOLE_* of what the filter asks for, of all that was read. Sorts them: nothing more can be taken.
 * @tell hears of each stream that lacks anything; may be NULL. */
unsigned whole_streams_judge(struct whole_streams *whole, whole_tell_fn tell, void *data);
