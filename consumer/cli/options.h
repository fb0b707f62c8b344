/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a command. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "consumer/cli/command.h"
#include "proto/base/options.h"
#include "proto/base/util.h"

/* Rows that several commands have. */
struct option_set {
	const char *title;             /* of the help */
	const struct option_row *rows; /* ends with a NULL name */
	/* The option that @word is a value of: "--kind"; NULL: it is none. */
	const char *(*option_of)(const char *word);
};

#define OPTIONS_LONG OPTION_LONG          /* the commands' own */
#define OPTIONS_FILTER (OPTION_LONG + 64) /* filter.c's */

struct options {
	const struct command *command;
	const struct option_row *own;    /* ends with a NULL name */
	const struct option_set *shared; /* or NULL */
	/* Whether @word, behind an option whose value may be left out, is its value all the same;
	 * NULL: none ever is. */
	bool (*is_value)(int opt, const char *word);
	struct option_parser parser;
};

/* Takes the options of the command line, and prints the help: @take returns 0, or the exit status.
 * -1: go on, the arguments are from argv[optind] on, options may stand among them; else the exit
 * status. */
int options_parse(struct options *options, int argc, char **argv,
		  int (*take)(void *data, int opt, const char *arg), void *data);

/* "ringside cat: TEXT, see `ringside cat --help`" on stderr; returns EXIT_USAGE. */
_printf_(2, 3) int options_usage_error(const struct options *options, const char *format, ...);

/* -o, of text and json. 0, or the exit status. */
int options_json(const struct options *options, const char *arg, bool *ret);

/* always or never, or auto, which is @automatic; NULL is always. 0, or the exit status. */
int options_when(const struct options *options, const char *name, const char *arg, bool automatic,
		 bool *ret);

/* @arg of -n or -c, which is @opt, is not a number of @things; returns EXIT_USAGE. */
int options_not_count(const struct options *options, int opt, const char *arg, const char *things);

/* A number that an option wants. 0 or -EINVAL. */
int options_number(const char *arg, uint64_t *ret);
