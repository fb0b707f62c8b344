/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a recording of the records that could be saved (FORMAT.md, "Repaired recordings"): they
 * keep their bytes and numbers; a Lost stands for those that are missing; the hashes are made anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/files/write-recording.h"
#include "consumer/read/reader.h"
#include "proto/base/util.h"
#include "proto/recording/recording-index.h"

struct rewrite;

struct rewrite_report {
	uint64_t saved;    /* records */
	uint64_t left_out; /* records that are there, but come late or have no seq */
	uint64_t lost;     /* records, where their number is known */
	bool lost_unknown; /* and more */
	bool header_made;  /* the Header was lost */
	uint64_t footers_made;
};

/* For a Header that has to be made, as far as it is known. */
struct rewrite_config {
	bool has_stream_id;
	uint8_t stream_id[RECORDING_STREAM_ID];
	uint64_t first_seq; /* of what is missing at the beginning; 0: not known */
};

/* @out is borrowed. */
int rewrite_new(struct rewrite **ret, struct recording_out *out,
		const struct rewrite_config *config);
struct rewrite *rewrite_free(struct rewrite *rewrite); /* NULL is fine; returns NULL */

/* The next record that was saved. Returns 0 or -errno. */
int rewrite_put(struct rewrite *rewrite, const struct reader_record *item);

/* Something was left out here, and this is what an index says was in it. */
void rewrite_hole(struct rewrite *rewrite, const struct recording_index *index);

int rewrite_end(struct rewrite *rewrite, struct rewrite_report *ret);

DEFINE_FREEP(rewrite);
