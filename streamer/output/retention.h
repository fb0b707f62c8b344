/* SPDX-License-Identifier: Apache-2.0 */
/* Which recordings of a folder have to go: oldest first, for as long as a limit says so. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "streamer/output/output-folder.h"

#define RETENTION_NAME_MAX 64
#define RETENTION_STREAM 8 /* characters */

struct retention_limits {
	uint64_t max_use;   /* bytes of all recordings; 0 for none, in each */
	uint64_t keep_free; /* bytes of the file system */
	uint64_t max_age;   /* seconds since the last write */
	uint32_t max_files; /* the one being written included */
};

struct retention_file {
	char name[RETENTION_NAME_MAX];
	uint64_t bytes; /* on the disk */
	int64_t mtime;  /* seconds since 1970 */
	int64_t begun;  /* of retention_choose */
};

/* What is there now. */
struct retention_use {
	uint64_t free;                     /* of the file system */
	int64_t now;                       /* seconds since 1970 */
	char stream[RETENTION_STREAM + 1]; /* the one that is written, as names have it; "": none */
};

/* Calls @remove for each file that has to go. It returns 0, or an error if the file stays, which
 * then counts on. Sorts the files by the time in their names. A time that is still to come was made
 * by a clock that was wrong: such a file is as old as the one before it in its stream; without one
 * it is new if the stream is the one that is written, else older than all whose time is known. */
typedef int retention_fn(void *data, const struct retention_file *file);
void retention_choose(struct retention_file *files, size_t n, const struct retention_limits *limits,
		      const struct retention_use *use, retention_fn *remove, void *data);

/* The recordings of a folder, unless somebody else put them there; other files are none of our
 * business. Returns their number or -errno; free(*ret). */
ssize_t retention_list(const struct output_folder *place, struct retention_file **ret);
