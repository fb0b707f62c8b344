/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings that are printed, and stay open while they grow. Few at a time: of those that write
 * into one folder there are seldom more than one, and each costs its decoder's memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "last.h"
#include "printer.h"
#include "recordings.h"

#define FOLLOW_MAX 4

struct followed {
	struct reader *reader;
	char *path;
	struct recording_ranges ranges;
	uint64_t begin, skip; /* of struct last */
	dev_t device;
	ino_t inode;
	bool footer;  /* its latest record is a Footer */
	bool rotated; /* ... which says that another file follows */
	uint64_t used;
};

struct follow {
	struct printer *printer; /* borrowed */
	size_t n;
	struct followed *all[FOLLOW_MAX];
	uint64_t tick;
};

void follow_done(struct follow *follow);

/* Opens @path and prints it from @last on (NULL: from the beginning) to its end. With @stay it is
 * kept open then, in place of the one that was silent for longest if need be. Returns 0, or -errno
 * of the output; what is wrong with the input is said. */
int follow_add(struct follow *follow, const char *path, const struct last *last, bool stay);

/* Prints what is new in all of them. 0 or -errno of the output. */
int follow_read(struct follow *follow);

/* The one that is this file; NULL. */
struct followed *follow_find(struct follow *follow, dev_t device, ino_t inode);
struct followed *follow_named(struct follow *follow, const char *path);
void follow_rename(struct followed *file, const char *path);
/* Lets go of those that nobody writes any more and that are deleted, or closed while others are
 * here: an open file keeps its space on the disk. */
void follow_tidy(struct follow *follow);
void follow_remove(struct follow *follow, const struct followed *file);
