/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a recording or a pipe, plain or compressed, Record by Record. Memory is bounded whatever
 * the input says (input.h tells what a compressed one's checksums mean for what is read).
 * Library code: says nothing itself; reader_problem is the sentence for people. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/record/peek.h"
#include "proto/recording/input.h"
#include "proto/ringside.pb-c.h"

#define READER_FORMAT_VERSION 2 /* the newest format this reader understands */

/* What reader_next says besides 0 and -errno. */
#define READER_END 1     /* the input ended between two records */
#define READER_CUT 2     /* the input ended inside a record: what was before it is whole */
#define READER_DAMAGED 3 /* a record, or a stretch (item.damage), is not readable: call again */
#define READER_BROKEN 4  /* the framing is lost, and nothing after it can be found */
#define READER_FOREIGN 5 /* not a recording, or one this version cannot read */
#define READER_WAIT 6    /* following: nothing more for now */
#define READER_MARK 7    /* all records of a zstd frame were read (input_want_marks): item.mark */

struct derived;
struct message_cache;
struct reader;

struct reader_record {
	const Ringside__V1__Record *record; /* valid until the next reader_next; NULL: raw */
	struct peek peek;                   /* the same without unpacking */
	const uint8_t *frame;               /* its bytes, without the length before them */
	size_t size;
	const uint8_t *start; /* with the length: start to frame + size */
	uint64_t offset;      /* of start in what was read, uncompressed */
	size_t empty;         /* frames without a record right before it, a byte each */
	bool unknown;         /* a body that a newer version has written */
	bool header;          /* it is a Header: a stream, or a file of one, begins */
	unsigned orphan; /* 0; or nobody knows whose it is (origin.h): the number of its stretch */
	const struct derived *derived; /* what those before it tell; until the next reader_next */
	const struct input_damage *damage; /* READER_DAMAGED: a stretch of a compressed input */
	const struct input_mark *mark;     /* READER_MARK */
};

/* @fd is borrowed. @name is for reader_problem and copied. */
int reader_new(struct reader **ret, int fd, const char *name);
struct reader *reader_free(struct reader *reader); /* NULL is fine; returns NULL */

/* Opens @path, "-" for stdin; the reader owns the fd. -EISDIR for a directory. What is elsewhere
 * (remote.h) comes through a program of its own; -ENOPKG: there is none. */
int reader_open(struct reader **ret, const char *path);
/* @args: for that program (NULL ends them). */
int reader_open_remote(struct reader **ret, const char *url, const char *const *args);
/* That program ends, and with it the input. */
void reader_end_remote(struct reader *reader);
/* It ended, and could not bring all; it has said why. */
bool reader_remote_failed(const struct reader *reader);
/* The same for what has to be a regular file: waits for nobody. -EINVAL for anything else. */
int reader_open_file(struct reader **ret, const char *path);
int reader_fd(const struct reader *reader);

/* READER_FOREIGN: because only a newer version can read it. */
bool reader_is_newer(const struct reader *reader);

/* What it reads: how far it is, what it is, which parts of it are wanted. */
struct input *reader_input(const struct reader *reader);

/* 0, READER_*, or -errno of read(2). *ret is set with 0 and READER_MARK and, but for record, with
 * READER_DAMAGED. END, CUT, BROKEN and FOREIGN repeat. Empty frames are skipped. */
int reader_next(struct reader *reader, struct reader_record *ret);

/* Records are not unpacked any more, but for Headers: three times as fast. reader_unpack does it
 * for the one at hand, and sets record. 0 or READER_DAMAGED. */
void reader_set_raw(struct reader *reader, bool raw);
int reader_unpack(struct reader *reader, struct reader_record *item);

/* Plain files: records are where the framing says, and nowhere else. Without it, where that leads
 * nowhere, they are looked for: READER_DAMAGED, and reading goes on behind what was left out. */
void reader_set_framed(struct reader *reader);

/* The end of a file is READER_WAIT from now on. Records come once and in order, also when the
 * file is cut back and written anew. */
void reader_follow(struct reader *reader, bool follow);

/* The Header of the record at hand: the latest one. NULL before the first, and where nobody knows
 * whose the record is. Valid until the next reader_next. */
const Ringside__V1__Header *reader_header(const struct reader *reader);
/* ... and the record that it is of, of which there is one whenever there is a Header. */
const Ringside__V1__Record *reader_header_record(const struct reader *reader);
/* The latest one, whoever's the records behind it are: how such records were written. */
const Ringside__V1__Header *reader_latest_header(const struct reader *reader);
/* Records so far of which nobody knows whose they are. */
uint64_t reader_orphans(const struct reader *reader);

/* Where the parts of records lie that are unpacked once only. */
struct message_cache *reader_memo(const struct reader *reader);

/* After READER_CUT, DAMAGED, BROKEN, FOREIGN or -errno: what is wrong, where, and what to do, in
 * one line that starts with the name; and the same without it. */
const char *reader_problem(const struct reader *reader);
const char *reader_reason(const struct reader *reader);

/* Records of unknown kinds so far. */
uint64_t reader_unknown(const struct reader *reader);

DEFINE_FREEP(reader);
