/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of verify in the order in which their streams have them: files of one stream one
 * behind the other, wherever they were named; streams in the order of time. */
#pragma once

#include <time.h>

#include "consumer/files/folder.h"

struct input_order {
	size_t n;
	struct recording *all; /* known: false for what has no Header, or is no file */
	time_t listed;         /* by real time, seconds: before the first folder was listed */
};

/* As error of struct each_record_ops. */
typedef void input_order_error(void *data, const char *path, int r);

/* @paths: files, folders, "-". Folders that cannot be read go to @error (-ENODATA: nothing is in
 * one) and are left out. Returns 0 or -ENOMEM. */
int input_order_new(struct input_order *ret, const char *const *paths, int n,
		    input_order_error *error, void *data);
void input_order_done(struct input_order *order);

/* The number of the first record of the file behind @i, if it is the next one of its stream; else
 * 0. */
uint64_t input_order_next_seq(const struct input_order *order, size_t i);

/* Whether the file @i is the last one of its stream where another would be if there was one: in its
 * folder, or among several that were named. A file that was named alone is a part that somebody
 * wants to know about. */
bool input_order_lacks_next(const struct input_order *order, size_t i);

/* Likewise, whether the file @i is the first one that is there, but not the first of its stream. */
bool input_order_lacks_first(const struct input_order *order, size_t i);
