/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/options.h"

#include <errno.h>
#include <string.h>

#define WORD_MAX 64

void option_begin(struct option_parser *parser)
{
	/* ':' tells a missing argument from an unknown option */
	*parser = (struct option_parser){.shorts = ":"};
	optind = 0; /* glibc: begin anew, also the permutation, whoever parsed before */
	opterr = 0;
}

static bool has_letter(const struct option_row *row)
{
	return row->opt && row->opt < OPTION_LONG;
}

static int arguments_of(const struct option_row *row)
{
	if (!row->arg)
		return no_argument;
	return row->arg[0] == '[' ? optional_argument : required_argument;
}

int option_add(struct option_parser *parser, const struct option_row *row)
{
	static const char *const colons[] = {"", ":", "::"};
	const size_t i = parser->n, used = strlen(parser->shorts);

	if (i == OPTION_MAX)
		return -E2BIG;
	parser->rows[parser->n++] = row;
	parser->longs[i] =
		(struct option){row->name, arguments_of(row), NULL, OPTION_LONG + (int)i};
	if (has_letter(row))
		(void)snprintf(parser->shorts + used, sizeof(parser->shorts) - used, "%c%s",
			       row->opt, colons[arguments_of(row)]);
	return 0;
}

void option_add_number(struct option_parser *parser, const struct option_row *row)
{
	char *end = parser->shorts + strlen(parser->shorts);

	parser->number = row;
	for (char digit = '0'; digit <= '9'; digit++) {
		*end++ = digit;
		*end++ = ':';
		*end++ = ':';
	}
	*end = '\0';
}

/* What stands from the digit on that getopt_long has come to. */
static char *number_from(char *word)
{
	return optarg ? optarg - 1 : word + strlen(word) - 1;
}

/* Of what getopt_long returns or refuses: long options are told by their place. */
static const struct option_row *find_row(const struct option_parser *parser, int c)
{
	if (c >= OPTION_LONG)
		return parser->rows[c - OPTION_LONG];
	for (size_t i = 0; i < parser->n; i++)
		if (c && parser->rows[i]->opt == c)
			return parser->rows[i];
	return NULL;
}

int option_next(struct option_parser *parser, int argc, char **argv, const struct option_row **ret)
{
	int c = getopt_long(argc, argv, parser->shorts, parser->longs, NULL);

	if (parser->number && c >= '0' && c <= '9') {
		optarg = number_from(argv[optind - 1]);
		*ret = parser->number;
		return 0;
	}
	if (c != '?' && c != ':') {
		*ret = c == -1 ? NULL : find_row(parser, c);
		return 0;
	}
	parser->refused = find_row(parser, optopt);
	parser->refusal = !parser->refused ? OPTION_UNKNOWN
			  : c == ':'       ? OPTION_NEEDS_ARGUMENT
					   : OPTION_TAKES_NONE;
	parser->given = argv[optind - 1];
	parser->letter = optopt < OPTION_LONG ? (char)optopt : '\0';
	return -EINVAL;
}

void option_print(const struct option_row *row, int column, FILE *file)
{
	const char *arg = row->arg ? row->arg : "", *line = row->help;
	char left[64];
	int n = snprintf(left, sizeof(left),
			 has_letter(row) ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
			 has_letter(row) ? row->opt : ' ', row->name,
			 arguments_of(row) == required_argument ? " " : "", arg);

	(void)fprintf(file, "%-*s", column, left);
	if (n >= column)
		(void)fprintf(file, "\n%*s", column, "");
	for (; line[n = (int)strcspn(line, "\n")]; line += n + 1)
		(void)fprintf(file, "%.*s\n%*s", n, line, column, "");
	(void)fprintf(file, "%s\n", line);
}

/* Letters to insert, delete, replace or swap (Damerau, Levenshtein). */
static unsigned word_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t n = strlen(b);

	for (size_t k = 0; k <= n; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= strlen(a); i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t k = 1; k <= n; k++) {
			unsigned best = up[k - 1] + (a[i - 1] != b[k - 1]);

			best = up[k] + 1 < best ? up[k] + 1 : best;
			best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    up2[k - 2] + 1 < best)
				best = up2[k - 2] + 1;
			row[k] = best;
		}
	}
	return rows[strlen(a) % 3][n];
}

const char *option_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	unsigned least = strlen(word) < 4 ? 2 : 3; /* below this is near */

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (; *names; names++) {
		unsigned d = strlen(*names) > WORD_MAX ? least : word_distance(word, *names);

		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
