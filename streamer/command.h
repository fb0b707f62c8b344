/* SPDX-License-Identifier: Apache-2.0 */
/* The command of --post-rotate, run for each finished file: beside us, with what is left of our
 * privileges, nobody waiting for it. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define COMMANDS_MAX 32u /* at a time */

struct commands {
	pid_t running[COMMANDS_MAX];
	unsigned n;
};

/* Runs "sh -c COMMAND sh FILE" with the file as last argument of the command. Returns 0 or
 * -errno; -EAGAIN if COMMANDS_MAX are running. */
int commands_start(struct commands *commands, const char *command, const char *file);

/* Takes leave of one that has ended: its wait(2) status in *ret. -ECHILD: none has. */
int commands_reap(struct commands *commands, int *ret);
