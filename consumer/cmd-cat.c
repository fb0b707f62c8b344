/* SPDX-License-Identifier: Apache-2.0 */
/* ringside cat: prints recordings, or a stream as it comes. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "command.h"
#include "filter.h"
#include "output.h"
#include "reader.h"
#include "util.h"

enum { OPT_FORCE = OPTIONS_LONG, OPT_UTC };

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default), json, protojson or pb"},
	{'n', "lines", "COUNT", "stop after COUNT records"},
	{'c', "count", "COUNT", "the same"},
	{'v', "verbose", NULL, "text: say what to change, and print what is not an event, too"},
	{OPT_UTC, "utc", NULL, "text: times in UTC"},
	{OPT_FORCE, "force", NULL, "write pb to a terminal all the same"},
	{},
};

struct cat {
	struct options options;
	struct filter *filter;
	struct writer *writer;
	struct output output;
	bool force;
	bool failed;   /* an input was not whole */
	uint64_t left; /* records to print before the end */
};

#define CAT_ENOUGH 1 /* as many as were asked for are printed */

static void cat_done(struct cat *cat)
{
	cat->filter = filter_free(cat->filter);
	cat->writer = writer_free(cat->writer);
}

static int parse_count(const char *arg, uint64_t *ret)
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

static int say_usage(const struct cat *cat, const char *what, const char *arg)
{
	char text[160];

	(void)snprintf(text, sizeof(text), what, arg);
	return options_usage_error(&cat->options, text);
}

/* 0, or the exit status. */
static int take_option(struct cat *cat, int opt)
{
	char error[256];

	switch (opt) {
	case OPTIONS_ERROR:
		return options_usage_error(&cat->options, cat->options.error);
	case 'o':
		cat->output.ops = output_find(optarg);
		if (!cat->output.ops)
			return say_usage(cat, "no output %.32s: text, json, protojson or pb",
					 optarg);
		return 0;
	case 'n':
	case 'c':
		if (parse_count(optarg, &cat->left))
			return say_usage(cat, "%.32s is not a number of records", optarg);
		return 0;
	case 'v':
		cat->output.verbose = true;
		return 0;
	case OPT_UTC:
		cat->output.utc = true;
		return 0;
	case OPT_FORCE:
		cat->force = true;
		return 0;
	default:
		if (filter_option(cat->filter, opt, optarg, error, sizeof(error)))
			return options_usage_error(&cat->options, error);
		return 0;
	}
}

/* -1: go on; else the exit status. */
static int parse(struct cat *cat, int argc, char **argv)
{
	int opt, r;

	while ((opt = options_next(&cat->options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_HELP) {
			options_help(&cat->options, stdout);
			return EXIT_SUCCESS;
		}
		r = take_option(cat, opt);
		if (r)
			return r;
	}
	if (optind == argc && isatty(STDIN_FILENO))
		return options_usage_error(&cat->options,
					   "name a recording, or put a stream into it: "
					   "sudo ringside-streamer | ringside cat");
	if (cat->output.ops->binary && cat->output.terminal && !cat->force)
		return options_usage_error(&cat->options,
					   "pb is binary: send it to a file or a pipe, or use "
					   "--force");
	return -1;
}

/* Nothing more is there for now: who looks on shall see all that was. */
static void flush_idle(void *data)
{
	(void)writer_flush(data);
}

static int put(struct cat *cat, struct reader *reader, const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	bool match = filter_match(cat->filter, item->record, header);
	int r;

	if (!match && !(item->header && cat->output.ops->binary))
		return 0;
	cat->output.header = header;
	r = output_put(&cat->output, item->record, item->frame, item->size);
	if (r || !match)
		return r;
	return --cat->left ? 0 : CAT_ENOUGH;
}

/* One line, for the first thing that is wrong with an input. */
static void complain(struct cat *cat, bool *said, const char *problem)
{
	if (*said)
		return;
	*said = true;
	cat->failed = true;
	(void)writer_flush(cat->writer); /* in its place between the lines */
	(void)fprintf(stderr, "ringside cat: %s\n", problem);
}

static void say_unknown(const struct cat *cat, const struct reader *reader, const char *path)
{
	if (reader_unknown(reader) && !cat->output.ops->binary)
		(void)fprintf(stderr,
			      "ringside cat: %s: %" PRIu64 " records of kinds that only a newer "
			      "version knows (-o pb keeps them)\n",
			      path, reader_unknown(reader));
}

/* 0, CAT_ENOUGH, or -errno of the output. */
static int print_records(struct cat *cat, struct reader *reader)
{
	struct reader_record item;
	bool said = false;
	int r;

	for (;;) {
		r = reader_next(reader, &item);
		if (r == READER_END)
			return 0;
		if (r)
			complain(cat, &said, reader_problem(reader));
		if (r == READER_DAMAGED)
			continue;
		if (r)
			return 0;
		r = put(cat, reader, &item);
		if (r)
			return r;
	}
}

static int print_input(struct cat *cat, const char *path)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int r;

	r = reader_open(&reader, path);
	if (r) {
		(void)fprintf(stderr, "ringside cat: %s: %s\n", path, strerror(-r));
		cat->failed = true;
		return 0;
	}
	path = strcmp(path, "-") ? path : "stdin";
	reader_on_idle(reader, flush_idle, cat->writer);
	r = print_records(cat, reader);
	say_unknown(cat, reader, path);
	return r;
}

/* Returns the exit status. */
static int print_all(struct cat *cat, char **paths, int n)
{
	char stdin_path[] = "-", *none[] = {stdin_path};
	int r, closed;

	if (!n) {
		paths = none;
		n = 1;
	}
	cat->output.every = filter_names_kinds(cat->filter);
	r = output_open(&cat->output);
	for (int i = 0; !r && i < n; i++)
		r = print_input(cat, paths[i]);
	closed = output_close(&cat->output);
	r = r < 0 ? r : closed;
	if (r < 0 && r != -EPIPE) { /* EPIPE: who reads has seen enough */
		(void)fprintf(stderr, "ringside cat: cannot write: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	return cat->failed ? EXIT_FAILED : EXIT_SUCCESS;
}

static int run(int argc, char **argv)
{
	_cleanup_(cat_done) struct cat cat = {
		.left = UINT64_MAX,
		.output = {.ops = outputs[0]},
	};
	int r;

	r = options_init(&cat.options, &command_cat, rows, filter_options);
	if (!r)
		r = filter_new(&cat.filter);
	if (!r)
		r = writer_new(&cat.writer, STDOUT_FILENO);
	if (r) {
		(void)fprintf(stderr, "ringside cat: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	cat.output.writer = cat.writer;
	cat.output.terminal = isatty(STDOUT_FILENO);
	cat.output.color = output_wants_color(STDOUT_FILENO);
	r = parse(&cat, argc, argv);
	if (r >= 0)
		return r;
	if (!cat.left)
		return EXIT_SUCCESS;
	return print_all(&cat, argv + optind, argc - optind);
}

const struct command command_cat = {
	.name = "cat",
	.usage = "[FILTER...] [-o FORMAT] [FILE|-]...",
	.help = "print recordings or a stream\n\n"
		"Reads the files, or what comes on standard input, and prints one event a line.\n"
		"  sudo ringside-streamer | ringside cat\n"
		"  ringside cat -o json events.pb | jq .message\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is printed), 2 "
		"usage.",
	.run = run,
};
