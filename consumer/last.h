/* SPDX-License-Identifier: Apache-2.0 */
/* Where the last records of a recording begin. In a compressed one the frames are counted from the
 * last backward, each time twice as many, so what is read depends on how many are wanted and how
 * rare they are, not on the size of the file. A plain one is read whole. */
#pragma once

#include <stdint.h>

#include "printer.h"

struct last {
	uint64_t begin; /* in the file: of a frame, or 0 */
	uint64_t skip;  /* records that the printer would show, from begin on */
	uint64_t n;     /* records that are left then; at most as many as were wanted */
};

/* The last @want records of @path that the printer would show. 0 or -errno; what is not a
 * recording has none. What cannot be read twice is taken whole. */
int last_find(const char *path, struct printer *printer, uint64_t want, struct last *ret);

/* Puts @reader to where they begin. @ranges belongs to the reader as long as it lives. 0, -errno.
 */
int last_go(const struct last *last, struct reader *reader, struct recording_ranges *ranges);
