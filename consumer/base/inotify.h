/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a folder, by inotify(7): no rights are needed but to read it. Where that does
 * not work, one has to look: often. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#define WATCH_POLL_MS 200   /* without inotify */
#define WATCH_CHECK_MS 2000 /* with it: some file systems change without telling */

struct watch {
	int fd;           /* -1: polling */
	int folder, file; /* inotify's names for them */
	char buf[4096] __attribute__((aligned(8)));
	unsigned begin, end; /* of events in buf */
};

struct watch_event {
	const char *name; /* in the folder, valid until the next call; NULL: anything may be new */
	bool created;     /* it is new, and empty at first */
};

void watch_open(struct watch *watch); /* never fails: it polls then */
void watch_close(struct watch *watch);

/* One folder; @modify: also when a file in it is written. Again to change that. */
void watch_folder(struct watch *watch, const char *folder, bool modify);

/* Also when this one file is written; the one before it not any more. */
void watch_file(struct watch *watch, const char *path);

/* Waits until something happens, or for the times above. -EPIPE: @out is not read any more. */
int watch_wait(struct watch *watch, int out);

/* The next of what happened. False: nothing more. */
bool watch_next(struct watch *watch, struct watch_event *ret);
