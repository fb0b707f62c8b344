/* SPDX-License-Identifier: Apache-2.0 */
/* Where the last records of a recording begin. In a compressed one the frames are counted from the
 * last backward, each time twice as many, so what is read depends on how many are wanted and how
 * rare they are, not on the size of the file. A plain one is read whole. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/read/reader.h"

struct last_records {
	uint64_t begin; /* in the file: of a frame, or 0 */
	uint64_t skip;  /* records that are wanted, from begin on */
	uint64_t n;     /* records that are left then; at most as many as were wanted */
};

/* Whether the record counts. @data: of who asks. */
typedef bool (*last_records_wants_fn)(void *data, struct reader *reader,
				      struct reader_record *item);

/* The last @n records of @path that are wanted. 0 or -errno; what is not a recording has none.
 * What cannot be read twice is taken whole. */
int last_records_find(const char *path, last_records_wants_fn wants, void *data, uint64_t n,
		      struct last_records *ret);

/* Puts @reader to where they begin. @ranges belongs to the reader as long as it lives. 0, -errno.
 */
int last_records_go(const struct last_records *last, struct reader *reader,
		    struct recording_ranges *ranges);
