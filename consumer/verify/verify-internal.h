/* SPDX-License-Identifier: Apache-2.0 */
/* The parts verify.c is made of: verify-*.c. */
#pragma once

#include "consumer/verify/verify.h"

/* What is missing now is missing between the inputs. */
static inline bool verify_is_before(const struct verify *verify)
{
	return !verify->begun && !verify->hole;
}

/* verify-gap.c */

/* Records are missing here: sums are counted on from behind it, and will tell what was in it.
 * @before_input: between the input before and this one. */
void verify_begin_gap(struct verify *verify, bool before_input);
/* A hole that nothing more is known of, but that it is before @until_nano. */
void verify_tell_hole(struct verify *verify, uint64_t until_nano);
void verify_check_order(struct verify *verify, const struct reader_record *item);
/* A Lost, and when that was which it tells of. */
void verify_take_lost(struct verify *verify, const Ringside__V1__Record *record);
/* The first sums behind a gap, in the record @where. */
void verify_tell_missing(struct verify *verify, const char *where);

/* verify-stream.c */

void verify_take_header(struct verify *verify, const struct reader_record *item);
/* The Header was in a hole: of what stream the records are is not known, nor, where another one's
 * come before them, of which host. */
void verify_begin_headless(struct verify *verify, const struct reader_record *item);
/* What is found from here on is of the host of the Header; NULL: it is not known whose. */
void verify_set_host(struct verify *verify, const Ringside__V1__Header *header);
/* The Header may be one that a repair has made. */
void verify_note_made(struct verify *verify, const Ringside__V1__Header *header);
/* What the stream at hand has lost and held back so far goes to the report. */
void verify_close_stream(struct verify *verify);

/* Another one begins with the record at hand. */
void verify_end_stream(struct verify *verify, const struct reader_record *item);

/* verify-excerpt.c */

/* A record of an excerpt: what its Header says, and that it does not come too late. False: it is
 * one that only says what chose those behind it. */
bool verify_take_excerpt(struct verify *verify, const struct reader_record *item);
/* At the end of an input: what is missing behind the latest record. */
void verify_end_excerpt(struct verify *verify);
/* At the end of an input: what excerpts in it say of what they are of. */
void verify_tell_flaws(struct verify_report *report);

/* verify-seen.c */

/* The record counts as seen; and whether one of the stream at hand was, before that. */
void verify_see(struct verify *verify, const struct reader_record *item);
bool verify_has_seen(const struct verify *verify, const struct reader_record *item);
/* At the end of an input: what of it was seen before. */
void verify_note_seen(struct verify *verify);

/* losses.c: what the sums of a stream say about its losses and doubts, in sentences. */

/* What was lost since the previous call, and forgets nothing: the next call tells the rest. @span:
 * when that was, where no record says it. Returns how many, as far as that is known. */
uint64_t losses_add(struct recount *recount, const struct finding_time *span,
		    struct findings *losses);

/* What the stream at hand has had of each kind since the previous call goes to the report. */
void losses_add_kinds(struct verify *verify);

/* Events held back since the previous call. */
uint64_t losses_limited(struct recount *recount);

/* What was lost before the sums at hand is not this input's, unless its own records tell of it: as
 * if it had been told. */
void losses_skip(struct recount *recount);

/* At a Footer: why no more can be known of the attached probes. @last: the stream ends with it. */
void losses_doubt(const struct recount *recount, bool last, struct findings *doubts);
