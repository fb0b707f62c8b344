/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a file: records of which numbers, written when, and which of them a hash says are not
 * as they were written. By this copies.c tells files from each other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "consumer/files/folder.h"

struct file_look_run {
	uint64_t first, last;
};

/* When a record was written. */
struct file_look_time {
	uint64_t seq, nano;
};

/* What is in a file. */
struct file_look {
	struct recording recording;
	size_t index; /* where it was */
	dev_t device;
	ino_t inode;
	struct timespec written;
	bool growing;
	bool compared; /* runs are all there is: it is of one stream */
	uint64_t n, damages;
	bool closed; /* its latest record is a Footer */
	struct file_look_run *runs;
	size_t n_runs, room;
	struct file_look_run
		*doubts; /* over which a hash is wrong: what they say is not what was written */
	size_t n_doubts, doubts_room;
	uint64_t step; /* the times are those of all numbers that are multiples of it */
	struct file_look_time *times;
	size_t n_times, times_room;
};
/* Its Header is lost, or was made anew by a repair that did not know whose it is. */
bool file_look_is_orphan(const struct recording *one);

/* Which file it is, and whether it is being written. */
void file_look_at_file(struct file_look *look);

/* Reads it. What that takes file_look_forget gives back. */
void file_look_into(struct file_look *look);
void file_look_forget(struct file_look *look);

/* Records of the two are the same by number and time, to the nanosecond, and none differ. */
bool file_look_shares_times(const struct file_look *a, const struct file_look *b);

/* @look has as they were written what @other has with a doubt. */
bool file_look_resolves(const struct file_look *look, const struct file_look *other);

/* All that is in @look is in @better. */
bool file_look_is_within(const struct file_look *look, const struct file_look *better);
