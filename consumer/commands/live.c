/* SPDX-License-Identifier: Apache-2.0 */
/* ringside live: the streamer and what prints its stream, in one command. */
#include <string.h>
#include <unistd.h>

#include "consumer/cli/command.h"
#include "consumer/cli/habits.h"
#include "consumer/cli/streamer-process.h"
#include "consumer/commands/live-summary.h"
#include "consumer/commands/printer.h"
#include "consumer/files/each-record.h"
#include "consumer/read/body.h"
#include "consumer/read/reader.h"
#include "consumer/text/phrases.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", OUTPUT_TEXT_OR},
	{'c', "count", "COUNT", "end after COUNT events"},
	{'n', "lines", "COUNT", "the same"},
	PRINTER_OPTIONS,
	{0},
};

struct live {
	struct printer printer;
	struct streamer_process child;
	struct reader *reader;
	struct live_summary summary;
	bool begun, missing; /* a Header came; what is asked for cannot be watched */
	uint64_t left;       /* events to print before the end */
	bool enough;         /* they are printed, or cannot be */
	bool unread;         /* nothing can be written any more */
	int error;           /* 0 or -errno of the output */
};

static void live_done(struct live *live)
{
	live->reader = reader_free(live->reader);
	streamer_process_done(&live->child);
	printer_done(&live->printer);
}

static int take_option(void *data, int opt, const char *arg)
{
	struct live *live = data;

	if (opt != 'c' && opt != 'n')
		return printer_option(&live->printer, opt, arg);
	if (options_number(arg, &live->left) || !live->left)
		return options_not_count(&live->printer.options, opt, arg, "events");
	/* one takes the other's place; what was typed is what is said */
	excerpt_take(&live->printer.excerpt, &live->printer.options, opt, arg, 'n');
	return 0;
}

/* tcpdump's filters are words behind the options. */
static int refuse_argument(const struct live *live, const char *word, const char *next)
{
	char meant[FILTER_MEANT];

	if (access(word, F_OK) != 0 && filter_option_meant(word, meant))
		return options_usage_error(&live->printer.options,
					   "%.64s: filters are options: did you mean %s%s%.32s?",
					   word, meant, strchr(meant, ' ') || !*next ? "" : " ",
					   strchr(meant, ' ') ? "" : next);
	if (habit_word(word))
		return options_usage_error(&live->printer.options, "%.64s: %s", word,
					   habit_word(word));
	return options_usage_error(&live->printer.options,
				   "it takes no file (%.64s): `ringside cat` reads "
				   "recordings, and the streamer's options follow --",
				   word);
}

/* -1: go on; else the exit status. @argc ends before "--". */
static int parse_options(struct live *live, int argc, char **argv)
{
	const uint64_t begun = clock_nano(CLOCK_REALTIME); /* before --since now */
	int r = options_parse(&live->printer.options, argc, argv, take_option, live);

	if (r < 0 && optind < argc)
		return refuse_argument(live, argv[optind],
				       optind + 1 < argc ? argv[optind + 1] : "");
	if (r < 0 && (filter_is_over(live->printer.filter, begun) ||
		      filter_is_past(live->printer.filter, begun)))
		return options_usage_error(&live->printer.options,
					   "%s: live shows what happens from now on, `ringside "
					   "cat` what was recorded",
					   filter_is_over(live->printer.filter, begun)
						   ? "--until is over"
						   : "--since is in the past");
	return r < 0 ? printer_check(&live->printer) : r;
}

/* live is for looking: where only they work, it takes the hooks that cost others something. But
 * those of what is not looked for are left out. Of two --probes the last is valid, the user's. */
static int start_streamer(struct live *live, char **extra, size_t n)
{
	char names[LIVE_SUMMARY_PROBES], error[256];
	const char *probes = live_summary_probes(live->printer.filter, names);
	const char *const own[] = {"--allow-syscall-tax",      "--quiet", "-w", "-",
				   probes ? "--probes" : NULL, probes,    NULL};
	int r = streamer_process_start_with(&live->child, own, extra, n, error, sizeof(error));

	if (r < 0)
		(void)command_fail(&command_live, "%s", error);
	return r;
}

#define MISSES_TOLD 10 /* so many events may be others' */

/* Whether what is asked for can be met is not to be learned by waiting in vain. */
static void tell_misses(struct live *live)
{
	if (filter_misses(live->printer.filter) >= MISSES_TOLD)
		printer_say_misses_so_far(&live->printer);
}

/* What is there is shown before we wait for more. */
static void wait_on(void *data)
{
	struct live *live = data;

	if (live->unread)
		return;
	tell_misses(live);
	if (printer_flush(&live->printer) == 0 &&
	    streamer_process_wait_output(&live->child, STDOUT_FILENO))
		return;
	/* `ringside live | head -1` ends now, and not with the next event */
	live->unread = true;
	streamer_process_end(&live->child);
}

static void say_begin(struct live *live, const Ringside__V1__Header *header)
{
	char text[TEXT_MAX], why[TEXT_MAX];
	struct line line = line_make(text, sizeof(text)), missing = line_make(why, sizeof(why));

	live_summary_begin(&live->summary, live->printer.filter, header, live->printer.excerpt.text,
			   &line);
	live->missing = live_summary_misses(&live->summary, live->printer.filter, &missing);
	live->begun = true;
	(void)line_end(live->missing ? &missing : &line);
	(void)command_fail(&command_live, "%s", live->missing ? why : text);
	if (!live->missing && filter_present_sentence(live->printer.filter, text, sizeof(text)))
		(void)command_fail(&command_live, "%s", text);
}

