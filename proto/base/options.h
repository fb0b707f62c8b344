/* SPDX-License-Identifier: Apache-2.0 */
/* Options, a row each: what getopt_long needs and the lines of --help are made from the rows, and
 * what else takes a name and a value can find them by their names. */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTION_LONG 256
#define OPTION_MAX 64

struct option_row {
	int opt;          /* the letter; 0, or from OPTION_LONG on: it has none */
	const char *name; /* long */
	const char *arg;  /* NULL: it takes none; "[=ARG]": it may be left out */
	const char *help; /* lines end with \n except the last */
};

enum option_refusal {
	OPTION_UNKNOWN,
	OPTION_NEEDS_ARGUMENT,
	OPTION_TAKES_NONE,
};

struct option_parser {
	const struct option_row *rows[OPTION_MAX];
	size_t n;
	struct option longs[OPTION_MAX + 1];
	char shorts[3 * (OPTION_MAX + 10) + 2];
	const struct option_row *number; /* what -50 is a value of; NULL: nothing */
	/* of one that was refused */
	enum option_refusal refusal;
	const struct option_row *refused; /* NULL: OPTION_UNKNOWN */
	const char *given;                /* the argument it stands in */
	char letter;                      /* 0: a long one */
};

/* First this; then all rows, -E2BIG for one too many; then the command line. */
void option_begin(struct option_parser *parser);
int option_add(struct option_parser *parser, const struct option_row *row);

/* -50 is @row with the value 50, as tail(1) and head(1) take it. Once, behind all rows. */
void option_add_number(struct option_parser *parser, const struct option_row *row);

/* The row of the next option, its argument in optarg; NULL at the end, the other arguments are from
 * argv[optind] on; or -EINVAL. */
int option_next(struct option_parser *parser, int argc, char **argv, const struct option_row **ret);

/* What --help says of it, beginning at @column. */
void option_print(const struct option_row *row, int column, FILE *file);

/* The name nearest to @word, NULL if none is near. @names ends with NULL. */
const char *option_nearest(const char *word, const char *const *names);
