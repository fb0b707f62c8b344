/* SPDX-License-Identifier: Apache-2.0 */
/* The command of --post-rotate, run for each finished file: beside us, nobody waiting for it. A
 * process of its own runs them, forked before the streamer gives up its privileges, so that they
 * have the rights of who started it, an environment of a few plain variables, none of our
 * descriptors and none of our filters. Of the streamer it takes nothing but names of files in the
 * folder. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define COMMANDS_MAX 32u /* at a time */

struct commands {
	int fd; /* the other process; readable when a command has ended. -1: there is none */
	unsigned n;
};

/* Forks it. @folder: what comes before the files' names. For each, "sh -c COMMAND sh FILE" is run,
 * with the file as last argument of the command. Returns 0 or -errno. */
int commands_begin(struct commands *commands, const char *command, const char *folder);
void commands_end(struct commands *commands); /* any time, also twice */

/* Returns 0 or -errno; -EAGAIN if COMMANDS_MAX are running. */
int commands_start(struct commands *commands, const char *name);

/* Takes leave of one that has ended: its wait(2) status in *ret, or -errno if it could not be run.
 * -ECHILD: none has. */
int commands_reap(struct commands *commands, int *ret);
