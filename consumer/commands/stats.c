/* SPDX-License-Identifier: Apache-2.0 */
/* ringside stats: what recordings add up to. */
#include <errno.h>
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/commands/printer.h"
#include "consumer/files/each-record.h"
#include "consumer/files/inputs.h"
#include "consumer/read/body.h"
#include "consumer/stats/stats.h"
#include "proto/base/util.h"

#define COLUMNS 80 /* where there is no terminal */

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{PRINTER_UTC, "utc", NULL, "text: times in UTC"},
	PRINTER_COLOR_OPTION,
	PRINTER_GREP_OPTIONS,
	PRINTER_ONE_STREAM_OPTION,
	{},
};

struct stats_command {
	struct printer printer; /* its filters and complaints; it prints no record */
	struct stats *stats;
	struct stats_print print;
	bool json;
	bool hides; /* Ringside's own self-tests: they are only counted */
};

static void command_done(struct stats_command *command)
{
	command->stats = stats_free(command->stats);
	printer_done(&command->printer);
}

static int take_option(void *data, int opt, const char *arg)
{
	struct stats_command *command = data;

	if (opt == 'o') {
		command->json = !strcmp(arg, "json");
		if (command->json || !strcmp(arg, "text"))
			return 0;
		return options_usage_error(&command->printer.options,
					   "no output %.32s: text or json", arg);
	}
	command->print.filtered |=
		opt != PRINTER_UTC && opt != PRINTER_COLOR && opt != PRINTER_ONE_STREAM;
	return printer_option(&command->printer, opt, arg);
}

/* each_record_ops */
static void begin_input(void *data, struct reader *reader, const char *name)
{
	struct stats_command *command = container_of(data, struct stats_command, printer);

	command->stats->inputs++;
	printer_begin(data, reader, name);
	/* nothing is printed meanwhile, wherever it goes */
	progress_begin(&command->printer.progress, name, reader_fd(reader));
}

static int leave_out(struct stats *stats, struct reader *reader, struct reader_record *item)
{
	uint64_t n = 1;

	if (item->peek.kind == RINGSIDE__V1__RECORD__BODY_LIMITED) {
		if (reader_unpack(reader, item))
			return READER_DAMAGED;
		n = item->record->limited->count;
	}
	stats->self_tests += n;
	return 0;
}

static int add_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct stats_command *command = container_of(data, struct stats_command, printer);
	struct stats *stats = command->stats;
	int r = printer_wants(&command->printer, reader, item);

	if (item->header &&
	    filter_wants_host(command->printer.filter, item->record->header->host_name))
		stats_begin_stream(stats, item->record->header);
	printer_note(&command->printer, reader, item, r);
	if (r == 1 && item->peek.self_test && command->hides)
		return leave_out(stats, reader, item);
	if (r == 1 && stats_wants(item->peek.kind))
		r = reader_unpack(reader, item) ? READER_DAMAGED : 1;
	if (r != 1)
		return r;
	stats->cache = reader_memo(reader);
	stats->records++;
	stats->hostless += item->orphan && body_kind_is_event(item->peek.kind);
	stats->record_bytes += (uint64_t)(item->frame + item->size - item->start);
	if (stats_wants(item->peek.kind) && stats_add(stats, reader_header(reader), item->record))
		printer_complain(data, strerror(ENOMEM));
	return 0;
}

static void end_input(void *data, const struct reader *reader, const char *name, int answer)
{
	struct stats_command *command = container_of(data, struct stats_command, printer);

	command->stats->file_bytes += input_position(reader_input(reader));
	printer_end(data, reader, name, answer);
}

static const struct each_record_ops adding = {
	.one_stream = printer_one_stream,
	.wants = printer_wants,
	.begin = begin_input,
	.header = printer_header,
	.whole = printer_whole,
	.put = add_record,
	.pass = printer_pass,
	.complain = printer_complain,
	.error = printer_say_error,
	.unread = printer_say_unread,
	.end = end_input,
};

static void print_stats(struct stats_command *command)
{
	struct stats_print *print = &command->print;
	const size_t columns = output_columns(STDOUT_FILENO);

	print->writer = command->printer.writer;
	print->utc = command->printer.output.utc;
	print->columns = columns ? columns : COLUMNS;
	print->color = command->printer.output.color;
	if (command->json)
		stats_json(command->stats, print);
	else if (command->stats->inputs)
		stats_text(command->stats, print);
}

static int run(int argc, char **argv)
{
	_cleanup_(command_done) struct stats_command command = {};
	struct printer *printer = &command.printer;
	int r = printer_init(printer, &command_stats, rows, &filter_set);

	if (!r)
		r = options_parse(&printer->options, argc, argv, take_option, &command);
	if (r < 0 && optind == argc && inputs_none())
		r = options_usage_error(&printer->options,
					"name a recording or a folder of recordings");
	if (r < 0)
		r = printer_check(printer);
	if (r >= 0)
		return r;
	r = stats_new(&command.stats);
	if (r)
		return printer_fail(printer, r);
	printer_say_zone(printer);
	printer->output.every = true; /* all records count */
	command.hides = !filter_shows_self_tests(printer->filter);
	filter_show_self_tests(printer->filter);
	r = printer_tell_misses(printer);
	if (r)
		return r;
	r = each_record_in(argv + optind, argc - optind, printer->filter, &adding, printer);
	(void)whole_streams_judge(&printer->source.streams, NULL, NULL);
	command.print.missing = printer->source.streams.missing;
	print_stats(&command);
	return printer_close(printer, r);
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
