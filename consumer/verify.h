/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a recording is whole: order, hashes and sums, as DESIGN has them. Fed the records of
 * one input, also of several streams one behind the other; says nothing itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "reader.h"
#include "tally.h"

/* Also the exit status of the command. */
enum verify_status {
	VERIFY_COMPLETE = 0,
	VERIFY_FOREIGN = 1, /* not a recording */
	VERIFY_DAMAGED = 3, /* damaged or cut, but readable */
	VERIFY_LOSSES = 4,  /* whole, but with losses that are known */
};

struct verify;

/* What was found. Problems make a recording damaged; losses are what it says it lost; doubts
 * are why it cannot be called complete without a word about them; notes are what one should
 * know. */
struct verify_report {
	enum verify_status status;
	bool in_progress; /* somebody is writing it */
	struct findings problems, losses, doubts, notes;
	uint64_t limited; /* events held back by the limits */
	uint64_t streams, records, bytes;
	uint64_t first_seq, latest_seq;            /* of the latest stream */
	uint64_t hashes;                           /* that were compared */
	uint64_t unhashed_records, unhashed_bytes; /* at the end: no hash covers them */
};

int verify_new(struct verify **ret);
struct verify *verify_free(struct verify *verify); /* NULL is fine; returns NULL */

/* The next record. Returns 0 or -ENOMEM. */
int verify_record(struct verify *verify, const struct reader_record *item);

/* A record that is not readable (READER_DAMAGED). */
void verify_damaged(struct verify *verify, const struct reader_record *item);

/* The end: what reader_next said, and reader_reason.
 * @in_progress: somebody is writing the input. */
void verify_end(struct verify *verify, int answer, const char *problem, bool in_progress);

/* After verify_end. */
const struct verify_report *verify_report(const struct verify *verify);
const struct tally *verify_tally(const struct verify *verify); /* of the latest stream */

static inline void verify_freep(struct verify **verify)
{
	*verify = verify_free(*verify);
}
