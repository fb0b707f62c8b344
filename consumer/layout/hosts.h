/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what is read is of one host or of several: then whatever is said of one says whose it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTS_WIDTH 24 /* a longer name moves its own line only */

/* All there is to it is to be zero. */
struct hosts {
	bool any, several;
	uint64_t first; /* hash of its name */
	size_t width;   /* of the column: of the longest name so far */
};

/* A host by the name in its Header; NULL: it says none. True if now there are several. */
bool hosts_add(struct hosts *hosts, const char *name);

/* As lines have it. Returns its width. */
struct line;
size_t hosts_put(struct line *line, const char *name);
