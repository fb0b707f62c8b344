/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that are not read with the one that was named, as they lie too deep in it or are hidden,
 * and hold recordings all the same. How much is looked at has a bound: a folder near the root would
 * have no end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/base/hash-table.h"

/* That are looked at, for each folder that was named, besides what is read. */
#define DEEPER_ENTRIES 20000u
#define DEEPER_FOLDERS 2000u

/* @why: why recordings in @path are not read, or nobody knows if there are any. */
typedef void deeper_folders_tell_fn(void *data, const char *path, const char *why);

/* Set alone and one; the rest is zero. */
struct deeper_folders {
	bool alone; /* of a folder that was named those in it are not read, either */
	bool one;   /* one that holds recordings is enough */

	size_t n;    /* which hold recordings */
	char *first; /* of them; NULL: there is none */
	/* One that could not be looked into, and the errno; NULL: there is none. */
	char *closed;
	int closed_errno;
	const char
		*stopped; /* of the folders that were named, in which one the bound was reached */

	size_t n_todo, todo_room;
	struct deeper_folder {
		const char *named; /* the one it lies in */
		char *path;
		unsigned place;
	} * todo;
	struct table seen; /* by device and inode: links may lead back */
	size_t n_named;
	unsigned entries, folders; /* of those that are not read */
};

/* A folder that was named and is read, as folder_list_deep does; @path stays the caller's. */
void deeper_folders_add(struct deeper_folders *deeper, const char *path);

/* Behind all of them: what lies deeper in any. What is read of one is not told of another. Links
 * are followed, but not to what the named folders themselves lie in. */
void deeper_folders_look(struct deeper_folders *deeper);

/* What was found, as far as it is not as it should be. */
void deeper_folders_tell(const struct deeper_folders *deeper, deeper_folders_tell_fn *tell,
			 void *data);

void deeper_folders_done(struct deeper_folders *deeper);
