/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that lie too deep in a folder to be read with it, and hold recordings all the same. How
 * much is looked at has a bound: a folder near the root would have no end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* That are looked at, in all, besides what is read. */
#define DEEPER_ENTRIES 20000u
#define DEEPER_FOLDERS 2000u
#define DEEPER_TEXT 512

struct deeper_folders {
	size_t n;    /* which hold recordings */
	char *first; /* of them; NULL: there is none */
	/* One that could not be looked into, and the errno; NULL: there is none. */
	char *closed;
	int closed_errno;
	bool stopped; /* at the bound */

	/* Those that are to be looked into, or were: the ones above before those in them. */
	size_t n_todo, todo_room;
	struct deeper_folder {
		char *path;
		unsigned level; /* 0: the folder itself */
	} * todo;
	unsigned entries, folders; /* of those that are not read */
};

/* What lies deeper in @folder than folder_list_deep reads. Links there are not followed. */
void deeper_folders_look(struct deeper_folders *deeper, const char *folder);

/* What is to be said of @first, and of @closed: each NULL if there is none. */
const char *deeper_folders_unread(const struct deeper_folders *deeper, char buf[DEEPER_TEXT]);
const char *deeper_folders_unknown(const struct deeper_folders *deeper, char buf[DEEPER_TEXT]);

void deeper_folders_done(struct deeper_folders *deeper);
