/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings that were deleted to make room, and what was in them: the stream tells it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/recording/recording-index.h"

#define DELETION_STREAM 4

struct deletion_file {
	uint8_t stream[DELETION_STREAM]; /* the first bytes of its stream's id */
	uint32_t index;
};

struct deletion {
	struct deletion_file file;
	uint64_t counts[RECORD_BODIES]; /* of records, if counted, by number of the body's field */
	uint64_t after, before;         /* boottime ns; 0: of another stream, or not known */
	bool counted;
};

/* Those that are not told yet: more than that are added up, as the last file.
 * The oldest of a stream go first, so that it tells of those before it, too. */
#define DELETIONS_MAX 64u

struct deletions {
	struct deletion all[DELETIONS_MAX];
	unsigned n;
	unsigned told; /* of n: in the stream, but perhaps not on the disk */
};

/* Deletes a recording of the folder, unless somebody writes it. @stream_id: of who deletes. Returns
 * 0 or -errno; -EBUSY. */
int deletions_delete(struct deletions *deletions, int folder, const char *name,
		     const struct deletion_file *file, const uint8_t *stream_id);

/* What is told stays told. */
void deletions_commit(struct deletions *deletions);
