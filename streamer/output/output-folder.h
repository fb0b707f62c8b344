/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that files are made in, held open: they are made there whatever becomes of its name,
 * and a file that somebody else put there beforehand is never written to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define OUTPUT_FOLDER_NOBODY ((uid_t)-1)

struct output_folder {
	int fd;
	size_t prefix; /* bytes of a file's path that name the folder, with the slash */
	/* Whose files are as good as our own, besides root's; OUTPUT_FOLDER_NOBODY: no further
	 * ones. */
	uid_t trusted[2];
};

#define OUTPUT_FOLDER_NULL                                                                         \
	{                                                                                          \
		.fd = -1, .trusted = { OUTPUT_FOLDER_NOBODY, OUTPUT_FOLDER_NOBODY }                \
	}

/* The folder that @path, a file's, is in. Returns 0 or -errno. */
int output_folder_open(struct output_folder *place, const char *path);
void output_folder_close(struct output_folder *place); /* any time, also twice */

static inline const char *output_folder_name(const struct output_folder *place, const char *path)
{
	return path + place->prefix;
}

bool output_folder_trusts(const struct output_folder *place, uid_t uid);

/* Whether somebody else may put files into the folder: 0, or -EPERM with the reason in @why. */
int output_folder_check(const struct output_folder *place, char *why, size_t size);

/* Makes a file that was not there, mode 0640. Returns its descriptor or -errno; -EEXIST. Of this
 * and the next one: each write goes to the file's end, wherever somebody has cut it to meanwhile.
 */
int output_folder_make(const struct output_folder *place, const char *path);

/* Opens what is there for writing, and never waits for a reader: -ENXIO for a pipe that has none.
 * Returns its descriptor; -ELOOP for a symbolic link; -EPERM, with the reason in @why (empty
 * otherwise), for what somebody else may have put there. */
int output_folder_reopen(const struct output_folder *place, const char *path, char *why,
			 size_t size);

/* Waits until somebody reads the pipe. For the command line's own only: nothing else goes on
 * meanwhile. Returns as output_folder_reopen(). */
int output_folder_await_reader(const struct output_folder *place, const char *path, char *why,
			       size_t size);
