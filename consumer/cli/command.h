/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: one commands/<verb>.c each, and one row in main.c. */
#pragma once

#include "proto/base/util.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2

struct command {
	const char *name;
	const char *usage; /* what follows the name: "[FILTER...] [FILE|-]..." */
	const char *help;  /* first line: what it does, for the list; then what one must know */
	/* argv[0] is the verb. Returns the exit status. Knows --help (options_help). */
	int (*run)(int argc, char **argv);
};

/* "ringside cat: TEXT" on stderr; returns EXIT_FAILED. */
_printf_(2, 3) int command_fail(const struct command *command, const char *format, ...);
/* "ringside cat: PATH: @why", likewise. */
int command_fail_on(const struct command *command, const char *path, const char *why);

extern const struct command command_cat, command_verify, command_repair, command_stats,
	command_live, command_doctor, command_replay, command_tail, command_status;
#ifdef RINGSIDE_SERVE
extern const struct command command_serve;
#endif
