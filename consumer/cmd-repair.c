/* SPDX-License-Identifier: Apache-2.0 */
/* ringside repair: a recording of all that can be saved of a damaged one. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "doubts.h"
#include "examine.h"
#include "inuse.h"
#include "mend.h"
#include "options.h"
#include "progress.h"
#include "util.h"
#include "verdict.h"

enum { OPT_DOUBTFUL = OPTIONS_LONG };

static const struct option_row rows[] = {
	{'w', "write", "OUT", "the file to write; it must not exist"},
	{OPT_DOUBTFUL, "keep-doubtful", NULL, "keep records among which a hash says one is wrong"},
	{'q', "quiet", NULL, "print nothing but errors"},
	{},
};

struct repair {
	const char *in, *out;
	bool keep_doubtful;
	bool quiet;
	struct progress progress;
};

static int fail(const char *path, const char *text)
{
	(void)fprintf(stderr, "ringside repair: %s: %s\n", path, text);
	return EXIT_FAILED;
}

static int fail_errno(const char *path, int error)
{
	return fail(path, strerror(-error));
}

static void show_progress(void *data, uint64_t position)
{
	struct repair *repair = data;

	progress_show(&repair->progress, position);
}

static void tell_hole(struct mend *mend, const struct salvage_hole *hole)
{
	if (hole->damage && hole->damage->indexed)
		mend_hole(mend, &hole->damage->index);
}

/* Copies what is not in doubt. Returns 0 or -errno. */
static int copy(struct repair *repair, struct salvage *salvage, struct doubts *doubts,
		struct mend *mend)
{
	struct reader_record item;
	uint64_t n = 0;
	int r;

	for (;;) {
		r = salvage_next(salvage, &item);
		if (r == SALVAGE_HOLE)
			tell_hole(mend, salvage_hole(salvage));
		if (r == READER_MARK || r == READER_DAMAGED || r == SALVAGE_HOLE)
			continue;
		if (r)
			return r < 0 ? r : 0;
		if (repair->keep_doubtful || !doubts_about(doubts, n))
			r = mend_put(mend, &item);
		if (r)
			return r;
		if (++n % 4096 == 0)
			progress_show(&repair->progress, salvage_position(salvage));
	}
}

/* Reads it twice: what is in doubt is known only where a hash comes. */
static int find_doubts(struct repair *repair, bool strict, struct doubts *ret, bool *ret_compressed)
{
	_cleanup_(salvage_freep) struct salvage *salvage = NULL;
	const struct doubts_config config = {
		.strict = strict,
		.progress = show_progress,
		.data = repair,
	};
	int r;

	r = salvage_open(&salvage, repair->in);
	if (r)
		return fail_errno(repair->in, r);
	if (lseek(salvage_fd(salvage), 0, SEEK_CUR) < 0)
		return fail(repair->in, "is a pipe: a recording is read twice, name a file");
	if (inuse_check(salvage_fd(salvage)) == 1)
		return fail(repair->in, "is being written; it will be whole, or can be repaired, "
					"when that has ended");
	progress_begin(&repair->progress, repair->in, salvage_fd(salvage));
	r = doubts_find(ret, salvage, &config);
	progress_end(&repair->progress);
	if (r == READER_FOREIGN)
		return fail(repair->in, salvage_reason(salvage));
	*ret_compressed = salvage_is_compressed(salvage);
	return r ? fail_errno(repair->in, r) : 0;
}

static int write_out(struct repair *repair, struct doubts *doubts, bool compressed,
		     struct mend_report *ret)
{
	_cleanup_(salvage_freep) struct salvage *salvage = NULL;
	_cleanup_(recording_out_freep) struct recording_out *out = NULL;
	_cleanup_(mend_freep) struct mend *mend = NULL;
	struct mend_config config = {
		.has_stream_id = doubts->has_stream_id,
		.first_seq = doubts->first_seq,
	};
	int r;

	memcpy(config.stream_id, doubts->stream_id, sizeof(config.stream_id));
	r = salvage_open(&salvage, repair->in);
	if (r)
		return fail_errno(repair->in, r);
	r = recording_out_new(&out, repair->out, compressed);
	if (r == -EEXIST)
		return fail(repair->out, "exists, and is not overwritten: choose another name");
	if (!r)
		r = mend_new(&mend, out, &config);
	if (r)
		return fail_errno(repair->out, r);
	progress_begin(&repair->progress, repair->in, salvage_fd(salvage));
	r = copy(repair, salvage, doubts, mend);
	progress_end(&repair->progress);
	if (!r)
		r = mend_end(mend, ret);
	if (!r && !ret->saved)
		return fail(repair->in, "no record in it could be saved");
	if (!r)
		r = recording_out_close(out);
	return r ? fail_errno(repair->out, r) : 0;
}

