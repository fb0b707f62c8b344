/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to a recording, through all its files.
 *
 * A folder is followed whole: every file that appears in it is read from its beginning. A file is
 * followed by what it belongs to: when its stream goes on in another file (rotation), there; when
 * another file takes its name, that one; when its stream is closed, it ends. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "consumer/base/inotify.h"
#include "consumer/files/folder.h"
#include "consumer/follow/growing-files.h"

/* A file of a folder, and where in it to begin. */
struct rotation_start {
	size_t file; /* of the list */
	struct last_records last;
};

struct rotation_ops {
	/* Of the recordings in a folder: which to read, in which order. @starts has room for all.
	 * 0 or -errno. */
	int (*plan)(void *data, const struct folder *list, struct rotation_start *starts,
		    size_t *ret_n);
	/* Where to begin in a file that was named, and in one of which nothing is wanted but what
	 * will be added. 0 or -errno. */
	int (*single)(void *data, const char *path, struct last_records *ret);
	int (*end)(void *data, const char *path, struct last_records *ret);
	/* Now and then while what is to be followed is not there yet. May be NULL. */
	void (*wait)(void *data);
};

struct rotation_known {
	dev_t device;
	ino_t inode;
};

/* Set what is above the line; the rest is zero, but for watch.fd: -1. */
struct rotation {
	const struct rotation_ops *ops;
	struct growing follow; /* its ops and data are the rotation's, too */
	const char *path;
	bool following; /* false: what is there now, and no more */
	bool waits;     /* following: for what is not there yet, as long as somebody reads @out */
	int out;
	bool brief; /* copies of what is being written are not looked at */
	bool again; /* a file that was there already is read once more, from ops->end on, when it
		     * gets another name or is written: the sink knows what it has taken */
	struct watch watch;
	/* --- */
	bool whole;              /* path is a folder */
	bool empty;              /* ... with nothing to read in it when it was looked at: told */
	bool idle, awaited;      /* nobody writes what is waited for; that was told */
	bool begun;              /* ... but an empty file that is being written */
	char folder[PATH_MAX];   /* path itself, or where it is */
	char numbered[PATH_MAX]; /* what path stands for: see find_numbered */
	/* Folders: the files that were there already. */
	struct rotation_known *known;
	size_t n_known, known_room;
};

/* Reads what is there. 0 or -errno of the sink; what is wrong with the input is said. */
int rotation_start(struct rotation *rotation);

/* Whether more may come. */
bool rotation_goes_on(const struct rotation *rotation);

/* Reads what is new: behind each watch_wait. 0 or -errno of the sink. */
int rotation_read(struct rotation *rotation);

/* Behind rotation_start; and once what was written meanwhile is read, to who sits before it: in one
 * line what is waited for, where nobody is writing it, and what is not looked at
 * (follow-awaited.c). The second time nothing. */
void rotation_look_awaited(struct rotation *rotation);
void rotation_tell_awaited(struct rotation *rotation);

void rotation_done(struct rotation *rotation);
