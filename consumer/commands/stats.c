/* SPDX-License-Identifier: Apache-2.0 */
/* ringside stats: what recordings add up to. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "consumer/cli/command.h"
#include "consumer/cli/progress.h"
#include "consumer/commands/printer.h"
#include "consumer/files/being-written.h"
#include "consumer/files/frame-selection.h"
#include "consumer/files/inputs.h"
#include "consumer/stats/stats.h"
#include "proto/base/util.h"

#define PROGRESS_EVERY 4096 /* records */
#define COLUMNS 80          /* where there is no terminal */

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{PRINTER_UTC, "utc", NULL, "text: times in UTC"},
	{},
};

struct stats_command {
	struct options options;
	struct printer printer; /* its filters and complaints; it prints no record */
	struct progress progress;
	struct stats *stats;
	struct stats_print print;
	bool json;
};

static void command_done(struct stats_command *command)
{
	command->stats = stats_free(command->stats);
	printer_done(&command->printer);
}

/* 0, or the exit status. */
static int option(struct stats_command *command, int opt)
{
	bool json = opt == 'o' && !strcmp(optarg, "json");

	if (opt == 'o' && !json && strcmp(optarg, "text") != 0)
		return options_word_error(&command->options, "no output %.32s: text or json",
					  optarg);
	if (opt == 'o') {
		command->json = json;
		return 0;
	}
	command->print.filtered |= opt != PRINTER_UTC;
	return printer_option(&command->printer, opt, optarg);
}

/* -1: go on; else the exit status. */
static int parse(struct stats_command *command, int argc, char **argv)
{
	int opt, r = 0;

	while (!r && (opt = options_next(&command->options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_HELP) {
			options_help(&command->options, stdout);
			return EXIT_SUCCESS;
		}
		r = option(command, opt);
	}
	if (!r && optind == argc && inputs_none())
		r = options_usage_error(&command->options,
					"name a recording or a folder of recordings");
	return r ? r : -1;
}

static void add(struct stats_command *command, struct reader *reader, struct reader_record *item)
{
	struct stats *stats = command->stats;
	int r = printer_wants(&command->printer, reader, item);

	if (r == 1 && stats_wants(item->peek.kind))
		r = reader_unpack(reader, item) ? READER_DAMAGED : 1;
	if (r == READER_DAMAGED) {
		progress_end(&command->progress);
		printer_complain(&command->printer, reader_problem(reader));
	}
	if (r != 1)
		return;
	stats->records++;
	stats->record_bytes += (uint64_t)(item->frame + item->size - item->start);
	if (stats_wants(item->peek.kind) && stats_add(stats, reader_header(reader), item->record))
		printer_complain(&command->printer, strerror(ENOMEM));
}

static void add_records(struct stats_command *command, struct reader *reader)
{
	struct reader_record item;
	int r;

	for (uint64_t n = 1;; n++) {
		if (n % PROGRESS_EVERY == 0)
			progress_show(&command->progress, reader_position(reader));
		r = reader_next(reader, &item);
		if (!r) {
			add(command, reader, &item);
			continue;
		}
		/* what is cut is being written just now */
		if (r == READER_END ||
		    (r == READER_CUT && being_written_check(reader_fd(reader)) == 1))
			return;
		progress_end(&command->progress);
		printer_complain(&command->printer, reader_problem(reader));
		if (r != READER_DAMAGED)
			return;
	}
}

static int add_input(const char *path, void *data)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct stats_command *command = data;
	struct recording_ranges ranges;
	int r;

	r = reader_open(&reader, path);
	if (!r)
		r = frame_selection_for(reader, command->printer.filter, &ranges);
	if (r) {
		printer_say_error(&command->printer, path, r);
		return 0;
	}
	path = strcmp(path, "-") ? path : "stdin";
	command->stats->inputs++;
	printer_begin(&command->printer, reader);
	progress_begin(&command->progress, path, reader_fd(reader));
	add_records(command, reader);
	progress_end(&command->progress);
	command->stats->file_bytes += reader_position(reader);
	printer_say_unknown(&command->printer, reader, path);
	return 0;
}

static void say_error(const char *path, int error, void *data)
{
	struct stats_command *command = data;

	printer_say_error(&command->printer, path, error);
}

static void print(struct stats_command *command)
{
	struct stats_print *print = &command->print;
	struct winsize size;

	print->writer = command->printer.writer;
	print->utc = command->printer.output.utc;
	print->columns = COLUMNS;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		print->columns = size.ws_col;
	if (command->json)
		stats_json(command->stats, print);
	else if (command->stats->inputs)
		stats_text(command->stats, print);
}

static int run(int argc, char **argv)
{
	_cleanup_(command_done) struct stats_command command = {};
	int r;

	r = options_init(&command.options, &command_stats, rows, &filter_set);
	if (!r)
		r = printer_init(&command.printer, &command.options);
	if (!r)
		r = stats_new(&command.stats);
	if (r) {
		(void)fprintf(stderr, "ringside stats: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	r = parse(&command, argc, argv);
	if (r >= 0)
		return r;
	command.printer.output.every = true; /* all records count */
	r = inputs_each(argv + optind, argc - optind, add_input, say_error, &command);
	print(&command);
	return printer_close(&command.printer, r);
}

const struct command command_stats = {
	.name = "stats",
	.usage = "[FILTER...] [-o text|json] [FILE|DIR|-]...",
	.help = "add up what recordings hold\n\n"
		"Shows the time they span, a chart of events over time, the containers, system "
		"calls and\n"
		"victims with the most events, what was held back by the limits or lost, the BPF "
		"objects that\n"
		"take most, and what the streamer itself takes. Without a FILE, and with nothing "
		"on standard\n"
		"input, it reads the folder /var/log/ringside.\n"
		"  ringside stats events.pb.zst\n"
		"  ringside stats --since today --kind seccomp -o json | jq .syscalls.top\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is counted), 2 "
		"usage.",
	.run = run,
};