static void say_end(const struct live *live)
{
	char text[TEXT_MAX];
	struct line line = line_make(text, sizeof(text));

	if (!live->begun || live->missing)
		return;
	live_summary_end(&live->summary, live->printer.rows_shown, &line);
	(void)line_end(&line);
	(void)command_fail(&command_live, "%s", text);
}

/* Prints until nothing more is wanted. Then the streamer is asked to end, and the rest is read and
 * dropped: so it can close, and its stream say its totals. */
static int put_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct live *live = data;
	int r;

	if (item->header && !live->begun)
		say_begin(live, item->record->header);
	r = live->enough || live->missing ? PRINTER_NOTHING
					  : printer_put(&live->printer, reader, item);
	if (r == READER_DAMAGED)
		return r;
	if (!live->missing && body_is_event(item->record))
		live->printer.partly = false;
	live_summary_see(&live->summary, item->record, !r);
	if (live->enough)
		return 0;
	live->enough =
		live->missing || r < 0 || (!r && body_is_event(item->record) && !--live->left);
	if (live->enough)
		streamer_process_end(&live->child);
	live->error = r < 0 ? r : 0;
	return 0;
}

/* In a storm the reader is never idle. */
static void pass_signals(void *data, const struct reader *reader)
{
	struct live *live = data;

	streamer_process_pass_signals(&live->child);
}

/* A streamer that could not start wrote nothing, and has said why. */
static void complain_about(void *data, const char *problem)
{
	struct live *live = data;

	if (reader_latest_header(live->reader))
		printer_complain(&live->printer, problem);
}

static const struct each_record_ops printing = {
	.put = put_record,
	.pass = pass_signals,
	.complain = complain_about,
};

/* Returns the exit status. */
static int run_child(struct live *live)
{
	int r, printed, status, answer;

	r = reader_new(&live->reader, live->child.out, STREAMER_PROCESS_PROGRAM);
	if (!r)
		r = printer_open(&live->printer);
	if (r)
		return printer_fail(&live->printer, r);
	input_on_idle(reader_input(live->reader), wait_on, live);
	(void)each_record(live->reader, &printing, live, NULL, &answer);
	printed = printer_close(&live->printer, live->error);
	util_closep(&live->child.out);
	live->child.out = -1;
	status = streamer_process_wait(&live->child);
	if (status > 128)
		(void)command_fail(&command_live,
				   STREAMER_PROCESS_PROGRAM " was ended by signal %d",
				   status - 128);
	say_end(live);
	if (!status && !reader_latest_header(live->reader))
		return command_fail(&command_live, STREAMER_PROCESS_PROGRAM " wrote no stream");
	if (live->missing)
		return EXIT_FAILED;
	return status ? status : printed;
}

/* Options after which the streamer's stdout is no stream for us. The first of them, or NULL. */
static const char *find_foreign(char **extra, size_t n)
{
	static const char *const foreign[] = {"-w",
					      "--write",
					      "-z",
					      "--doctor",
					      "-h",
					      "--help",
					      "--version",
					      "--check-config",
					      "--print-config",
					      NULL};

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; foreign[j]; j++) {
			size_t length = strlen(foreign[j]);

			/* -wFILE and --write=FILE too */
			if (!strncmp(extra[i], foreign[j], length) &&
			    (length == 2 || !extra[i][length] || extra[i][length] == '='))
				return foreign[j];
		}
	}
	return NULL;
}

static int run(int argc, char **argv)
{
	_cleanup_(live_done) struct live live = {
		.left = UINT64_MAX,
		.child = STREAMER_PROCESS_NULL,
	};
	int own = 1, r;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	r = printer_init(&live.printer, &command_live, rows, &filter_set);
	if (!r)
		r = parse_options(&live, own, argv);
	if (r >= 0)
		return r;
	own += own < argc;
	if (find_foreign(argv + own, (size_t)(argc - own)))
		return options_usage_error(
			&live.printer.options,
			"%s does not go behind --: live prints what the streamer writes "
			"to its stdout (to record too, use ringside-streamer -w FILE)",
			find_foreign(argv + own, (size_t)(argc - own)));
	printer_say_short_id(&live.printer);
	live.printer.partly = live.printer.awaits = true; /* no event was seen */
	if (printer_tell_misses(&live.printer))
		return EXIT_FAILED;
	r = start_streamer(&live, argv + own, (size_t)(argc - own));
	return r < 0 ? EXIT_FAILED : run_child(&live);
}

const struct command command_live = {
	.name = "live",
	.usage = "[FILTER...] [-o FORMAT] [-- STREAMER-OPTION...]",
	.help = "print OOM kills and seccomp denials as they happen (needs root)\n\n"
		"Starts ringside-streamer and prints its stream; Ctrl-C ends both. Only what "
		"--kind names\n"
		"is watched, by default OOM kills and seccomp denials. Where the kernel offers "
		"nothing\n"
		"better, hooks are used that cost every process about 0.2 us a system call while "
		"this\n"
		"runs. The first line on standard error says what is watched, the last one what "
		"was shown.\n"
		"  sudo ringside live\n"
		"  sudo ringside live --kind oom,signal\n"
		"  sudo ringside live --kind seccomp --namespace shop -- --rate 0\n"
		"Exit status: the streamer's; 1 failed, 2 usage.",
	.run = run,
};
