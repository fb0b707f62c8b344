/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the index frames of a compressed recording say what the data frames hold, and its seek
 * tables where they are. */
#pragma once

#include <stdint.h>

#include "consumer/read/reader.h"
#include "consumer/verify/findings.h"
#include "consumer/verify/read-ahead.h"
#include "proto/recording/recording-index.h"

struct index_check {
	struct read_ahead file;     /* to look between the frames; fd -1: not a file */
	struct recording_index now; /* of the frame at hand */
	uint64_t content;           /* of the frames before it, from where their writer began */
	bool lost;                  /* that is not known: there was a hole */
	uint64_t end;               /* in the file: of the frame before */

	uint64_t frames, indexed; /* data frames, and those of them with an index that is right */
	uint64_t tables;          /* seek tables that are right */
	uint64_t foreign;         /* bytes of other programs' skippable frames */
};

void index_check_init(struct index_check *check, int fd);

/* Also of one that is not readable: what can be seen of it. */
void index_check_record(struct index_check *check, const struct reader_record *item);

/* READER_MARK: what is wrong goes to @problems. 0 or -errno. */
int index_check_frame(struct index_check *check, const struct input_mark *mark,
		      struct findings *problems);

/* Bytes of the file were left out, up to @end. */
void index_check_hole(struct index_check *check, uint64_t end);

/* The file ended. 0 or -errno. */
int index_check_end(struct index_check *check, struct findings *problems);
