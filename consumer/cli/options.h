/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a command. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "consumer/cli/command.h"
#include "proto/base/options.h"

/* Rows that several commands have. */
struct option_set {
	const char *title;             /* of the help */
	const struct option_row *rows; /* ends with a NULL name */
	/* The option that @word is a value of: "--kind"; NULL: it is none. */
	const char *(*option_of)(const char *word);
};

#define OPTIONS_LONG OPTION_LONG          /* the commands' own */
#define OPTIONS_FILTER (OPTION_LONG + 64) /* filter.c's */

#define OPTIONS_END (-1)
#define OPTIONS_ERROR (-2)

/* Of all commands: -h/--help and --version. */
#define OPTIONS_HELP 'h'

struct options {
	const struct command *command;
	const struct option_row *own;    /* ends with a NULL name */
	const struct option_set *shared; /* or NULL */
	struct option_parser parser;
	char error[192]; /* of OPTIONS_ERROR: a sentence */
};

/* Adds --help. -E2BIG with too many rows. */
int options_init(struct options *options, const struct command *command,
		 const struct option_row *own, const struct option_set *shared);

/* The next option (its opt; argument in optarg), OPTIONS_END (arguments from argv[optind] on,
 * options may stand among them), or OPTIONS_ERROR. */
int options_next(struct options *options, int argc, char **argv);

/* Usage, help text and all options. */
void options_help(const struct options *options, FILE *file);

/* "ringside cat: @text, see `ringside cat --help`" on stderr; returns EXIT_USAGE. */
int options_usage_error(const struct options *options, const char *text);
/* The same with one @word of the command line in it. */
int options_word_error(const struct options *options, const char *format, const char *word);

/* A number that an option wants. 0 or -EINVAL. */
int options_number(const char *arg, uint64_t *ret);
