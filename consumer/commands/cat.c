/* SPDX-License-Identifier: Apache-2.0 */
/* ringside cat: prints recordings, or a stream as it comes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consumer/cli/command.h"
#include "consumer/commands/printer.h"
#include "consumer/files/being-written.h"
#include "consumer/files/each-record.h"
#include "consumer/files/inputs.h"
#include "proto/base/util.h"

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", OUTPUT_TEXT_OR},
	{'n', "lines", "COUNT", "stop after COUNT printed records"},
	{'c', "count", "COUNT", "the same"},
	PRINTER_OPTIONS,
	{},
};

struct cat {
	struct printer printer;
	uint64_t left; /* records to print before the end */
	bool open;     /* the input at hand: no Footer since the last Header */
};

static void cat_done(struct cat *cat)
{
	printer_done(&cat->printer);
}

static int take_option(void *data, int opt, const char *arg)
{
	struct cat *cat = data;

	if (opt != 'n' && opt != 'c')
		return printer_option(&cat->printer, opt, arg);
	if (options_number(arg, &cat->left))
		return options_usage_error(&cat->printer.options,
					   "%.32s is not a number of records", arg);
	return 0;
}

/* each_record_ops */
static int put_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct cat *cat = container_of(data, struct cat, printer);
	int r;

	cat->open = item->peek.kind != RINGSIDE__V1__RECORD__BODY_FOOTER;
	r = printer_put(&cat->printer, reader, item);
	if (r)
		return r == PRINTER_NOTHING ? 0 : r;
	if (--cat->left)
		return 0;
	cat->left = printer_settle(&cat->printer); /* so many more are wanted */
	return cat->left ? 0 : READER_END;
}

/* What was read is whole, but was there more to come? Said to people, and no failure: it may be a
 * part that somebody cut out. */
static void say_if_open(struct cat *cat, const struct reader *reader, const char *name)
{
	if (!cat->open || cat->printer.output.ops->binary ||
	    being_written_check(reader_fd(reader)) == 1 || filter_selects(cat->printer.filter) ||
	    !isatty(STDERR_FILENO))
		return;
	(void)printer_flush(&cat->printer);
	(void)command_fail_on(&command_cat, name,
			      "ends without a Footer: its streamer was killed, or this is a part "
			      "of a recording (`ringside verify` says what is missing)");
}

static void end_input(void *data, const struct reader *reader, const char *name, int answer)
{
	struct cat *cat = container_of(data, struct cat, printer);

	if (answer == READER_END)
		say_if_open(cat, reader, name);
	cat->open = false;
	printer_end(data, reader, name, answer);
}

static const struct each_record_ops printing = {
	.begin = printer_begin,
	.put = put_record,
	.pass = printer_pass,
	.complain = printer_complain,
	.error = printer_say_error,
	.end = end_input,
};

static int run(int argc, char **argv)
{
	_cleanup_(cat_done) struct cat cat = {.left = UINT64_MAX};
	struct printer *printer = &cat.printer;
	int r = printer_init(printer, &command_cat, rows, &filter_set);

	if (!r)
		r = options_parse(&printer->options, argc, argv, take_option, &cat);
	if (r < 0 && optind == argc && inputs_none())
		r = options_usage_error(&printer->options,
					"name a recording, or put a stream into it: "
					"sudo ringside-streamer | ringside cat");
	if (r < 0)
		r = printer_check(printer);
	if (r < 0 && printer_tell_misses(printer))
		r = EXIT_FAILED;
	if (r >= 0)
		return r;
	if (!cat.left)
		return EXIT_SUCCESS;
	r = printer_open(printer);
	printer_share(printer);
	if (!r)
		r = each_record_in(argv + optind, argc - optind, printer->filter, &printing,
				   printer);
	return printer_close(printer, r);
}

const struct command command_cat = {
	.name = "cat",
	.usage = "[FILTER...] [-o FORMAT] [FILE|DIR|-]...",
	.help = "print recordings or a stream\n\n"
		"Reads the files, plain or compressed with zstd, the recordings of a folder in the "
		"order of\n"
		"time, or what comes on standard input, and prints one event a line. Without a "
		"FILE, and\n"
		"with nothing on standard input, it reads the folder /var/log/ringside. --since, "
		"--until\n"
		"and --kind read only the parts of a compressed recording that they need.\n"
		"  sudo ringside-streamer | ringside cat\n"
		"  ringside cat --since -1h -o json events.pb.zst | jq .message\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is printed), 2 "
		"usage.",
	.run = run,
};
