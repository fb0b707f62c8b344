/* SPDX-License-Identifier: Apache-2.0 */
/* ringside verify: says whether recordings are whole. */
#include <inttypes.h>
#include <string.h>

#include "consumer/base/out-buffer.h"
#include "consumer/base/text-line.h"
#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/cli/progress.h"
#include "consumer/cli/remote.h"
#include "consumer/files/being-written.h"
#include "consumer/files/copies.h"
#include "consumer/files/folder.h"
#include "consumer/files/inputs.h"
#include "consumer/files/path-problem.h"
#include "consumer/verdict/verdict-json.h"
#include "consumer/verdict/verdict-sum.h"
#include "consumer/verdict/verdict-table.h"
#include "consumer/verify/first-files.h"
#include "consumer/verify/input-order.h"
#include "consumer/verify/verify.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{'v', "verbose", NULL, "print the sums, and everything that was found"},
	{'q', "quiet", NULL, "print nothing but errors, the exit status tells"},
	{},
};

struct strings {
	char **all;
	size_t n, room;
};

static void strings_done(struct strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->all[i]);
	free(strings->all);
}

static int strings_add(struct strings *strings, const char *text)
{
	char *copy = GROW(strings->all, strings->n, &strings->room) ? NULL : strdup(text);

	if (!copy)
		return -ENOMEM;
	strings->all[strings->n++] = copy;
	return 0;
}

struct run {
	const struct options *options;
	struct writer *json; /* -o json; NULL: text */
	bool verbose;
	bool quiet;
	struct verify *verify;
	struct record_memory memory;
	struct progress progress;
	char before[256]; /* the name of the input before; "": none */
	struct verdict_sum sum;
	bool writing; /* somebody writes one of them */
	bool missing; /* files of a stream are */
	int error;    /* errno of the output */
};

static void fail_input(struct run *run, const char *path, const char *why)
{
	verdict_sum_worsen(&run->sum, command_fail_on(&command_verify, path, why));
	if (run->json && !run->quiet)
		verdict_json_failed(run->json, path, why);
}

static void print_joint(const struct run *run, const char *name, const struct findings *findings)
{
	for (unsigned i = 0; i < findings_kept(findings); i++)
		(void)printf("%s, behind %s: %s\n", name, run->before, findings->texts[i]);
}

/* What is missing between the input before and this one. */
static void report_joint(struct run *run, const char *name)
{
	const struct verify_joint *joint = &run->verify->joint;

	run->missing |= joint->problems.n != 0;
	if (joint->problems.n)
		verdict_sum_worsen(&run->sum, VERIFY_DAMAGED);
	if (joint->losses.n)
		verdict_sum_worsen(&run->sum, VERIFY_LOSSES);
	if (run->quiet || run->json)
		return;
	print_joint(run, name, &joint->problems);
	print_joint(run, name, &joint->losses);
	print_joint(run, name, &joint->notes);
}

/* What could not be written is gone from the buffer: the next time says nothing of it. */
static void flush_output(struct run *run)
{
	if (fflush(stdout) && !run->error)
		run->error = errno;
	if (run->json && writer_flush(run->json) && !run->error)
		run->error = -run->json->error;
}

static void print_input(const struct run *run, const char *name)
{
	const struct verify_report *found = &run->verify->report;
	char text[VERIFY_SUMMARY], uncovered[VERIFY_SUMMARY];

	verify_summary(found, true, text);
	verify_uncovered(found, uncovered);
	(void)printf("%s: %s%s%s%s\n", name, text, *uncovered ? "; " : "", uncovered,
		     found->status == VERIFY_DAMAGED && found->mendable && found->records &&
				     strcmp(name, "stdin")
			     ? "; `ringside repair` saves the rest"
			     : "");
	if (run->verbose && found->status != VERIFY_FOREIGN)
		verdict_table(found);
}

static void report_input(struct run *run, const char *path, bool copy)
{
	char safe[LINE_FILE];

	report_joint(run, line_file(path, safe));
	verdict_sum_add(&run->sum, run->verify, copy);
	if (run->quiet)
		return;
	if (run->json)
		verdict_json_input(run->json, path, run->verify, copy);
	else
		print_input(run, safe);
	flush_output(run);
}

