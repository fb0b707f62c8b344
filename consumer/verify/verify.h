/* SPDX-License-Identifier: Apache-2.0 */
/* Whether recordings are whole: order, hashes and sums, as DESIGN has them. Fed the records of
 * inputs one behind the other: files of one stream in their order are one stream. An input may
 * hold several streams. Says nothing itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/excerpt/excerpt-choices.h"
#include "consumer/excerpt/excerpt-flaws.h"
#include "consumer/excerpt/stream-set.h"
#include "consumer/files/each-record.h"
#include "consumer/read/damaged-reader.h"
#include "consumer/verify/checksums.h"
#include "consumer/verify/downtime.h"
#include "consumer/verify/first-files.h"
#include "consumer/verify/recount.h"
#include "consumer/verify/sequence.h"
#include "proto/base/util.h"

/* Also the exit status of the command, but for the last one. */
enum verify_status {
	VERIFY_COMPLETE = 0,
	VERIFY_FOREIGN = 1, /* not a recording */
	VERIFY_DAMAGED = 3, /* damaged or cut, but readable */
	VERIFY_LOSSES = 4,  /* whole, but with losses that are known */
	VERIFY_EXCERPT = 5, /* a part that somebody chose, and readable: exits as VERIFY_COMPLETE */
	VERIFY_FILTERED = 6, /* likewise, and all that was chosen is there */
	VERIFY_UNCLOSED = 7, /* readable to its end, which is none; exits as VERIFY_DAMAGED */
};

static inline int verify_exit_status(int status)
{
	if (status == VERIFY_UNCLOSED)
		return VERIFY_DAMAGED;
	return status == VERIFY_EXCERPT || status == VERIFY_FILTERED ? VERIFY_COMPLETE : status;
}

#define VERIFY_STRETCHES 16 /* that are kept */

/* Numbers of a stream for which it is known what chose: all that it chose of them is there. */
struct verify_stretch {
	uint64_t first, last;
	uint64_t hash;               /* of the options, whole */
	char choice[EXCERPT_CHOICE]; /* the options; "": all records */
};

/* What was found in one input. Problems make a recording damaged; losses are what it says it
 * lost; doubts are why it cannot be called complete without a word about them; notes are what
 * one should know. */
struct verify_report {
	enum verify_status status;
	bool in_progress; /* somebody is writing it */
	bool repaired;    /* by `ringside repair` */
	bool excerpt;     /* it has an excerpt of a stream */
	bool checked;     /* ... of which it is known that it has all that was chosen */
	struct excerpt_choices choices; /* ... which is what these options chose */
	/* Of its only stream, in their order; n_stretches may be more than are kept. */
	struct verify_stretch stretches[VERIFY_STRETCHES];
	unsigned n_stretches;
	uint64_t latest_choice;     /* hash of the last one's */
	bool unfinished_source;     /* that was still being written when it was chosen */
	struct excerpt_flaws flaws; /* what is wrong with what it is of, as far as is known */
	struct findings problems, losses, doubts, notes;
	uint64_t unclosed;        /* of the problems: nothing is wrong but that no Footer came */
	bool mendable;            /* bytes are, which a repair leaves out */
	struct named_hosts hosts; /* in it */
	uint64_t limited;         /* events held back by the limits */
	uint64_t lost;            /* that is known; of damage, records */
	bool lost_more;           /* ... and others that nobody could count */
	uint64_t streams, records, bytes;
	uint64_t events;          /* of the records */
	uint64_t orphans;         /* of the records: nobody knows whose they are */
	struct finding_time span; /* of the records */
	unsigned n_kinds;
	struct kind_total kinds[RECOUNT_KINDS]; /* what is in it, of all its streams */
	uint64_t repeated;                      /* of the records: were verified before, too */
	uint64_t repeated_events;
	uint64_t underived; /* events whose boottime or sums went with those before them */
	uint64_t first_seq, latest_seq; /* of its only stream */
	uint64_t hashes, seals;         /* checksums that were right: of records, of zstd frames */
	const char *hash_name;          /* of the latest of records */
	uint64_t frames, indexed, tables; /* zstd frames, right indexes, seek tables */
	/* What no checksum covers. */
	uint64_t uncovered_records, uncovered_bytes;
	bool uncovered_tail; /* it is what the input ends with, and nothing else */
	struct findings uncovered;
};

