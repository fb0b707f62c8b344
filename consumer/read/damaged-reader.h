/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a recording past its damage, for verify and repair. Compressed inputs and pipes are read
 * by reader.h, which goes on at the next zstd frame. In a plain file a record is looked for
 * behind what is none (resync.h), and one that does not go on with those before it is not
 * believed, however readable it is. */
#pragma once

#include "consumer/read/reader.h"
#include "proto/base/util.h"

#define DAMAGED_READER_HOLE 64 /* bytes were left out: damaged_reader_hole. Call again */

/* Zeros in a row are empty records, which nobody writes: from here on they are a hole. */
#define DAMAGED_READER_ZEROS 512u

struct damaged_reader_hole {
	uint64_t offset, end;              /* in the file */
	bool at_end;                       /* nothing follows it */
	bool headless;                     /* nothing is before it, not even a Header */
	uint64_t zeros;                    /* the longest run of zeros in it */
	const struct input_damage *damage; /* compressed inputs: more of it */
};

struct damaged_reader;

/* As reader_open. */
int damaged_reader_open(struct damaged_reader **ret, const char *path);
struct damaged_reader *damaged_reader_free(
	struct damaged_reader *damaged); /* NULL is fine; returns NULL */
int damaged_reader_fd(const struct damaged_reader *damaged);
bool damaged_reader_is_compressed(const struct damaged_reader *damaged);
/* As reader_remote_failed. */
bool damaged_reader_remote_failed(const struct damaged_reader *damaged);

/* 0, READER_*, DAMAGED_READER_HOLE, or -errno. READER_MARK comes behind each zstd frame.
 * READER_BROKEN only from pipes. */
int damaged_reader_next(struct damaged_reader *damaged, struct reader_record *ret);

const struct damaged_reader_hole *damaged_reader_hole(const struct damaged_reader *damaged);
/* The hole in words. Returns @buf. */
const char *damaged_reader_hole_text(const struct damaged_reader_hole *hole, char *buf,
				     size_t size);

const char *damaged_reader_reason(const struct damaged_reader *damaged); /* as reader_reason */
/* In the file, for a progress bar; likewise what @progress gets now and then. */
uint64_t damaged_reader_position(const struct damaged_reader *damaged);
void damaged_reader_on_progress(struct damaged_reader *damaged,
				void (*progress)(void *data, uint64_t position), void *data);
void damaged_reader_run_ahead(struct damaged_reader *damaged);        /* as input_run_ahead */
bool damaged_reader_unfinished(const struct damaged_reader *damaged); /* as reader_unfinished */

DEFINE_FREEP(damaged_reader);
