/* SPDX-License-Identifier: Apache-2.0 */
/* All inputs of a command before any of them is read: files, "-", and folders, which stand for
 * their recordings in the order of time. */
#pragma once

#include <time.h>

#include "consumer/files/folder.h"

struct input_list {
	size_t n;
	struct recording *all; /* known: false for what has no Header, or is no file */
	time_t listed;         /* by real time, seconds: before the first folder was listed */
};

/* As error of struct each_record_ops. */
typedef void input_list_error(void *data, const char *path, int r);

/* Folders that cannot be read go to @error (-ENODATA: nothing is in one) and are left out. What is
 * named alone is not looked at. Returns 0 or -ENOMEM. */
int input_list_new(struct input_list *ret, const char *const *paths, int n, input_list_error *error,
		   void *data);
void input_list_done(struct input_list *list);