/* What verify says about the result; *ret: it is whole, but for what is known to be lost. */
static int check_out(struct repair *repair, bool *ret, char text[VERDICT_SIZE])
{
	_cleanup_(salvage_freep) struct salvage *salvage = NULL;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct examine_config config = {.progress = show_progress, .data = repair};
	const struct verify_report *report;
	int r;

	r = salvage_open(&salvage, repair->out);
	if (!r)
		r = verify_new(&verify);
	if (r)
		return fail_errno(repair->out, r);
	progress_begin(&repair->progress, repair->out, salvage_fd(salvage));
	r = examine(verify, salvage, &config);
	progress_end(&repair->progress);
	if (r)
		return fail_errno(repair->out, r);
	report = verify_report(verify);
	*ret = report->status == VERIFY_COMPLETE || report->status == VERIFY_LOSSES;
	verdict_text(report, text);
	return 0;
}

static void print_report(const struct repair *repair, const struct doubts *doubts,
			 const struct mend_report *report, const char *verdict)
{
	if (repair->quiet)
		return;
	(void)printf("%s: %" PRIu64 " of %" PRIu64 " readable records saved", repair->in,
		     report->saved, doubts->records);
	if (report->lost)
		(void)printf(", %" PRIu64 " lost", report->lost);
	if (report->lost_unknown)
		(void)printf(", %san unknown number lost", report->lost ? "and " : "");
	(void)printf("%s\n%s: %s\n", report->header_made ? ", with a Header made anew" : "",
		     repair->out, verdict);
}

/* Records that no checksum covers are kept, unless the sums say that one of them is wrong. */
static int repair_file(struct repair *repair)
{
	struct mend_report report;
	bool whole = false, compressed;
	char text[VERDICT_SIZE];
	int r = 0;

	for (int strict = 0; !r && !whole && strict < 2; strict++) {
		_cleanup_(doubts_done) struct doubts doubts = {0};

		r = find_doubts(repair, strict, &doubts, &compressed);
		if (!r)
			r = write_out(repair, &doubts, compressed, &report);
		if (!r)
			r = check_out(repair, &whole, text);
		if (!r && whole)
			print_report(repair, &doubts, &report, text);
		if (!r && !whole && unlink(repair->out) < 0)
			r = fail_errno(repair->out, -errno);
		if (repair->keep_doubtful)
			break;
	}
	if (r || whole)
		return r;
	return fail(repair->in, repair->keep_doubtful
					? "what was kept contradicts itself: try without "
					  "--keep-doubtful"
					: "what could be saved contradicts itself: see ringside "
					  "verify -v");
}

static int run(int argc, char **argv)
{
	struct options options;
	struct repair repair = {0};
	int opt;

	if (options_init(&options, &command_repair, rows, NULL))
		return EXIT_FAILED;
	while ((opt = options_next(&options, argc, argv)) != OPTIONS_END) {
		if (opt == OPTIONS_ERROR)
			return options_usage_error(&options, options.error);
		if (opt == OPTIONS_HELP) {
			options_help(&options, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == 'w')
			repair.out = optarg;
		repair.keep_doubtful |= opt == OPT_DOUBTFUL;
		repair.quiet |= opt == 'q';
	}
	if (optind != argc - 1)
		return options_usage_error(&options, "name one file: ringside repair FILE -w OUT");
	if (!repair.out)
		return options_usage_error(&options, "-w OUT says where to write");
	repair.in = argv[optind];
	return repair_file(&repair);
}

const struct command command_repair = {
	.name = "repair",
	.usage = "[--keep-doubtful] FILE -w OUT",
	.help = "write a recording of all that can be saved of a damaged one\n\n"
		"FILE is not touched. OUT has the records of FILE that are whole, with their\n"
		"numbers; Lost records stand for those that are missing. It is compressed if FILE\n"
		"is. Where a hash says that some record is wrong but not which, all that it is\n"
		"over are left out. `ringside verify OUT` tells what is lost, and exits with 4.\n"
		"Exit status: 0 (also when nothing was damaged: OUT is a copy), 1 nothing could\n"
		"be saved, 2 usage.",
	.run = run,
};
