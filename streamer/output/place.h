/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that files are made in, held open: they are made there whatever becomes of its name,
 * and a file that somebody else put there beforehand is never written to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PLACE_NOBODY ((uid_t)-1)

struct place {
	int fd;
	size_t prefix; /* bytes of a file's path that name the folder, with the slash */
	/* Whose files are as good as our own, besides root's; PLACE_NOBODY: no further ones. */
	uid_t trusted[2];
};

#define PLACE_NULL                                                                                 \
	{                                                                                          \
		.fd = -1, .trusted = { PLACE_NOBODY, PLACE_NOBODY }                                \
	}

/* The folder that @path, a file's, is in. Returns 0 or -errno. */
int place_open(struct place *place, const char *path);
void place_close(struct place *place); /* any time, also twice */

static inline const char *place_name(const struct place *place, const char *path)
{
	return path + place->prefix;
}

bool place_trusts(const struct place *place, uid_t uid);

/* Whether somebody else may put files into the folder: 0, or -EPERM with the reason in @why. */
int place_check(const struct place *place, char *why, size_t size);

/* Makes a file that was not there, mode 0640. Returns its descriptor or -errno; -EEXIST. Of this
 * and the next one: each write goes to the file's end, wherever somebody has cut it to meanwhile.
 */
int place_make(const struct place *place, const char *path);

/* Opens what is there for writing, and never waits for a reader: -ENXIO for a pipe that has none.
 * Returns its descriptor; -ELOOP for a symbolic link; -EPERM, with the reason in @why (empty
 * otherwise), for what somebody else may have put there. */
int place_reopen(const struct place *place, const char *path, char *why, size_t size);

/* Waits until somebody reads the pipe. For the command line's own only: nothing else goes on
 * meanwhile. Returns as place_reopen(). */
int place_await_reader(const struct place *place, const char *path, char *why, size_t size);
