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
#include "consumer/verify/first-files.h"
#include "consumer/verify/input-order.h"
#include "consumer/verify/verify-json.h"
#include "consumer/verify/verify.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", "text (default) or json"},
	{'v', "verbose", NULL, "print the sums, and everything that was found"},
	{'q', "quiet", NULL, "print nothing but errors, the exit status tells"},
	{},
};

/* @several: hosts are in the input. */
static void print_findings(const char *word, const struct findings *findings, bool several)
{
	char where[FINDING_WHERE];

	for (unsigned i = 0; i < findings_kept(findings); i++)
		(void)printf("  %-10s%s%s\n", word, findings->texts[i],
			     findings_where(findings, i, several, where));
	if (findings->n > FINDINGS_MAX)
		(void)printf("  %-10sand %s more\n", word, COUNT(findings->n - FINDINGS_MAX));
}

static void print_missed(const struct kind_total *kind)
{
	if (kind->missed_known)
		(void)printf(" %12s\n", COUNT(kind->missed_runs));
	else
		(void)printf(" %12s\n", "not counted");
}

static void print_kinds(const struct verify_report *report)
{
	(void)printf("  %-16s %12s %12s %12s %12s %12s\n", "kind", "written", "limited", "dropped",
		     "lost in sink", "missed runs");
	for (unsigned i = 0; i < report->n_kinds; i++) {
		const struct kind_total *kind = &report->kinds[i];

		(void)printf("  %-16s %12s %12s %12s %12s", *kind->name ? kind->name : "(any)",
			     COUNT(kind->written), COUNT(kind->limited), COUNT(kind->dropped),
			     COUNT(kind->lost_in_sink));
		print_missed(kind);
	}
}

static void print_checksums(const struct verify_report *report)
{
	(void)printf("  %-10s%s of records (%s)", "checksums", COUNT(report->hashes),
		     report->hash_name);
	if (report->frames)
		(void)printf(", %s of %s, %s of indexes", COUNT(report->seals),
			     COUNTED(report->frames, "zstd frame"), COUNT(report->indexed));
	(void)printf(" compared%s\n", report->tables ? "; the seek table fits" : "");
	if (!report->uncovered_records)
		(void)printf("  %-10severy record is covered by one\n", "");
	print_findings("uncovered", &report->uncovered, false);
}

/* "15 in 1 stream, seq 1 to 15, 1,234 bytes: 12 events, 3 about the stream" */
static void print_records(const struct verify_report *report)
{
	char numbers[64] = "", when[FINDING_TIME_TEXT];

	if (report->streams == 1)
		(void)snprintf(numbers, sizeof(numbers), ", seq %" PRIu64 " to %" PRIu64,
			       report->first_seq, report->latest_seq);
	(void)printf("  %-10s%s in %s%s, %s: %s, %s about the stream%s\n", "records",
		     COUNT(report->records), COUNTED(report->streams, "stream"), numbers,
		     COUNTED(report->bytes, "byte"), COUNTED(report->events, "event"),
		     COUNT(report->records - report->events), report->streams == 1 ? "" : "s");
	if (report->orphans)
		(void)printf("  %-10s%s of no host that is known\n", "", COUNT(report->orphans));
	if (report->span.from)
		(void)printf("  %-10s%s\n", "time", finding_time_text(&report->span, when) + 2);
}

static void print_table(const struct verify_report *report)
{
	const bool several = report->hosts.n > 1;

	print_records(report);
	if (report->hash_name)
		print_checksums(report);
	print_findings("problem", &report->problems, several);
	print_findings("loss", &report->losses, several);
	print_findings("doubt", &report->doubts, several);
	print_findings("note", &report->notes, several);
	if (report->n_kinds && !report->excerpt) /* of which nothing is counted but what is lost */
		print_kinds(report);
}

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
	int status;
	bool writing; /* somebody writes one of them */
	bool missing; /* files of a stream are */
	bool foreign; /* an input is no recording */
	uint64_t files, copies, records, events, lost;
	uint64_t excerpts_lost; /* may be what recordings lost that were read, too */
	bool recordings;
	bool lost_more;
	struct named_hosts hosts, damaged, unclosed, lossy; /* of all; and those of which is that */
	int error;                                          /* errno of the output */
};

/* Of several inputs, the worst: not a recording, damaged, unclosed, with losses, an excerpt,
 * complete. */
static void worsen_status(struct run *run, int status)
{
	static const int order[] = {VERIFY_FOREIGN, VERIFY_DAMAGED,  VERIFY_UNCLOSED, VERIFY_LOSSES,
				    VERIFY_EXCERPT, VERIFY_FILTERED, VERIFY_COMPLETE};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (run->status == order[i] || status == order[i]) {
			run->status = order[i];
			return;
		}
	}
}

static void fail_input(struct run *run, const char *path, const char *why)
{
	worsen_status(run, command_fail_on(&command_verify, path, why));
	if (run->json && !run->quiet)
		verify_json_failed(run->json, path, why);
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
		worsen_status(run, VERIFY_DAMAGED);
	if (joint->losses.n)
		worsen_status(run, VERIFY_LOSSES);
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
		print_table(found);
}

