/* SPDX-License-Identifier: Apache-2.0 */
/* The last events of a recording, as they are printed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATEST_LINES_MAX 8

struct latest_lines {
	unsigned n;
	char *all[LATEST_LINES_MAX];
	/* --- */
	uint64_t nanos[LATEST_LINES_MAX]; /* of each, where they come in no order */
	unsigned wanted;
	char *rest; /* of a line that has not ended */
	size_t size;
};

struct command;

/* The last @n of the file or folder @path as text, or as JSON: nothing, where it cannot be read,
 * which is not said. @command: who asks. 0 or -errno. */
int latest_lines_read(struct latest_lines *ret, const struct command *command, const char *path,
		      unsigned n, bool json);
void latest_lines_done(struct latest_lines *lines);
