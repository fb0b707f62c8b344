/* SPDX-License-Identifier: Apache-2.0 */
/* All inputs of a command before any of them is read: files, "-", and folders, which stand for
 * their recordings in the order of time. */
#pragma once

#include <time.h>

#include "consumer/files/folder.h"

struct input_list {
	size_t n; /* and so many behind them that are copies of others (copies.h) */
	size_t n_copies;
	struct recording *all; /* known: false for what has no Header, or is no file */
	time_t listed;         /* by real time, seconds: before the first folder was listed */
};

/* As error of struct each_record_ops; @unread: why recordings in @path, or deeper, are not read, or
 * nobody knows if there are any: what was asked for is not all that is read then. NULL: they are.
 */
typedef void input_list_error(void *data, const char *path, int r, const char *unread);

/* Folders that cannot be read go to @error (-ENODATA: nothing is in one) and are left out. What is
 * named alone is not looked at. What files are of others,
 * copies_part says. Returns 0 or -ENOMEM. */
int input_list_new(struct input_list *ret, const char *const *paths, int n, input_list_error *error,
		   void *data);
/* Files of one stream one behind the other, wherever they were named; streams in the order of their
 * first ones. 0 or -ENOMEM. */
int input_list_by_stream(struct input_list *list);
/* Whether somebody has made the file behind @one since its folder was listed. */
bool input_list_is_made_now(const struct input_list *inputs, const struct recording *one);
/* Of a file that says that another one of its stream follows: whether that would be among the
 * others, in their folder or named beside some of them, and is not. */
bool input_list_lacks_next(const struct input_list *inputs, size_t i);
/* Likewise of one that is not the first of its stream: whether those before it are not. */
bool input_list_lacks_first(const struct input_list *inputs, size_t i);
void input_list_done(struct input_list *list);
