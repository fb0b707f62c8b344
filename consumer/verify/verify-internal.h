/* SPDX-License-Identifier: Apache-2.0 */
/* The parts verify.c is made of: verify-*.c. */
#pragma once

#include "consumer/verify/checksums.h"
#include "consumer/verify/downtime.h"
#include "consumer/verify/sequence.h"
#include "consumer/verify/verify.h"

struct verify {
	struct verify_report report;
	struct verify_joint joint;
	struct recount recount;
	struct sequence sequence;
	struct checksums checksums;
	struct downtime downtime;
	struct first_files *heads;    /* NULL: nobody wants to know */
	bool begun;                   /* the input at hand has had a record */
	bool hole;                    /* ... or would have had one: bytes were left out */
	char hole_text[FINDING_SIZE]; /* right before the next record; "": none */

	/* the stream at hand */
	bool open;
	bool has_footer;
	bool rotated;    /* ... which says that another file follows */
	bool unfinished; /* the input's latest zstd frame */
	uint8_t stream_id[16];
	bool has_file;
	uint32_t file_index;
	uint32_t files_missing;    /* right before it */
	struct kernel_kills kills; /* since its beginning */
	/* records are missing: what the sums say of them will go here */
	struct findings *gap_notes;
};

/* What is missing now is missing between the inputs. */
static inline bool verify_is_before(const struct verify *verify)
{
	return !verify->begun && !verify->hole;
}

/* verify-gap.c */

/* Records are missing here: sums are counted on from behind it, and will tell what was in it.
 * @before_input: between the input before and this one. */
void verify_begin_gap(struct verify *verify, bool before_input);
/* A hole that nothing more is known of. */
void verify_tell_hole(struct verify *verify);
void verify_check_order(struct verify *verify, const struct reader_record *item);
/* The first sums behind a gap, in the record @where. */
void verify_tell_missing(struct verify *verify, const char *where);

/* verify-stream.c */

void verify_take_header(struct verify *verify, const struct reader_record *item);
/* The Header was in a hole: of what stream the records are is not known. */
void verify_begin_headless(struct verify *verify, const struct reader_record *item);
/* What the stream at hand has lost and held back so far goes to the report. */
void verify_close_stream(struct verify *verify);
