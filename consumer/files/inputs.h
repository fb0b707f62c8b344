/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a command as the inputs they stand for: files, "-", and for a folder its
 * recordings in the order of time. */
#pragma once

#include <stdbool.h>

/* Non-zero ends the walk. @error: -ENODATA for a folder without recordings; 0: @path is a line that
 * says what was skipped, and nothing failed. */
typedef int (*inputs_fn)(const char *path, void *data);
typedef void (*inputs_error_fn)(const char *path, int error, void *data);

/* There is nothing to read without an argument: stdin is a terminal, and no folder stands in. */
bool inputs_none(void);

/* What stands for no argument: "-", or the folder of recordings when nothing is on stdin. */
const char *inputs_default(void);

/* Without arguments: standard input, or the folder of recordings when there is nothing on it.
 * Returns what @fn ended with, else 0; a folder that cannot be listed is @error's. */
int inputs_each(char *const *paths, int n, inputs_fn fn, inputs_error_fn error, void *data);