/* Whose is what is wrong with the input at hand, and between it and the one before. */
static void note_hosts(struct run *run)
{
	const struct verify_report *found = &run->verify->report;
	const struct verify_joint *joint = &run->verify->joint;

	for (unsigned i = 0; i < found->hosts.n; i++)
		named_hosts_add(&run->hosts, found->hosts.names[i]);
	findings_add_hosts(&found->problems,
			   found->status == VERIFY_UNCLOSED ? &run->unclosed : &run->damaged);
	findings_add_hosts(&joint->problems, &run->damaged);
	findings_add_hosts(&found->losses, &run->lossy);
	findings_add_hosts(&joint->losses, &run->lossy);
	for (unsigned i = 0; i < EXCERPT_FLAW_WORDS; i++)
		for (unsigned n = 0; n < found->flaws.hosts[i].n; n++)
			named_hosts_add(&run->lossy, found->flaws.hosts[i].names[n]);
}

static void report_input(struct run *run, const char *path, bool copy)
{
	const struct verify_report *found = &run->verify->report;
	char safe[LINE_FILE];

	report_joint(run, line_file(path, safe));
	worsen_status(run, (int)found->status);
	run->foreign |= found->status == VERIFY_FOREIGN;
	note_hosts(run);
	if (!copy) {
		run->files++;
		run->records += found->records - found->repeated;
		run->events += found->events - found->repeated_events;
		*(found->excerpt ? &run->excerpts_lost : &run->lost) += found->lost;
		run->recordings |= !found->excerpt;
		run->lost_more |= found->lost_more || found->status == VERIFY_DAMAGED ||
				  found->status == VERIFY_UNCLOSED;
	}
	if (run->quiet)
		return;
	if (run->json)
		verify_json_input(run->json, path, run->verify, copy);
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

	run->copies++;
	if (copy->same_file) {
		copies_text(copy, "", text);
		if (!run->quiet && run->json)
			verify_json_copy(run->json, copy->path, text);
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
		worsen_status(run, VERIFY_LOSSES);
	if (run->quiet)
		return;
	if (run->json) {
		verify_json_missing(run->json, head->file->path, n, fresh);
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

/* "damaged (web-1), unclosed (mail-3)": where there are several hosts, whose. */
static void put_verdict(struct line *line, const struct run *run)
{
	static const char *const words[] = {
		[VERIFY_COMPLETE] = "complete",
		[VERIFY_FOREIGN] = "not all are recordings",
		[VERIFY_DAMAGED] = "damaged",
		[VERIFY_UNCLOSED] = "unclosed",
		[VERIFY_LOSSES] = "whole, but with losses",
		[VERIFY_EXCERPT] = "readable, but excerpts are among them",
		[VERIFY_FILTERED] = "complete for their filters",
	};
	const int status = run->status;

	line_text(line, status == VERIFY_FOREIGN && !run->foreign ? "not all could be read"
								  : words[status]);
	if (run->hosts.n < 2)
		return;
	if (status == VERIFY_DAMAGED)
		named_hosts_put(&run->damaged, line);
	if (status == VERIFY_LOSSES && !run->lost)
		named_hosts_put(&run->lossy, line);
	if (status != VERIFY_UNCLOSED && run->unclosed.n)
		line_text(line, ", unclosed");
	named_hosts_put(&run->unclosed, line);
}

/* Of what is damaged, or was, nobody knows all. */
static void put_lost(struct line *line, const struct run *run)
{
	if (run->lost) {
		line_text(line, run->lost_more ? "; at least " : "; ");
		line_count(line, run->lost);
		line_text(line, " lost");
		if (run->hosts.n > 1)
			named_hosts_put(&run->lossy, line);
	} else if (run->lost_more && run->status != VERIFY_FOREIGN) {
		line_text(line, "; how many are lost is not known");
	}
}

/* Of several files. */
static void print_sum(const struct run *run)
{
	char text[LINE_FILE];
	struct line line = line_make(text, sizeof(text));

	line_text(&line, "in all ");
	line_counted(&line, run->files, "file");
	if (run->copies) {
		line_text(&line, " and ");
		line_text(&line, run->copies == 1 ? "1 copy" : COUNTED(run->copies, "copie"));
	}
	line_text(&line, ", ");
	line_counted(&line, run->records, "record");
	line_text(&line, ": ");
	put_verdict(&line, run);
	put_lost(&line, run);
	(void)line_end(&line);
	(void)printf("%s\n", text);
}

/* Of all: what of them cannot be told, who wrote at the same time, and the sum. */
static void report_sum(struct run *run, uint64_t headless)
{
	char sides[COPIES_TEXT];
	const bool has_sides = side_streams_tell(&run->memory.sides, sides, sizeof(sides));

	if (run->quiet)
		return;
	run->lost_more |= run->recordings && run->excerpts_lost > run->lost;
	run->lost = run->recordings ? run->lost : run->excerpts_lost;
	if (run->json) {
		verify_json_sum(run->json, &(struct verify_json_sum){
						   .status = run->status,
						   .inputs = run->files,
						   .copies = run->copies,
						   .records = run->records,
						   .events = run->events,
						   .lost = run->lost,
						   .lost_more = run->lost_more,
						   .headless = headless,
						   .damaged = &run->damaged,
						   .unclosed = &run->unclosed,
						   .lossy = &run->lossy,
						   .sides = has_sides ? sides : NULL,
					   });
		return;
	}
	note_unknown(run, headless);
	if (has_sides)
		(void)printf("%s\n", sides);
	if (run->files + run->copies > 1)
		print_sum(run);
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
		return run->status;
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
	return verify_exit_status(run->status);
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
	struct run run = {.options = &options, .status = VERIFY_COMPLETE};
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
