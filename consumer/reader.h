/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a recording or a pipe, Record by Record. Memory is bounded whatever the input says.
 * Library code: says nothing itself; reader_problem is the sentence for people. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "ringside.pb-c.h"

#define READER_FORMAT_VERSION 1 /* the newest format this reader understands */

/* What reader_next says besides 0 and -errno. */
#define READER_END 1     /* the input ended between two records */
#define READER_CUT 2     /* the input ended inside a record: what was before it is whole */
#define READER_DAMAGED 3 /* this record is not readable: call again for the next one */
#define READER_BROKEN 4  /* the framing is lost: nothing after it can be read */
#define READER_FOREIGN 5 /* not a recording, or one this version cannot read */

struct reader;

struct reader_record {
	const Ringside__V1__Record *record; /* valid until the next reader_next */
	const uint8_t *frame;               /* its bytes, without the length before them */
	size_t size;
	const uint8_t *start; /* with the length: start to frame + size */
	uint64_t offset;      /* of start in the input */
	size_t empty;         /* frames without a record right before it, a byte each */
	bool unknown;         /* a body that a newer version has written */
	bool header;          /* it is a Header: a stream, or a file of one, begins */
};

/* @fd is borrowed. @name is for reader_problem and copied. */
int reader_new(struct reader **ret, int fd, const char *name);
struct reader *reader_free(struct reader *reader); /* NULL is fine; returns NULL */

/* Opens @path, "-" for stdin; the reader owns the fd. -EISDIR for a directory. */
int reader_open(struct reader **ret, const char *path);
int reader_fd(const struct reader *reader);

/* @idle is called before a read that would have to wait: the moment to flush. */
void reader_on_idle(struct reader *reader, void (*idle)(void *data), void *data);

/* 0, READER_*, or -errno of read(2). *ret is set with 0 and, but for record, with
 * READER_DAMAGED. All other answers repeat. Empty frames are skipped. */
int reader_next(struct reader *reader, struct reader_record *ret);

/* The latest Header and Clock, NULL before the first. Valid until the next reader_next. */
const Ringside__V1__Header *reader_header(const struct reader *reader);
const Ringside__V1__Clock *reader_clock(const struct reader *reader);

/* After READER_CUT, DAMAGED, BROKEN, FOREIGN or -errno: what is wrong, where, and what to do, in
 * one line that starts with the name; and the same without it. */
const char *reader_problem(const struct reader *reader);
const char *reader_reason(const struct reader *reader);

/* Records of unknown kinds so far. */
uint64_t reader_unknown(const struct reader *reader);

static inline void reader_freep(struct reader **reader)
{
	*reader = reader_free(*reader);
}
