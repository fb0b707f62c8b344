/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"

#define HELP_COLUMN 26
#define WORD_MAX 64

static int add(struct options *options, size_t *n, size_t *n_shorts, const struct option_row *row)
{
	if (*n == OPTIONS_MAX)
		return -E2BIG;
	options->longs[(*n)++] = (struct option){
		.name = row->name,
		.has_arg = row->arg ? required_argument : no_argument,
		.val = row->opt,
	};
	if (row->opt < OPTIONS_LONG) {
		options->shorts[(*n_shorts)++] = (char)row->opt;
		if (row->arg)
			options->shorts[(*n_shorts)++] = ':';
	}
	return 0;
}

static const struct option_row help_row = {OPTIONS_HELP, "help", NULL, "print this"};

int options_init(struct options *options, const struct command *command,
		 const struct option_row *own, const struct option_set *shared)
{
	size_t n = 0, n_shorts = 0;
	int r;

	*options = (struct options){.command = command, .own = own, .shared = shared};
	options->shorts[n_shorts++] = ':'; /* tell a missing argument from an unknown option */
	for (; own->name; own++) {
		r = add(options, &n, &n_shorts, own);
		if (r)
			return r;
	}
	for (own = shared ? shared->rows : NULL; own && own->name; own++) {
		r = add(options, &n, &n_shorts, own);
		if (r)
			return r;
	}
	opterr = 0;
	optind = 0; /* glibc: begin anew, also the permutation */
	return add(options, &n, &n_shorts, &help_row);
}

static bool has_option(const struct options *options, const char *name)
{
	for (size_t n = 0; options->longs[n].name; n++)
		if (!strcmp(options->longs[n].name, name))
			return true;
	return false;
}

static bool is_output(const char *word)
{
	return !strcmp(word, "json") || !strcmp(word, "text") || !strcmp(word, "pb") ||
	       !strcmp(word, "protojson");
}

/* What is a value of another option, or an option of another command. */
static bool say_elsewhere(struct options *options, const char *word)
{
	const char *name = word + strspn(word, "-");
	const char *option = NULL;

	if (!strcmp(word, "-f") || !strcmp(name, "follow")) {
		(void)snprintf(options->error, sizeof(options->error),
			       "unknown option %.64s: `ringside tail -f` follows a recording",
			       word);
		return true;
	}
	if (strncmp(word, "--", 2) != 0)
		return false;
	if (has_option(options, "output") && is_output(name))
		option = "-o";
	else if (options->shared)
		option = options->shared->option_of(name);
	if (option)
		(void)snprintf(options->error, sizeof(options->error),
			       "unknown option %.64s: did you mean %s %.64s?", word, option, name);
	return option;
}

static void say_unknown(struct options *options, const char *word)
{
	const char *names[OPTIONS_MAX + 1], *near;
	size_t n = 0;

	if (say_elsewhere(options, word))
		return;
	for (; options->longs[n].name; n++)
		names[n] = options->longs[n].name;
	names[n] = NULL;
	near = strncmp(word, "--", 2) ? NULL : options_nearest(word + 2, names);
	if (near)
		(void)snprintf(options->error, sizeof(options->error),
			       "unknown option %.64s: did you mean --%s?", word, near);
	else
		(void)snprintf(options->error, sizeof(options->error), "unknown option %.64s",
			       word);
}

/* What getopt_long could not take: a long option (optopt is 0, or its value) or a letter. */
static int say_error(struct options *options, char **argv, int r)
{
	char letter[3] = {'-', (char)optopt, '\0'};
	bool is_long = optopt == 0 || optopt >= OPTIONS_LONG || !strncmp(argv[optind - 1], "--", 2);
	const char *word = is_long ? argv[optind - 1] : letter;

	if (r == ':')
		(void)snprintf(options->error, sizeof(options->error), "%.64s needs a value", word);
	else if (is_long && optopt)
		(void)snprintf(options->error, sizeof(options->error), "%.64s takes no value",
			       word);
	else
		say_unknown(options, word);
	return OPTIONS_ERROR;
}

int options_next(struct options *options, int argc, char **argv)
{
	int r = getopt_long(argc, argv, options->shorts, options->longs, NULL);

	if (r == -1)
		return OPTIONS_END;
	if (r == '?' || r == ':')
		return say_error(options, argv, r);
	return r;
}

static void print_row(const struct option_row *row, FILE *file)
{
	char left[64];
	int n;

	n = snprintf(left, sizeof(left),
		     row->opt < OPTIONS_LONG ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
		     row->opt < OPTIONS_LONG ? row->opt : ' ', row->name, row->arg ? " " : "",
		     row->arg ? row->arg : "");
	if (n >= HELP_COLUMN)
		(void)fprintf(file, "%s\n%*s%s\n", left, HELP_COLUMN, "", row->help);
	else
		(void)fprintf(file, "%-*s%s\n", HELP_COLUMN, left, row->help);
}

void options_help(const struct options *options, FILE *file)
{
	const struct option_row *row;

	(void)fprintf(file, "usage: ringside %s %s\n\n%s\n\nOptions\n", options->command->name,
		      options->command->usage, options->command->help);
	for (row = options->own; row->name; row++)
		print_row(row, file);
	print_row(&help_row, file);
	if (!options->shared)
		return;
	(void)fprintf(file, "\n%s\n", options->shared->title);
	for (row = options->shared->rows; row->name; row++)
		print_row(row, file);
}

int options_usage_error(const struct options *options, const char *text)
{
	const char *name = options->command->name;
	char safe[LINE_FILE];

	/* what was given is quoted in it */
	(void)fprintf(stderr, "ringside %s: %s (see `ringside %s --help`)\n", name,
		      line_file(text, safe), name);
	return EXIT_USAGE;
}

int options_word_error(const struct options *options, const char *format, const char *word)
{
	char text[160];

	(void)snprintf(text, sizeof(text), format, word);
	return options_usage_error(options, text);
}

int options_number(const char *arg, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(arg, &end, 10);
	if (errno || *end || arg[0] < '0' || arg[0] > '9')
		return -EINVAL;
	*ret = v;
	return 0;
}

/* Letters to insert, delete, replace or swap (Damerau, Levenshtein). */
static unsigned distance(const char *a, const char *b)
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

const char *options_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	unsigned least = strlen(word) < 4 ? 2 : 3; /* below this is near */

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (; *names; names++) {
		unsigned d = strlen(*names) > WORD_MAX ? least : distance(word, *names);

		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
