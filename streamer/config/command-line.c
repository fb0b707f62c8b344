/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/config/command-line.h"

#include <errno.h>
#include <string.h>

#include "proto/base/util.h"

#define HELP_COLUMN 34

struct command_line {
	char *error;
	size_t error_size;
};

/* Says what is accepted. Returns -EINVAL. */
#define refuse_word(line, ...) refuse((line)->error, (line)->error_size, -EINVAL, __VA_ARGS__)

/* What `ringside` has, people may well try here. */
static int refuse_letter(struct command_line *line, char letter)
{
	if (strchr("onfvurbg", letter))
		return refuse_word(line,
				   "unknown option '-%c': it is ringside's: ringside-streamer | "
				   "ringside %s",
				   letter, letter == 'u' ? "cat -u UNIT" : "cat");
	return refuse_word(line, "unknown option '-%c': --help lists all", letter);
}

static bool is_one_of(const char *name, const char *const *names)
{
	size_t n = strcspn(name, "=");

	for (; *names; names++)
		if (strlen(*names) == n && !strncmp(*names, name, n))
			return true;
	return false;
}

static int refuse_name(struct command_line *line, const char *given)
{
	static const char *const filters[] = {"kind",      "host",         "unit",    "user-unit",
					      "slice",     "namespace",    "pod",     "pod-uid",
					      "container", "container-id", "runtime", "cgroup",
					      "comm",      "pid",          "uid",     "syscall",
					      "action",    "errno",        "arch",    "signal",
					      "since",     "until",        "grep",    NULL};
	static const char *const outputs[] = {"output", "lines", "follow", "verbose",
					      "utc",    "time",  "json",   "reverse",
					      "boot",   "color", NULL};
	const char *names[SETTINGS_MAX + 1], *name = given + strspn(given, "-"), *near;
	char word[64];

	if (is_one_of(name, filters))
		return refuse_word(line,
				   "unknown option '%s': it is a filter of ringside's: `ringside "
				   "live %s`, or ringside-streamer | ringside cat %s",
				   given, given, given);
	if (is_one_of(name, outputs))
		return refuse_word(line,
				   "unknown option '%s': it is ringside's: ringside-streamer | "
				   "ringside cat",
				   given);
	for (size_t i = 0; i < settings_count; i++)
		names[i] = settings[i].row.name;
	names[settings_count] = NULL;
	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "="), name);
	near = option_nearest(word, names);
	if (near)
		return refuse_word(line, "unknown option '%s': did you mean --%s?", given, near);
	return refuse_word(line, "unknown option '%s': --help lists all", given);
}

static int refuse_option(struct command_line *line, const struct option_parser *parser)
{
	if (parser->refusal == OPTION_NEEDS_ARGUMENT)
		return refuse_word(line, "%s needs an argument: %s", parser->given,
				   parser->refused->arg);
	if (parser->refusal == OPTION_TAKES_NONE)
		return refuse_word(line, "%s takes no argument", parser->given);
	if (parser->letter)
		return refuse_letter(line, parser->letter);
	return refuse_name(line, parser->given);
}

/* As its user calls it: by the letter, if it has one. */
static int set_row(const struct setting *setting, struct setting_context *context)
{
	const struct option_row *row = &setting->row;
	char name[64];

	if (row->opt)
		(void)snprintf(name, sizeof(name), "-%c", row->opt);
	else
		(void)snprintf(name, sizeof(name), "--%s", row->name);
	context->name = name;
	context->origin.name = row->name;
	return setting_set(setting, context, optarg);
}

int command_line_read(int argc, char **argv, struct setting_values *values, char *error,
		      size_t size)
{
	struct command_line line = {.error = error, .error_size = size};
	struct setting_context context = {.values = values,
					  .origin.source = SETTING_FROM_OPTION,
					  .probe = SETTING_ALL_PROBES,
					  .error = error,
					  .error_size = size};
	struct option_parser parser;
	const struct option_row *row;
	int r = 0;

	option_begin(&parser);
	for (size_t i = 0; i < settings_count; i++)
		(void)option_add(&parser, &settings[i].row);
	while (!values->outcome && !r) {
		if (option_next(&parser, argc, argv, &row) < 0)
			return refuse_option(&line, &parser);
		if (!row)
			break;
		r = set_row((const struct setting *)row, &context);
	}
	if (r < 0)
		return r;
	if (!values->outcome && optind < argc)
		return refuse_word(
			&line,
			"'%s' is too much: only options are accepted; -w FILE writes one, "
			"`ringside cat FILE` reads one",
			argv[optind]);
	return 0;
}

void command_line_help(FILE *out)
{
	(void)fputs("usage: ringside-streamer [OPTION]...\n"
		    "Reports OOM kills and seccomp denials of the running kernel as a stream of\n"
		    "length-delimited protobuf records: ringside-streamer | ringside cat\n\n",
		    out);
	for (size_t i = 0; i < settings_count; i++)
		option_print(&settings[i].row, HELP_COLUMN, out);
	(void)fputs(
		"\nWhat options do not say, files do: /etc/ringside/streamer.conf and "
		"streamer.conf.d\n"
		"beside it; and variables, RINGSIDE_RATE for --rate.\n"
		"Ends cleanly on SIGTERM and SIGINT; SIGUSR1 prints the totals so far; SIGHUP "
		"reads "
		"the\n"
		"files again, and begins another recording, or opens FILE again if it was moved "
		"away.\n"
		"Needs CAP_BPF and CAP_PERFMON (before Linux 5.11 also CAP_SYS_RESOURCE), or "
		"root.\n"
		"Exit code: 0 fine, 1 failed, 2 usage.\n",
		out);
}
