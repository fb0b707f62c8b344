/* SPDX-License-Identifier: Apache-2.0 */
/* ringside replay: a recording as the stream it was. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer/cli/command.h"
#include "consumer/commands/printer.h"
#include "consumer/commands/replay-clock.h"
#include "consumer/files/each-record.h"
#include "consumer/files/inputs.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

/* What is due so soon is written with what is due now. */
#define SLACK_NANO 500000u
#define PIPE_BYTES (1024 * 1024)

enum { OPT_SPEED = PRINTER_LAST };

static const struct option_row rows[] = {
	{OPT_SPEED, "speed", "X|max", "X times as fast, from 0.001 on; default 1"},
	{'o', "output", "FORMAT", OUTPUT_NAMES "; default: text on a terminal, else pb"},
	{'n', "lines", "COUNT", "stop after COUNT printed records"},
	{'c', "count", "COUNT", "the same"},
	PRINTER_OPTIONS,
	{},
};

struct replay {
	struct printer printer;
	struct replay_clock clock;
	uint64_t left; /* records to write before the end */
	bool skipped;  /* of the stream at hand, only its Header was wanted so far */
};

static void replay_done(struct replay *replay)
{
	printer_done(&replay->printer);
}

static int take_option(void *data, int opt, const char *arg)
{
	struct replay *replay = data;

	if (opt == 'n' || opt == 'c') {
		if (options_number(arg, &replay->left))
			return options_not_count(&replay->printer.options, opt, arg, "records");
		printer_chooses(&replay->printer, 'n', arg); /* -c is the same */
		return 0;
	}
	if (opt != OPT_SPEED)
		return printer_option(&replay->printer, opt, arg);
	if (!replay_clock_parse(arg, &replay->clock.speed))
		return options_usage_error(&replay->printer.options,
					   "%.32s is not a speed: say 1, 0.5, 100 or max", arg);
	return 0;
}

/* Waits until @due, or returns -EPIPE when nobody reads any more. */
static int wait_until(struct replay *replay, uint64_t due)
{
	uint64_t now = clock_nano(CLOCK_MONOTONIC);
	int r = due > now + SLACK_NANO ? printer_flush(&replay->printer) : 0;

	while (!r && due > now + SLACK_NANO) {
		struct pollfd pollfd = {.fd = STDOUT_FILENO};
		struct timespec timeout = {
			.tv_sec = (time_t)((due - now) / 1000000000u),
			.tv_nsec = (long)((due - now) % 1000000000u),
		};

		if (ppoll(&pollfd, 1, &timeout, NULL) > 0 && pollfd.revents & POLLERR)
			r = -EPIPE;
		else if (pollfd.revents) /* what else it says would make us spin */
			(void)nanosleep(&timeout, NULL);
		now = clock_nano(CLOCK_MONOTONIC);
	}
	return r;
}

/* What is left out is not waited for. */
static bool is_awaited(struct replay *replay, struct reader *reader, struct reader_record *item)
{
	if (filter_is_empty(replay->printer.filter) && !replay->printer.grep)
		return true;
	if (item->header) {
		replay->skipped = true;
		return true;
	}
	if (printer_wants(&replay->printer, reader, item) != 1)
		return false;
	if (replay->skipped)
		replay_clock_skip_to(&replay->clock, item);
	replay->skipped = false;
	return true;
}

/* each_record_ops */
static int put_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct replay *replay = container_of(data, struct replay, printer);
	int r = 0;

	if (replay->clock.speed > 0 && is_awaited(replay, reader, item)) {
		printer_pass(data, reader); /* it may take a while until the next one */
		r = wait_until(replay, replay_clock_due(&replay->clock, item, reader_header(reader),
							clock_nano(CLOCK_MONOTONIC)));
	}
	if (!r)
		r = printer_put(&replay->printer, reader, item);
	if (r || replay->left == UINT64_MAX || !printer_counts(&replay->printer, item))
		return r == PRINTER_NOTHING ? 0 : r;
	replay->printer.partly = !--replay->left;
	return replay->left ? 0 : READER_END;
}

static const struct each_record_ops replaying = {
	.by_stream = true,
	.host = printer_host,
	.begin = printer_begin,
	.header = printer_header,
	.whole = printer_whole,
	.put = put_record,
	.pass = printer_pass,
	.complain = printer_complain,
	.error = printer_say_error,
	.unread = printer_say_unread,
	.end = printer_end,
};

/* A pipe of 64 KiB changes hands twice for each of our writes: that would take most of the time. */
static void widen_pipe(void)
{
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
}

static int run(int argc, char **argv)
{
	_cleanup_(replay_done) struct replay replay = {.clock = {.speed = 1}, .left = UINT64_MAX};
	struct printer *printer = &replay.printer;
	int r = printer_init(printer, &command_replay, rows, &filter_set);

	printer->output.ops = printer->output.terminal ? &output_text : &output_pb;
	if (!r)
		r = options_parse(&printer->options, argc, argv, take_option, &replay);
	if (r < 0 && optind == argc && inputs_none())
		r = options_usage_error(&printer->options, "name a recording, or a folder of them");
	if (r < 0)
		r = printer_check(printer);
	if (r < 0 && printer_tell_misses(printer))
		r = EXIT_FAILED;
	if (r < 0 && !replay.left)
		r = EXIT_SUCCESS;
	if (r >= 0)
		return r;
	if (!replay.clock.speed)
		widen_pipe();
	r = printer_open(printer);
	if (!r)
		r = each_record_in(argv + optind, argc - optind, printer->filter, &replaying,
				   printer);
	return printer_close(printer, r);
}

const struct command command_replay = {
	.name = "replay",
	.usage = "[--speed X|max] [FILTER...] [-o FORMAT] [-n COUNT] [FILE|DIR|-]...",
	.help = "write a recording as the stream it was, at its own pace\n\n"
		"As text on a terminal, as the stream itself to a pipe or a file.\n"
		"The same records, byte for byte, with the spacing they had: what reads them sees "
		"what it\n"
		"would have seen live. What is in several files comes once. Between two streams, "
		"and\n"
		"between two boots, it pauses for a second at most.\n"
		"  ringside replay --speed 10 events.pb.zst | ringside cat\n"
		"  ringside replay --speed max /var/log/ringside > all.pb\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is written), 2 "
		"usage.",
	.run = run,
};
