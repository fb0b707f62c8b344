/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts of which something is said, to be named. */
#pragma once

#include <stdbool.h>

#define NAMED_HOST 64  /* a longer name is cut */
#define NAMED_HOSTS 64 /* are told apart */

struct json_page;
struct line;

/* All there is to it is to be zero. */
struct named_hosts {
	unsigned n;                          /* known by name */
	bool others;                         /* for whom there was no room */
	char names[NAMED_HOSTS][NAMED_HOST]; /* safe to print */
};

/* NULL or "": of one without a name nothing is said. */
void named_hosts_add(struct named_hosts *hosts, const char *name);
/* " (web-1, db-2)", of many the first ones; nothing if none is known. */
void named_hosts_put(const struct named_hosts *hosts, struct line *line);
/* The same as a list; none if none is known. */
void named_hosts_json(const struct named_hosts *hosts, struct json_page *page, const char *member);
