/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consumer/base/text-line.h"
#include "consumer/cli/habits.h"
#include "proto/base/units.h"

#define HELP_COLUMN 26

static const struct option_row help_row = {'h', "help", NULL, "print this"};

static const struct option_row *find_option(const struct options *options, const char *name)
{
	for (size_t n = 0; n < options->parser.n; n++)
		if (!strcmp(options->parser.rows[n]->name, name))
			return options->parser.rows[n];
	return NULL;
}

static bool has_option(const struct options *options, const char *name)
{
	return find_option(options, name) != NULL;
}

static bool is_output(const char *word)
{
	return !strcmp(word, "json") || !strcmp(word, "text") || !strcmp(word, "pb") ||
	       !strcmp(word, "protojson");
}

/* The option that @word is a value of; NULL: none. */
static const char *option_of(const struct options *options, const char *word)
{
	if (has_option(options, "output") && is_output(word))
		return "-o";
	return options->shared ? options->shared->option_of(word) : NULL;
}

/* Options of one command that people look for in another. */
struct owner {
	const char *option, *command, *does;
};

#define RECORDS "records, and `ringside cat -o pb >FILE` writes a part of a recording"

static const struct owner *find_owner(const char *word)
{
	static const struct owner owners[] = {
		{"-f", "ringside tail -f", "follows a recording"},
		{"--follow", "ringside tail -f", "follows a recording"},
		{"-r", "ringside cat -r", "prints the newest first"},
		{"--reverse", "ringside cat -r", "prints the newest first"},
		{"-b", "ringside cat -b", "prints one boot's"},
		{"--boot", "ringside cat -b", "prints one boot's"},
		{"--speed", "ringside replay --speed", "keeps the pace"},
		{"--listen", "ringside serve --listen", "answers HTTP"},
		{"--textfile", "ringside serve --textfile", "writes metrics"},
		{"--no-measure", "ringside doctor --no-measure", "examines this machine"},
		{"-F", "ringside tail -f", "follows a recording, through its rotation"},
		{"--tail", "ringside tail -n COUNT", "prints the last records"},
		{"-w", "sudo ringside-streamer -w FILE", RECORDS},
		{"--write", "sudo ringside-streamer -w FILE", RECORDS},
	};
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		if (strlen(owners[i].option) == n && !strncmp(word, owners[i].option, n))
			return &owners[i];
	return NULL;
}

/* What people look for first among the filters, where there are none. */
static bool is_filter(const char *name)
{
	static const char *const filters[] = {"since", "until", "kind",      "host",
					      "pod",   "unit",  "namespace", "container"};
	const size_t n = strcspn(name, "=");

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (strlen(filters[i]) == n && !strncmp(filters[i], name, n))
			return true;
	return false;
}

static bool takes_streamers(const struct options *options)
{
	return strstr(options->command->usage, "-- STREAMER-OPTION") != NULL;
}

/* @next: what stands behind it, or NULL. */
static int say_unknown(const struct options *options, const char *word, const char *next)
{
	const char *names[OPTION_MAX + 1] = {NULL}, *near, *option;
	const struct owner *owner;
	const char *name = word + strspn(word, "-");
	bool is_long = !strncmp(word, "--", 2);

	owner = find_owner(word);
	/* as tcpdump has it */
	if (!strcmp(word, "-r") && next && access(next, F_OK) == 0 && takes_streamers(options))
		return options_usage_error(options,
					   "unknown option -r: `ringside cat %.64s` reads a "
					   "recording",
					   next);
	if (owner)
		return options_usage_error(options, "unknown option %.64s: `%s` %s", word,
					   owner->command, owner->does);
	if (habit_option(word, next))
		return options_usage_error(options, "unknown option %.64s: %s", word,
					   habit_option(word, next));
	if (!options->shared && is_filter(name))
		return options_usage_error(options,
					   "unknown option %.64s: it takes no filters, as live, "
					   "cat, tail, replay and stats do",
					   word);
	option = is_long ? option_of(options, name) : NULL;
	if (option)
		return options_usage_error(options, "unknown option %.64s: did you mean %s %.64s?",
					   word, option, name);
	for (size_t n = 0; n < options->parser.n; n++)
		names[n] = options->parser.rows[n]->name;
	near = is_long ? option_nearest(word + 2, names) : NULL;
	if (!near && takes_streamers(options))
		return options_usage_error(options,
					   "unknown option %.64s: options of the streamer follow "
					   "--: ringside %s -- %.64s",
					   word, options->command->name, word);
	return options_usage_error(options, "unknown option %.64s%s%s%s", word,
				   near ? ": did you mean --" : "", near ? near : "",
				   near ? "?" : "");
}

