/* SPDX-License-Identifier: Apache-2.0 */
/* What a service does whose starts fail: not the same again and again. Each start is counted in a
 * file before the kernel is asked to load anything, and the count goes when that has succeeded.
 * After three in a row that did not get so far, only OOM kills are watched: the fewest programs,
 * and those that matter most. So it stays, until somebody removes the file or another version
 * starts. */
#pragma once

#include <stdbool.h>

#define BRAKE_FAILURES 3u

struct brake {
	const char *path;
	unsigned failed; /* starts in a row before this one */
};

/* Borrows @path. Returns 0, or -errno: this start is not counted, but those before it are. */
int brake_begin(struct brake *ret, const char *path);

static inline bool brake_is_on(const struct brake *brake)
{
	return brake->failed >= BRAKE_FAILURES;
}

/* The start has succeeded. */
void brake_end(const struct brake *brake);
