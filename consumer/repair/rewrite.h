/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a recording of the records that could be saved (FORMAT.md, "Repaired recordings"): they
 * keep their bytes and numbers; a Lost stands for those that are missing; the hashes are made anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/repair/suspects.h"
#include "consumer/repair/write-recording.h"
#include "proto/base/util.h"

struct rewrite;

struct rewrite_report {
	uint64_t saved;    /* records */
	uint64_t lost;     /* records, where their number is known */
	bool lost_unknown; /* and more */
	bool header_made;  /* the Header was lost */
};

/* @out is borrowed. @suspects knows of a Header that has to be made what there is to know. */
int rewrite_new(struct rewrite **ret, struct recording_out *out, const struct suspects *suspects);
struct rewrite *rewrite_free(struct rewrite *rewrite); /* NULL is fine; returns NULL */

/* The next record that was saved. Returns 0 or -errno. */
int rewrite_put(struct rewrite *rewrite, const struct reader_record *item);

/* Something could not be read, or was left out: of an excerpt, whose numbers have gaps anyway, that
 * is told at the end of the stream, as a Lost of nobody knows how many. */
void rewrite_damaged(struct rewrite *rewrite);

/* Something was left out here, and this is what an index says was in it. */
void rewrite_hole(struct rewrite *rewrite, const struct recording_index *index);

int rewrite_end(struct rewrite *rewrite, struct rewrite_report *ret);

DEFINE_FREEP(rewrite);
