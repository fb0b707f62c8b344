/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what is read is of one host or of several: then whatever is said of one says whose it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

#define HOSTS_UNKNOWN "?" /* in the place of a name */
#define HOSTS_WIDTH 24    /* a longer name moves its own line only */

#define HOSTS_COUNTED 64 /* more are not told apart */

/* All there is to it is to be zero. */
struct hosts {
	bool several; /* were met, or are to come */
	unsigned n;
	uint64_t hashes[HOSTS_COUNTED]; /* of their names */
	size_t width;                   /* of the column: of the longest name so far */
};

/* A host by the name in its Header; NULL: it says none. True if now there are several, and that was
 * not known. */
bool hosts_add(struct hosts *hosts, const char *name);
/* "3 hosts" */
void hosts_put_count(struct line *line, const struct hosts *hosts);

/* As lines have it. Returns its width. */
size_t hosts_put(struct line *line, const char *name);
