/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings that are read, and stay open while they grow. Few at a time: of those that write
 * into one folder there are seldom more than one, and each costs its decoder's memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "consumer/files/folder.h"
#include "consumer/files/last-records.h"
#include "consumer/read/reader.h"

#define GROWING_MAX 4

struct followed {
	struct reader *reader;
	char *path;
	struct recording_ranges ranges;
	uint64_t begin, skip; /* of struct last_records */
	dev_t device;
	ino_t inode;
	bool footer;  /* its latest record is a Footer */
	bool rotated; /* ... which says that another file follows */
	uint64_t used;
};

/* The sink: who takes the records. */
struct growing_ops {
	void (*begin)(void *data, struct reader *reader); /* the next input */
	/* Whether the record is one of those that struct last_records counts. */
	bool (*wants)(void *data, struct reader *reader, struct reader_record *item);
	/* @skipped: it lies before those that are wanted. 0, READER_DAMAGED, or -errno, which ends
	 * it all. */
	int (*put)(void *data, struct reader *reader, struct reader_record *item, bool skipped);
	void (*complain)(void *data, const char *problem);
	void (*error)(void *data, const char *name, int error); /* -errno of the input */
	void (*end)(void *data, const struct reader *reader, const char *name);
};

struct growing {
	const struct growing_ops *ops;
	void *data;
	size_t n;
	struct followed *all[GROWING_MAX];
	uint64_t tick;
};

void growing_done(struct growing *follow);

/* Opens @path and reads it from @last on (NULL: from the beginning) to its end. With @stay it is
 * kept open then, in place of the one that was silent for longest if need be. Returns 0, or -errno
 * of the sink; what is wrong with the input is said. */
int growing_add(struct growing *follow, const char *path, const struct last_records *last,
		bool stay);

/* Reads what is new in all of them. 0 or -errno of the sink. */
int growing_read(struct growing *follow);

/* The one that is this file; NULL. */
struct followed *growing_find(struct growing *follow, dev_t device, ino_t inode);
struct followed *growing_named(struct growing *follow, const char *path);
void growing_rename(struct followed *file, const char *path);
/* Lets go of those that nobody writes any more and that are deleted, or closed while others are
 * here: an open file keeps its space on the disk. */
void growing_tidy(struct growing *follow);
void growing_remove(struct growing *follow, const struct followed *file);
