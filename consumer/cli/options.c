/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/options.h"

#include <errno.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "proto/base/units.h"

#define HELP_COLUMN 26

static const struct option_row help_row = {OPTIONS_HELP, "help", NULL, "print this"};

static int add_rows(struct options *options, const struct option_row *row)
{
	int r = 0;

	for (; row && row->name && !r; row++)
		r = option_add(&options->parser, row);
	return r;
}

int options_init(struct options *options, const struct command *command,
		 const struct option_row *own, const struct option_set *shared)
{
	int r;

	*options = (struct options){.command = command, .own = own, .shared = shared};
	option_begin(&options->parser);
	r = add_rows(options, own);
	if (!r)
		r = add_rows(options, shared ? shared->rows : NULL);
	return r ? r : option_add(&options->parser, &help_row);
}

static bool has_option(const struct options *options, const char *name)
{
	for (size_t n = 0; n < options->parser.n; n++)
		if (!strcmp(options->parser.rows[n]->name, name))
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
	const char *names[OPTION_MAX + 1] = {NULL}, *near;

	if (say_elsewhere(options, word))
		return;
	for (size_t n = 0; n < options->parser.n; n++)
		names[n] = options->parser.rows[n]->name;
	near = strncmp(word, "--", 2) ? NULL : option_nearest(word + 2, names);
	if (near)
		(void)snprintf(options->error, sizeof(options->error),
			       "unknown option %.64s: did you mean --%s?", word, near);
	else
		(void)snprintf(options->error, sizeof(options->error), "unknown option %.64s",
			       word);
}

static int say_error(struct options *options)
{
	const char letter[3] = {'-', options->parser.letter, '\0'};
	const char *word = letter[1] ? letter : options->parser.given;

	if (options->parser.refusal == OPTION_UNKNOWN)
		say_unknown(options, word);
	else
		(void)snprintf(options->error, sizeof(options->error), "%.64s %s", word,
			       options->parser.refusal == OPTION_NEEDS_ARGUMENT ? "needs a value"
										: "takes no value");
	return OPTIONS_ERROR;
}

int options_next(struct options *options, int argc, char **argv)
{
	const struct option_row *row;

	if (option_next(&options->parser, argc, argv, &row) < 0)
		return say_error(options);
	return row ? row->opt : OPTIONS_END;
}

void options_help(const struct options *options, FILE *file)
{
	const struct option_row *row;

	(void)fprintf(file, "usage: ringside %s %s\n\n%s\n\nOptions\n", options->command->name,
		      options->command->usage, options->command->help);
	for (row = options->own; row->name; row++)
		option_print(row, HELP_COLUMN, file);
	option_print(&help_row, HELP_COLUMN, file);
	if (!options->shared)
		return;
	(void)fprintf(file, "\n%s\n", options->shared->title);
	for (row = options->shared->rows; row->name; row++)
		option_print(row, HELP_COLUMN, file);
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
	const char *end = units_number(arg, UINT64_MAX, ret);

	return end && !*end ? 0 : -EINVAL;
}
