/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings that are read, and stay open while they grow. Few at a time: of those that write
 * into one folder there are seldom more than one, and each costs its decoder's memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "consumer/files/each-record.h"
#include "consumer/files/folder.h"
#include "consumer/files/last-records.h"
#include "consumer/read/reader.h"

#define GROWING_MAX 4

struct followed {
	const struct growing *follow; /* for whom it is read */
	struct reader *reader;
	char *path;
	struct recording_ranges ranges;
	uint64_t begin, skip; /* of struct last_records */
	dev_t device;
	ino_t inode;
	size_t input;           /* of the memory */
	bool begun;             /* a record from begin on was read */
	bool footer;            /* its latest record is a Footer */
	bool rotated;           /* ... which says that another file follows */
	bool orphans_told;      /* that nobody knows whose some of its records are */
	bool gone;              /* it has none, and nobody writes it any more: told */
	uint64_t unlocked_nano; /* CLOCK_MONOTONIC since when that seems so; 0: it does not */
	uint64_t used;
};

struct growing {
	const struct each_record_ops *ops; /* the sink: who takes the records */
	/* For struct last_records; NULL where none is given. Whether the record is one of those
	 * that it counts. */
	last_records_wants_fn wants;
	/* In place of put for what lies before those that are wanted; NULL: it is left out. */
	int (*skip)(void *data, struct reader *reader, struct reader_record *item);
	/* What stands among those before is skipped with them, whether it is wanted or not. */
	bool strict;
	void *data;
	struct record_memory *memory; /* NULL: the sink itself knows what it has taken */
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
void growing_rename(struct followed *file, const char *path);
/* Lets go of those that nobody writes any more and that are deleted, or closed while others are
 * here: an open file keeps its space on the disk. */
void growing_tidy(struct growing *follow);
/* Tells of each whose writer has ended without a Footer. Whether there was one. */
bool growing_tell_gone(struct growing *follow);
void growing_remove(struct growing *follow, size_t i);