static void verify_file(struct run *run, const char *path, struct verify_config config)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	const char *name = strcmp(path, "-") ? path : "stdin";
	char safe[LINE_FILE], why[PATH_PROBLEM];
	int r;

	r = damaged_reader_open(&damaged, path);
	if (!r && !config.copy)
		r = seen_records_begin(&run->memory.seen, name);
	if (r) {
		fail_input(run, name, path_problem(path, r, why));
		return;
	}
	/* of a stream that is elsewhere nobody can tell who writes it */
	config.in_progress =
		remote_is(path) || being_written_check(damaged_reader_fd(damaged)) == 1;
	run->writing |= config.in_progress;
	progress_begin(&run->progress, name, damaged_reader_fd(damaged));
	damaged_reader_run_ahead(damaged);
	damaged_reader_on_progress(damaged, progress_show, &run->progress);
	r = verify_input(run->verify, damaged, &config);
	progress_end(&run->progress);
	if (!r && damaged_reader_remote_failed(damaged))
		r = -EREMOTEIO; /* what came is no measure of what is there */
	if (r) {
		fail_input(run, name,
			   r == -EREMOTEIO ? damaged_reader_reason(damaged) : strerror(-r));
		return;
	}
	run->missing |= config.lacks_next && run->verify->report.losses.n;
	report_input(run, name, config.copy);
	(void)snprintf(run->before, sizeof(run->before), "%s", basename(line_file(name, safe)));
}

static void verify_one(struct run *run, const struct input_list *order, size_t i)
{
	verify_file(run, order->all[i].path,
		    (struct verify_config){
			    .next_seq = input_order_next_seq(order, i),
			    .lacks_next = input_order_lacks_next(order, i),
		    });
}

/* By itself: nothing is missing where it ends, and nothing is counted twice. */
static void verify_copy(struct run *run, const struct recording *copy)
{
	struct verify *others = run->verify;
	char text[COPIES_TEXT];

	run->sum.copies++;
	if (copy->same_file) {
		copies_text(copy, "", text);
		if (!run->quiet && run->json)
			verdict_json_copy(run->json, copy->path, text);
		else if (!run->quiet)
			(void)printf("%s\n", text);
		return;
	}
	if (verify_new(&run->verify)) {
		fail_input(run, copy->path, strerror(ENOMEM));
	} else {
		verify_file(run, copy->path, (struct verify_config){.copy = copy});
		run->verify = verify_free(run->verify);
	}
	run->verify = others;
}

/* By itself, too: what it leaves out harms no other. */
static void verify_excerpt(struct run *run, const char *path)
{
	struct verify *others = run->verify;

	if (verify_new(&run->verify)) {
		fail_input(run, path, strerror(ENOMEM));
	} else {
		run->verify->memory = &run->memory;
		verify_file(run, path, (struct verify_config){0});
		run->verify = verify_free(run->verify);
	}
	run->verify = others;
}

/* What is missing before the first file of a stream. */
static void report_head(struct run *run, const struct head *head)
{
	bool fresh = run->writing && first_files_is_fresh(head, time(NULL));
	uint32_t n = head->file->id.file_index;
	char safe[LINE_FILE], range[32] = "0";

	if (head->told)
		return;
	run->missing = true;
	if (!fresh)
		verdict_sum_worsen(&run->sum, VERIFY_LOSSES);
	if (run->quiet)
		return;
	if (run->json) {
		verdict_json_missing(run->json, head->file->path, n, fresh);
		return;
	}
	if (n > 1)
		(void)snprintf(range, sizeof(range), "0 to %u", n - 1);
	(void)printf("%s: the %s of the stream before it (index %s) %s missing, and no "
		     "record says%s that the streamer deleted %s\n",
		     line_file(head->file->path, safe), COUNTED(n, "file"), range,
		     n == 1 ? "is" : "are", fresh ? " so far" : "", n == 1 ? "it" : "them");
}

static uint64_t count_headless(const struct input_list *order)
{
	uint64_t n = 0;

	for (size_t i = 0; i < order->n; i++)
		n += order->all[i].headless;
	return n;
}

/* One that is there is not to be sought elsewhere. */
static void note_unknown(const struct run *run, uint64_t n)
{
	if (n && run->missing)
		(void)printf("of %s the Header cannot be read: what is said to be missing may be "
			     "%s\n",
			     COUNTED(n, "file"), n == 1 ? "that one" : "among those");
}

static void fail_folder(void *data, const char *path, int error, const char *unread)
{
	const struct run *run = data;
	char why[PATH_PROBLEM];

	/* what is no recording by its name is only a note */
	if (unread)
		fail_input(data, path, unread);
	else if (error)
		fail_input(data, path, path_problem(path, error, why));
	else if (!run->quiet)
		(void)command_fail(&command_verify, "%s", path);
}

/* Of all: what of them cannot be told, who wrote at the same time, and the sum. */
static void report_sum(struct run *run, uint64_t headless)
{
	char sides[COPIES_TEXT], text[VERDICT_SUM_TEXT];
	const bool has_sides = side_streams_tell(&run->memory.sides, sides, sizeof(sides));

	if (run->quiet)
		return;
	verdict_sum_end(&run->sum);
	if (run->json) {
		verdict_json_sum(run->json, &run->sum, headless, has_sides ? sides : NULL);
		return;
	}
	note_unknown(run, headless);
	if (has_sides)
		(void)printf("%s\n", sides);
	if (run->sum.files + run->sum.copies > 1) {
		verdict_sum_text(&run->sum, text);
		(void)printf("%s\n", text);
	}
}

