/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a stream are called. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define FILE_NAMES_NO_NUMBER UINT32_MAX
#define FILE_NAMES_WIDTH 6 /* digits of a number */

struct file_names {
	const char *path; /* as given with -w */
	bool folder;      /* of which these are the files */
	bool compressed;
	bool timed;     /* path holds strftime's conversions */
	unsigned width; /* of the numbers */
};

/* One file. */
struct file_names_file {
	time_t time;              /* when it was begun */
	const uint8_t *stream_id; /* of a folder's */
	uint32_t index;           /* likewise */
	uint32_t number;          /* of the others; FILE_NAMES_NO_NUMBER */
};

/* DIR/20261122T030405Z-1f0c77a2-000012.pb.zst in a folder; else the path, with the time (local,
 * as tcpdump has it) and the number in it: events.pb.zst becomes events.000012.pb.zst. Returns
 * 0, -ENAMETOOLONG, or -EINVAL for a pattern that says nothing. */
int file_names_make(const struct file_names *names, const struct file_names_file *file, char *buf,
		    size_t size);

/* What is missing between a folder's path and a file's name. */
const char *file_names_slash(const char *folder);

/* Whether a file of a folder has a name that file_names_make gives. */
bool file_names_is_ours(const char *name);

#define FILE_NAMES_STREAM 4 /* bytes of a stream's id that are in such a name */

/* What such a name says. */
void file_names_read(const char *name, uint8_t stream[FILE_NAMES_STREAM], uint32_t *ret_index);
