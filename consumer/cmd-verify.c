/* SPDX-License-Identifier: Apache-2.0 */
/* ringside verify: says whether recordings are whole. */
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "inuse.h"
#include "options.h"
#include "reader.h"
#include "util.h"
#include "verdict.h"
#include "verify.h"

static const struct option_row rows[] = {
	{'v', "verbose", NULL, "print the sums, and everything that was found"},
	{'q', "quiet", NULL, "print nothing, the exit status tells"},
	{},
};

static void print_findings(const char *word, const struct findings *findings)
{
	for (unsigned i = 0; i < findings_kept(findings); i++)
		(void)printf("  %-9s%s\n", word, findings->texts[i]);
	if (findings->n > FINDINGS_MAX)
		(void)printf("  %-9sand %" PRIu64 " more\n", word, findings->n - FINDINGS_MAX);
}

static void print_missed(const struct tally_kind *kind)
{
	if (kind->missed_known)
		(void)printf(" %12" PRIu64 "\n", kind->missed_runs);
	else
		(void)printf(" %12s\n", "not counted");
}

static void print_kinds(const struct tally *tally)
{
	(void)printf("  %-16s %12s %12s %12s %12s %12s\n", "kind", "written", "limited", "dropped",
		     "lost in sink", "missed runs");
	for (unsigned i = 0; i < tally->n; i++) {
		const struct tally_kind *kind = &tally->kinds[i];

		(void)printf("  %-16s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64,
			     *kind->name ? kind->name : "(any)", kind->written,
			     kind->kernel.limited, kind->kernel.dropped, kind->lost_in_sink);
		print_missed(kind);
	}
}

static void print_table(const struct verify_report *report, const struct tally *tally)
{
	(void)printf("  %-9s%" PRIu64 " in %" PRIu64 " stream%s, seq %" PRIu64 " to %" PRIu64
		     ", %" PRIu64 " bytes\n",
		     "records", report->records, report->streams, report->streams == 1 ? "" : "s",
		     report->first_seq, report->latest_seq, report->bytes);
	(void)printf("  %-9s%" PRIu64 " compared\n", "hashes", report->hashes);
	print_findings("problem", &report->problems);
	print_findings("loss", &report->losses);
	print_findings("doubt", &report->doubts);
	print_findings("note", &report->notes);
	print_kinds(tally);
}

/* 0 or -ENOMEM; what is wrong with the input is in @verify. */
static int read_all(struct verify *verify, struct reader *reader)
{
	/* asked first: who closes the file while it is read has written a Footer */
	bool in_progress = inuse_check(reader_fd(reader)) == 1;
	struct reader_record item;
	int r;

	verify_begin(verify, false);
	for (;;) {
		r = reader_next(reader, &item);
		if (r == READER_DAMAGED)
			verify_damaged(verify, &item);
		else if (r)
			break;
		else if (verify_record(verify, &item))
			return -ENOMEM;
	}
	verify_end(verify, r, reader_reason(reader), in_progress);
	return 0;
}

struct settings {
	bool verbose;
	bool quiet;
};

static int fail(const char *path, int error)
{
	const char *text =
		error == -EISDIR ? "is a folder: name the files in it" : strerror(-error);

	(void)fprintf(stderr, "ringside verify: %s: %s\n", path, text);
	return EXIT_FAILED;
}

/* Returns the exit status. */
static int verify_input(const struct settings *settings, const char *path)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_report *report;
	char text[VERDICT_SIZE];
	int r;

	r = reader_open(&reader, path);
	if (!r)
		r = verify_new(&verify);
	if (!r)
		r = read_all(verify, reader);
	if (r)
		return fail(path, r);
	report = verify_report(verify);
	verdict_text(report, text);
	if (!settings->quiet)
		(void)printf("%s: %s\n", strcmp(path, "-") ? path : "stdin", text);
	if (settings->verbose && report->status != VERIFY_FOREIGN)
		print_table(report, verify_tally(verify));
	return (int)report->status;
}

/* Of several files, the worst: not a recording, damaged, with losses, complete. */
static int worse(int a, int b)
{
	static const int order[] = {VERIFY_FOREIGN, VERIFY_DAMAGED, VERIFY_LOSSES};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return VERIFY_COMPLETE;
}

static int verify_all(const struct settings *settings, char **paths, int n)
{
	char stdin_path[] = "-";
	int status = VERIFY_COMPLETE;

	if (!n)
		status = verify_input(settings, stdin_path);
	for (int i = 0; i < n; i++)
		status = worse(status, verify_input(settings, paths[i]));
	if (fflush(stdout) && errno != EPIPE) {
		(void)fprintf(stderr, "ringside verify: cannot write: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}

static int run(int argc, char **argv)
{
	struct options options;
	struct settings settings = {0};
	int opt;

	if (options_init(&options, &command_verify, rows, NULL))
		return EXIT_FAILED;
	while ((opt = options_next(&options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_ERROR)
			return options_usage_error(&options, options.error);
		if (opt == OPTIONS_HELP) {
			options_help(&options, stdout);
			return EXIT_SUCCESS;
		}
		settings.verbose |= opt == 'v';
		settings.quiet |= opt == 'q';
	}
	if (settings.quiet && settings.verbose)
		return options_usage_error(&options, "--quiet and --verbose exclude each other");
	if (optind == argc && isatty(STDIN_FILENO))
		return options_usage_error(&options, "name a recording: ringside verify FILE");
	return verify_all(&settings, argv + optind, argc - optind);
}

const struct command command_verify = {
	.name = "verify",
	.usage = "[-v] [FILE|-]...",
	.help = "say whether a recording is complete, and what it lost\n\n"
		"Compares order, hashes and sums: what the kernel counted, what is in the stream.\n"
		"Exit status: 0 complete (what was limited is counted, not lost) or still being\n"
		"written and whole so far, 1 not a recording, 2 usage, 3 damaged or cut but\n"
		"readable, 4 whole but with losses that are known.",
	.run = run,
};
