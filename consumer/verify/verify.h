/* SPDX-License-Identifier: Apache-2.0 */
/* Whether recordings are whole: order, hashes and sums, as DESIGN has them. Fed the records of
 * inputs one behind the other: files of one stream in their order are one stream. An input may
 * hold several streams. Says nothing itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/read/reader.h"
#include "consumer/verify/findings.h"
#include "consumer/verify/recount.h"
#include "proto/base/util.h"

/* Also the exit status of the command. */
enum verify_status {
	VERIFY_COMPLETE = 0,
	VERIFY_FOREIGN = 1, /* not a recording */
	VERIFY_DAMAGED = 3, /* damaged or cut, but readable */
	VERIFY_LOSSES = 4,  /* whole, but with losses that are known */
};

struct first_files;
struct verify;

/* What was found in one input. Problems make a recording damaged; losses are what it says it
 * lost; doubts are why it cannot be called complete without a word about them; notes are what
 * one should know. */
struct verify_report {
	enum verify_status status;
	bool in_progress; /* somebody is writing it */
	bool repaired;    /* by `ringside repair` */
	struct findings problems, losses, doubts, notes;
	uint64_t limited; /* events held back by the limits */
	uint64_t missing; /* records */
	uint64_t streams, records, bytes;
	uint64_t first_seq, latest_seq; /* of the latest stream */
	uint64_t hashes, seals;         /* checksums that were right: of records, of zstd frames */
	uint64_t frames, indexed,
		tables; /* of the caller: zstd frames, right indexes, seek tables */
	/* What no checksum covers. */
	uint64_t uncovered_records, uncovered_bytes;
	bool uncovered_tail; /* it is what the input ends with, and nothing else */
	struct findings uncovered;
};

/* What is missing between an input and the one before it. */
struct verify_joint {
	struct findings problems, losses, notes;
};

int verify_new(struct verify **ret);
struct verify *verify_free(struct verify *verify); /* NULL is fine; returns NULL */

/* What the streams say that they have deleted goes there, too. @heads is borrowed. */
void verify_tell_heads(struct verify *verify, struct first_files *heads);

/* The next input. @framed: it has zstd frames. */
void verify_begin(struct verify *verify, bool framed);

/* The next record. Returns 0 or -ENOMEM. */
int verify_record(struct verify *verify, const struct reader_record *item);

/* A record that is not readable (READER_DAMAGED). */
void verify_damaged(struct verify *verify, const struct reader_record *item);

/* Bytes are missing here, or are no records: @text says which. */
void verify_hole(struct verify *verify, const char *text);

/* A zstd frame ended. @right: it has a checksum, which was right. */
void verify_frame(struct verify *verify, bool right);

/* The latest zstd frame was never finished, but ends behind a block. */
void verify_unfinished(struct verify *verify);

/* For what the caller found: findings of this input. */
struct verify_report *verify_findings(struct verify *verify);

struct verify_context {
	bool in_progress;  /* somebody is writing the input */
	uint64_t next_seq; /* what the next file of its stream begins with; 0: there is none */
	bool lacks_next;   /* if its Footer says that another follows, that one is lost */
};

/* The end of an input: what reader_next said, and reader_reason. */
void verify_end(struct verify *verify, int answer, const char *problem,
		const struct verify_context *context);

/* After verify_end. */
const struct verify_report *verify_report(const struct verify *verify);
const struct verify_joint *verify_joint(const struct verify *verify);
const struct recount *verify_tally(const struct verify *verify); /* of the latest stream */

DEFINE_FREEP(verify);
