/* SPDX-License-Identifier: Apache-2.0 */
/* ringside replay: a recording as the stream it was. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer/cli/command.h"
#include "consumer/cli/progress.h"
#include "consumer/commands/printer.h"
#include "consumer/commands/replay-clock.h"
#include "consumer/files/being-written.h"
#include "consumer/files/inputs.h"
#include "proto/base/clock.h"

/* What is due so soon is written with what is due now. */
#define SLACK_NANO 500000u
#define PIPE_BYTES (1024 * 1024)
#define PROGRESS_EVERY 1024u /* records, when they come as fast as they go */

enum { OPT_SPEED = PRINTER_LAST };

static const struct option_row rows[] = {
	{OPT_SPEED, "speed", "X|max", "X times as fast, from 0.001 on; default 1"},
	{'o', "output", "FORMAT", "pb (default), text, json or protojson"},
	PRINTER_OPTIONS,
	{},
};

struct replay {
	struct options options;
	struct printer printer;
	struct progress progress;
	struct replay_clock pace;
};

static void replay_done(struct replay *replay)
{
	printer_done(&replay->printer);
}

/* -1: go on; else the exit status. */
static int parse(struct replay *replay, int argc, char **argv)
{
	int opt, r = 0;

	while (!r && (opt = options_next(&replay->options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_HELP) {
			options_help(&replay->options, stdout);
			return EXIT_SUCCESS;
		}
		if (opt != OPT_SPEED)
			r = printer_option(&replay->printer, opt, optarg);
		else if (!replay_clock_parse(optarg, &replay->pace.speed))
			r = options_word_error(&replay->options,
					       "%.32s is not a speed: say 1, 0.5, 100 or max",
					       optarg);
	}
	if (!r && optind == argc && inputs_none())
		r = options_usage_error(&replay->options, "name a recording, or a folder of them");
	if (!r)
		r = printer_check(&replay->printer);
	return r ? r : -1;
}

/* Waits until @due, or returns -EPIPE when nobody reads any more. */
static int wait_until(struct replay *replay, uint64_t due)
{
	uint64_t now = clock_nano(CLOCK_MONOTONIC);
	int r = due > now + SLACK_NANO ? writer_flush(replay->printer.writer) : 0;

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

/* 0 or -errno of the output. */
static int put(struct replay *replay, struct reader *reader, struct reader_record *item)
{
	int r = 0;

	if (replay->pace.speed > 0)
		r = wait_until(replay, replay_clock_due(&replay->pace, item, reader_header(reader),
							clock_nano(CLOCK_MONOTONIC)));
	if (!r)
		r = printer_put(&replay->printer, reader, item);
	if (r == READER_DAMAGED)
		printer_complain(&replay->printer, reader_problem(reader));
	return r < 0 ? r : 0;
}

static int replay_records(struct replay *replay, struct reader *reader)
{
	struct reader_record item;
	int r;

	for (uint64_t n = 1;; n++) {
		if (replay->pace.speed > 0 || n % PROGRESS_EVERY == 0)
			progress_show(&replay->progress, reader_position(reader));
		r = reader_next(reader, &item);
		if (r == READER_END)
			return 0;
		if (r == READER_CUT && being_written_check(reader_fd(reader)) == 1)
			return 0; /* the rest is being written just now */
		if (r) {
			progress_end(&replay->progress);
			printer_complain(&replay->printer, reader_problem(reader));
		}
		if (r == READER_DAMAGED)
			continue;
		if (r)
			return 0;
		r = put(replay, reader, &item);
		if (r)
			return r;
	}
}

static int replay_input(const char *path, void *data)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct replay *replay = data;
	int r;

	r = reader_open(&reader, path);
	if (r) {
		printer_say_error(&replay->printer, path, r);
		return 0;
	}
	printer_begin(&replay->printer, reader);
	reader_on_idle(reader, printer_flush, &replay->printer);
	if (progress_fits(STDOUT_FILENO))
		progress_begin(&replay->progress, strcmp(path, "-") ? path : "stdin",
			       reader_fd(reader));
	r = replay_records(replay, reader);
	progress_end(&replay->progress);
	printer_say_unknown(&replay->printer, reader, strcmp(path, "-") ? path : "stdin");
	return r;
}

static void say_error(const char *path, int error, void *data)
{
	struct replay *replay = data;

	printer_say_error(&replay->printer, path, error);
}

/* A pipe of 64 KiB changes hands twice for each of our writes: that would take most of the time. */
static void widen_pipe(void)
{
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
}

static int run(int argc, char **argv)
{
	_cleanup_(replay_done) struct replay replay = {.pace = {.speed = 1}};
	int r;

	r = options_init(&replay.options, &command_replay, rows, NULL);
	if (!r)
		r = printer_init(&replay.printer, &replay.options);
	if (r) {
		(void)fprintf(stderr, "ringside replay: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	replay.printer.output.ops = &output_pb;
	r = parse(&replay, argc, argv);
	if (r >= 0)
		return r;
	if (!replay.pace.speed)
		widen_pipe();
	r = printer_open(&replay.printer);
	if (!r)
		r = inputs_each(argv + optind, argc - optind, replay_input, say_error, &replay);
	return printer_close(&replay.printer, r);
}

const struct command command_replay = {
	.name = "replay",
	.usage = "[--speed X|max] [-o FORMAT] [FILE|DIR|-]...",
	.help = "write a recording as the stream it was, at its own pace\n\n"
		"The same records, byte for byte, with the spacing they had: what reads them sees "
		"what it\n"
		"would have seen live. Between two streams, and between two boots, it pauses for a "
		"second\n"
		"at most.\n"
		"  ringside replay --speed 10 events.pb.zst | ringside cat\n"
		"  ringside replay --speed max /var/log/ringside > all.pb\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is written), 2 "
		"usage.",
	.run = run,
};
