/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to a recording, through all its files.
 *
 * A folder is followed whole: every file that appears in it is read from its beginning. A file is
 * followed by what it belongs to: when its stream goes on in another file (rotation), there; when
 * another file takes its name, that one; when its stream is closed, it ends. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "consumer/files/folder.h"
#include "consumer/files/growing-files.h"
#include "consumer/files/inotify.h"

/* A file of a folder, and where in it to begin. */
struct trail_start {
	size_t file; /* of the list */
	struct last last;
};

struct trail_ops {
	/* Of the recordings in a folder: which to read, in which order. @starts has room for all.
	 * 0 or -errno. */
	int (*plan)(void *data, const struct recordings *list, struct trail_start *starts,
		    size_t *ret_n);
	/* Where to begin in a file that was named, and in one of which nothing is wanted but what
	 * will be added. 0 or -errno. */
	int (*single)(void *data, const char *path, struct last *ret);
	int (*end)(void *data, const char *path, struct last *ret);
};

struct trail_known {
	dev_t device;
	ino_t inode;
};

/* Set what is above the line; the rest is zero, but for watch.fd: -1. */
struct trail {
	const struct trail_ops *ops;
	struct follow follow; /* its ops and data are the trail's, too */
	const char *path;
	bool following; /* false: what is there now, and no more */
	struct watch watch;
	/* --- */
	bool whole;              /* path is a folder */
	char folder[PATH_MAX];   /* path itself, or where it is */
	char numbered[PATH_MAX]; /* what path stands for: see find_numbered */
	/* Folders: the files that were there already. */
	struct trail_known *known;
	size_t n_known, known_room;
};

/* Reads what is there. 0 or -errno of the sink; what is wrong with the input is said. */
int trail_start(struct trail *trail);

/* Whether more may come. */
bool trail_goes_on(const struct trail *trail);

/* Reads what is new: behind each watch_wait. 0 or -errno of the sink. */
int trail_read(struct trail *trail);

void trail_done(struct trail *trail);
