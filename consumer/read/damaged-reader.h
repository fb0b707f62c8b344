/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a recording past its damage, for verify and repair. Compressed inputs and pipes are read
 * by reader.h, which goes on at the next zstd frame. In a plain file a record is looked for
 * behind what is none (resync.h), and one that does not go on with those before it is not
 * believed, however readable it is. */
#pragma once

#include "consumer/read/reader.h"

#define SALVAGE_HOLE 64 /* bytes were left out: salvage_hole. Call again */

/* Zeros in a row are empty records, which nobody writes: from here on they are a hole. */
#define SALVAGE_ZEROS 512u

struct salvage_hole {
	uint64_t offset, end;              /* in the file */
	bool at_end;                       /* nothing follows it */
	bool headless;                     /* nothing is before it, not even a Header */
	uint64_t zeros;                    /* the longest run of zeros in it */
	const struct input_damage *damage; /* compressed inputs: more of it */
};

struct salvage;

/* As reader_open. */
int salvage_open(struct salvage **ret, const char *path);
struct salvage *salvage_free(struct salvage *salvage); /* NULL is fine; returns NULL */
int salvage_fd(const struct salvage *salvage);
bool salvage_is_compressed(const struct salvage *salvage);

/* 0, READER_*, SALVAGE_HOLE, or -errno. READER_MARK comes behind each zstd frame. READER_BROKEN
 * only from pipes. */
int salvage_next(struct salvage *salvage, struct reader_record *ret);

const struct salvage_hole *salvage_hole(const struct salvage *salvage);
/* The hole in words. Returns @buf. */
const char *salvage_hole_text(const struct salvage_hole *hole, char *buf, size_t size);

const char *salvage_reason(const struct salvage *salvage); /* as reader_reason */
uint64_t salvage_position(const struct salvage *salvage);  /* in the file, for a progress bar */
bool salvage_unfinished(const struct salvage *salvage);    /* as reader_unfinished */

static inline void salvage_freep(struct salvage **salvage)
{
	*salvage = salvage_free(*salvage);
}
