/* SPDX-License-Identifier: Apache-2.0 */
/* Which records of an input are not to be believed, though they can be read: those among which a
 * hash says that one is wrong. Records are counted as damaged-reader.h gives them: 0, 1, 2, ... */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/read/damaged-reader.h"

#define SUSPECTS_MAX 16384u /* ranges; of more, the last one reaches to the end */

struct suspects_range {
	uint64_t first, end;
};

struct suspects {
	size_t n;
	struct suspects_range *ranges; /* sorted, apart from each other */
	size_t at;                     /* of suspects_about */
	/* of the input */
	uint64_t records;
	uint64_t first_seq; /* of what is missing at the beginning; 0: not known */
	uint8_t stream_id[RECORDING_STREAM_ID]; /* by the first index that has one */
	bool has_stream_id;
};

/* Reads @damaged to its end. @strict: also those that no checksum covers. Returns 0,
 * READER_FOREIGN, or -errno. */
int suspects_find(struct suspects *suspects, struct damaged_reader *damaged, bool strict);
void suspects_done(struct suspects *suspects); /* any time, also twice */

/* Asked for ascending numbers. */
bool suspects_about(struct suspects *suspects, uint64_t record);
