/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long read is, on stderr if that is a terminal: one line that is taken back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* "events.pb.zst"; borrowed */
	uint64_t total;   /* bytes; 0: not known, nothing is shown */
	uint64_t next;    /* when to show again, CLOCK_MONOTONIC, ns */
	bool shown;
};

/* Whether the line would be alone on the terminal: what goes to a pipe mostly ends there, too. */
bool progress_fits(int out);

/* @fd: the file that is read. */
void progress_begin(struct progress *progress, const char *what, int fd);
void progress_show(void *data, uint64_t position); /* @data: the progress, for who knows no more */
void progress_end(struct progress *progress);      /* before anything is printed; any time */