/* @next: the argument behind the refused one, or NULL. */
static int say_refused(const struct options *options, const char *next)
{
	const char letter[3] = {'-', options->parser.letter, '\0'};
	const char *word = letter[1] ? letter : options->parser.given;

	/* "-p3000", which getopt has not left yet */
	if (letter[1] && next && !strncmp(next, letter, 2) && next[2])
		next += 2;
	if (options->parser.refusal == OPTION_UNKNOWN)
		return say_unknown(options, word, next);
	return options_usage_error(options, "%.64s %s", word,
				   options->parser.refusal == OPTION_NEEDS_ARGUMENT
					   ? "needs a value"
					   : "takes no value");
}

/* Usage, help text and all options. */
static int print_help(const struct options *options)
{
	const struct option_row *row;

	(void)printf("usage: ringside %s %s\n\n%s\n\nOptions\n", options->command->name,
		     options->command->usage, options->command->help);
	for (row = options->own; row->name; row++)
		option_print(row, HELP_COLUMN, stdout);
	option_print(&help_row, HELP_COLUMN, stdout);
	if (options->shared)
		(void)printf("\n%s\n", options->shared->title);
	for (row = options->shared ? options->shared->rows : NULL; row && row->name; row++)
		option_print(row, HELP_COLUMN, stdout);
	return EXIT_SUCCESS;
}

int options_parse(struct options *options, int argc, char **argv,
		  int (*take)(void *data, int opt, const char *arg), void *data)
{
	const struct option_row *row;
	int r = 0;

	option_begin(&options->parser);
	for (row = options->own; row->name; row++)
		(void)option_add(&options->parser, row);
	for (row = options->shared ? options->shared->rows : NULL; row && row->name; row++)
		(void)option_add(&options->parser, row);
	if (option_add(&options->parser, &help_row) < 0)
		return options_usage_error(options, "it has too many options");
	if (has_option(options, "lines"))
		option_add_number(&options->parser, find_option(options, "lines"));
	while (!r) {
		if (option_next(&options->parser, argc, argv, &row) < 0)
			return say_refused(options, optind < argc ? argv[optind] : NULL);
		if (!row)
			return -1;
		if (row == &help_row)
			return print_help(options);
		if (row->arg && !optarg && optind < argc && options->is_value &&
		    options->is_value(row->opt, argv[optind]))
			optarg = argv[optind++];
		r = take(data, row->opt, optarg);
	}
	return r;
}

int options_usage_error(const struct options *options, const char *format, ...)
{
	char text[256], safe[LINE_FILE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* what was given is quoted in it */
	(void)command_fail(options->command, "%s (see `ringside %s --help`)", line_file(text, safe),
			   options->command->name);
	return EXIT_USAGE;
}

int options_json(const struct options *options, const char *arg, bool *ret)
{
	*ret = !strcmp(arg, "json");
	if (*ret || !strcmp(arg, "text"))
		return 0;
	return options_usage_error(options, "-o takes text or json");
}

int options_when(const struct options *options, const char *name, const char *arg, bool automatic,
		 bool *ret)
{
	if (!arg || !strcmp(arg, "always"))
		*ret = true;
	else if (!strcmp(arg, "never"))
		*ret = false;
	else if (!strcmp(arg, "auto"))
		*ret = automatic;
	else
		return options_usage_error(options, "%s=%.32s: say always, auto or never", name,
					   arg);
	return 0;
}

int options_not_count(const struct options *options, int opt, const char *arg, const char *things)
{
	/* kubectl's -n is a namespace, and its -c a container; a file may be what stands behind */
	const char *filter = opt == 'c' ? "container" : "namespace";
	const size_t digits = strspn(arg, "0123456789");

	if (digits && !strcmp(arg + digits, "f")) /* tail(1)'s -20f */
		return options_usage_error(options, "%.32s is not a number of %s: say -n %.*s -f",
					   arg, things, (int)digits, arg);
	if (!isalnum((unsigned char)*arg) || strpbrk(arg, "./") || access(arg, F_OK) == 0 ||
	    !has_option(options, filter))
		return options_usage_error(options, "%.32s is not a number of %s", arg, things);
	return options_usage_error(options, "%.32s is not a number of %s: did you mean --%s %.32s?",
				   arg, things, filter, arg);
}

int options_number(const char *arg, uint64_t *ret)
{
	const char *end = units_number(arg, UINT64_MAX, ret);

	return end && !*end ? 0 : -EINVAL;
}

int command_fail(const struct command *command, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)fprintf(stderr, "ringside %s: %s\n", command->name, text);
	return EXIT_FAILED;
}

int command_fail_on(const struct command *command, const char *path, const char *why)
{
	char safe[LINE_FILE];

	return command_fail(command, "%s: %s", line_file(path, safe), why);
}
