/* SPDX-License-Identifier: Apache-2.0 */
/* ringside-streamer as our child, its stream in a pipe. Its stderr stays the user's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STREAMER_PROCESS_PROGRAM "ringside-streamer"

struct streamer_process {
	pid_t pid;   /* 0: not running */
	int out;     /* its standard output */
	int signals; /* ours that end a program: see streamer_process_pass_signals */
};

#define STREAMER_PROCESS_NULL                                                                      \
	{                                                                                          \
		.out = -1, .signals = -1                                                           \
	}

/* Starts the streamer beside our own executable, else the one of PATH. @argv[0] is its name.
 * From here on SIGINT, SIGTERM and SIGHUP do not end us: the streamer ends, and with it the
 * stream. Returns 0; -ENOENT: there is no such program; or -errno. */
int streamer_process_start(struct streamer_process *child, char *const argv[]);

/* As streamer_process_start, with the options of @own (ends with NULL) and, behind them, @n of the
 * user's. On failure @error, of at least 256 bytes, holds a sentence for them. */
int streamer_process_start_with(struct streamer_process *child, const char *const own[],
				char *const extra[], size_t n, char *error, size_t size);

/* Gives the child the signals somebody sent us, SIGHUP as SIGTERM. SIGINT of the terminal reaches
 * it without us. */
void streamer_process_pass_signals(const struct streamer_process *child);

/* Returns true when its output can be read, passing signals on meanwhile; false when nobody
 * reads @reader, a file descriptor of ours, any more (-1: it does not matter). */
bool streamer_process_wait_output(const struct streamer_process *child, int reader);

void streamer_process_end(const struct streamer_process *child); /* asks it to close its stream */

/* Waits for its end. Returns its exit status, or 128 and the signal that ended it. */
int streamer_process_wait(struct streamer_process *child);

/* Any time, also twice. A child that still runs is ended and waited for. */
void streamer_process_done(struct streamer_process *child);