/* What is missing between an input and the one before it. */
struct verify_joint {
	struct findings problems, losses, notes;
};

struct verify {
	struct verify_report report;
	struct verify_joint joint;
	struct recount recount;
	struct sequence sequence;
	struct checksums checksums;
	struct downtime downtime;
	struct stream_set streams; /* whose excerpts the input has */
	struct stream_set headers; /* and which of their Headers */
	bool again;                /* the latest Header was in it before */
	/* Who wants to know what the streams say that they have deleted; borrowed, or NULL. */
	struct first_files *heads;
	/* What was verified before, of this input and others; borrowed, or NULL. */
	struct record_memory *memory;
	bool begun;                   /* the input at hand has had a record */
	unsigned orphan;              /* the stretch at hand of such records; 0: none */
	bool hole;                    /* ... or would have had one: bytes were left out */
	char hole_text[FINDING_SIZE]; /* right before the next record; "": none */
	/* Records of an excerpt that are missing right before the next one; from: 0: none are. */
	struct verify_missing {
		uint64_t from, count; /* count: 0: nobody knows how many */
		bool deleted;         /* before they could be sent */
	} missing;

	/* the stream at hand */
	bool excerpt; /* of what is left out nobody can say anything: order is all there is to it */
	bool checked; /* ... but that it was left out by choice (Header.excerpt_checked) */
	struct verify_stretch choice; /* ... and by which; last: the greatest seq so far */
	bool open;
	bool has_footer;
	uint64_t latest_nano; /* real time of its latest record that has one; 0: none had */
	bool runs;            /* events may leave out what those before them tell */
	bool rotated;         /* ... which says that another file follows */
	bool unfinished;      /* the input's latest zstd frame, though it ends behind a block */
	uint8_t stream_id[16];
	bool has_id; /* ... which is known */
	bool has_file;
	uint32_t file_index;
	uint32_t files_missing;    /* right before it */
	struct kernel_kills kills; /* since its beginning */
	/* records are missing: what the sums say of them will go here */
	struct findings *gap_notes;
};

int verify_new(struct verify **ret);
struct verify *verify_free(struct verify *verify); /* NULL is fine; returns NULL */

struct verify_config {
	/* Somebody is writing the input. Asked before it is read: who closes the file meanwhile
	 * has written a Footer. */
	bool in_progress;
	uint64_t next_seq; /* what the next file of the stream begins with; 0: there is none */
	bool lacks_next;   /* ... and there would be one, if it existed */
	/* NULL, or what it is a copy of, which goes on where it ends: that is no damage. */
	const struct recording *copy;
};

/* The next input, from its first byte to its last. What is wrong with it is in the report and the
 * joint then. Returns 0 or -ENOMEM. */
int verify_input(struct verify *verify, struct damaged_reader *damaged,
		 const struct verify_config *config);

/* The same in steps. @framed: it has zstd frames. */
void verify_begin(struct verify *verify, bool framed);

/* The next record. Returns 0 or -ENOMEM. */
int verify_record(struct verify *verify, const struct reader_record *item);

/* A record that is not readable (READER_DAMAGED). */
void verify_damaged(struct verify *verify, const struct reader_record *item);

/* The end of an input: what reader_next said, and reader_reason. */
void verify_end(struct verify *verify, int answer, const char *problem,
		const struct verify_config *config);

/* Parts of its stream were chosen by different options, each of which has all that it chose. */
static inline bool verify_has_stretches(const struct verify_report *report)
{
	return report->checked && report->streams == 1 && report->n_stretches > 1;
}

#define VERIFY_SUMMARY 1024

/* "complete", "whole, but 312 events of KIND lost (ring full)", ... @timed: and when, of what is
 * lost. */
void verify_summary(const struct verify_report *report, bool timed, char buf[VERIFY_SUMMARY]);

/* "no checksum covers the last 3 records (412 bytes)"; "" if all are covered. */
void verify_uncovered(const struct verify_report *report, char buf[VERIFY_SUMMARY]);

DEFINE_FREEP(verify);