static int verify_all(struct run *run, const char *const *paths, int n)
{
	_cleanup_(input_list_done) struct input_list order = {0};
	_cleanup_(first_files_done) struct first_files heads = {0};
	int r;

	r = input_list_new(&order, paths, n, fail_folder, run);
	if (!r)
		r = input_list_by_stream(&order);
	if (!r)
		r = first_files_new(&heads, &order);
	if (!r)
		r = verify_new(&run->verify);
	if (r) {
		fail_input(run, "verify", strerror(-r));
		return run->sum.status;
	}
	run->verify->heads = &heads;
	run->verify->memory = &run->memory;
	for (size_t i = 0; i < order.n; i++) {
		if (order.all[i].id.excerpt)
			verify_excerpt(run, order.all[i].path);
		else
			verify_one(run, &order, i);
	}
	for (size_t i = 0; i < order.n_copies; i++)
		verify_copy(run, &order.all[order.n + i]);
	for (size_t i = 0; i < heads.n && !heads.all_told; i++)
		report_head(run, &heads.all[i]);
	run->verify = verify_free(run->verify);
	report_sum(run, count_headless(&order));
	record_memory_done(&run->memory);
	flush_output(run);
	if (run->error && run->error != EPIPE)
		return command_fail(&command_verify, "cannot write: %s", strerror(run->error));
	return verify_exit_status(run->sum.status);
}

static int choose_output(struct run *run, const char *arg)
{
	bool json;
	int r = options_json(run->options, arg, &json);

	if (!r && json && !run->json)
		r = writer_new(&run->json, STDOUT_FILENO);
	return r < 0 ? command_fail(&command_verify, "%s", strerror(-r)) : r;
}

static int take_option(void *data, int opt, const char *arg)
{
	struct run *run = data;

	if (opt == 'o')
		return choose_output(run, arg);
	*(opt == 'v' ? &run->verbose : &run->quiet) = true;
	return 0;
}

/* What is elsewhere is verified host by host, stream by stream, as files are. 0 or -errno. */
static int add_paths(struct run *run, struct strings *paths, const char *path)
{
	char **streams = NULL;
	int r = 0;

	if (remote_is(path) && !remote_is_stream(path))
		r = remote_list(path, &streams);
	if (r == -EREMOTEIO) /* why was said */
		fail_input(run, path, "could not be read to its end");
	r = r == -EREMOTEIO ? 0 : r || !streams || !*streams ? strings_add(paths, path) : 0;
	for (size_t i = 0; streams && streams[i]; i++) {
		r = r ? r : strings_add(paths, streams[i]);
		free(streams[i]);
	}
	free(streams);
	return r;
}

static int verify_paths(struct run *run, const char *const *names, int n)
{
	_cleanup_(strings_done) struct strings paths = {0};

	for (int i = 0; i < n; i++)
		if (add_paths(run, &paths, names[i]))
			return command_fail(&command_verify, "%s", strerror(ENOMEM));
	return verify_all(run, (const char *const *)paths.all, (int)paths.n);
}

static int run_parsed(struct run *run, int argc, char **argv)
{
	const char *default_path = inputs_default();

	if (run->quiet && run->verbose)
		return options_usage_error(run->options,
					   "--quiet and --verbose exclude each other");
	if (optind == argc && inputs_none())
		return options_usage_error(run->options, "name a recording: ringside verify FILE");
	if (optind == argc)
		return verify_all(run, &default_path, 1);
	return verify_paths(run, (const char *const *)argv + optind, argc - optind);
}

static int run(int argc, char **argv)
{
	struct options options = {.command = &command_verify, .own = rows};
	struct run run = {.options = &options, .sum.status = VERIFY_COMPLETE};
	int r = options_parse(&options, argc, argv, take_option, &run);

	if (r < 0)
		r = run_parsed(&run, argc, argv);
	run.json = writer_free(run.json);
	return r;
}

const struct command command_verify = {
	.name = "verify",
	.usage = "[-q|-v] [-o json] [FILE|DIR|-]...",
	.help = "say whether a recording is complete, and what it lost\n\n"
		"Compares order, hashes and sums: what the kernel counted, what is in the stream.\n"
		"Exit status: 0 complete (what was limited is counted, not lost), still being "
		"written\n"
		"and whole so far, or an excerpt that is readable, 1 not a recording, 2 usage, 3 "
		"damaged, cut or\n"
		"unclosed (killed, or not closed yet) but readable, 4 whole but with losses that "
		"are known.",
	.run = run,
};
