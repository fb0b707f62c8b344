/* SPDX-License-Identifier: Apache-2.0 */
/* ringside repair: a recording of all that can be saved of a damaged one. */
#include <string.h>

#include "consumer/base/json-page.h"
#include "consumer/base/text-line.h"
#include "consumer/cli/command.h"
#include "consumer/cli/options.h"
#include "consumer/cli/progress.h"
#include "consumer/files/inputs.h"
#include "consumer/repair/repair.h"
#include "consumer/verdict/verdict-json.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

static const struct option_row rows[] = {
	{'w', "write", "OUT", "the file to write; it must not exist"},
	{'o', "output", "FORMAT", "text (default) or json: what was saved, as an object"},
	{'q', "quiet", NULL, "print nothing but errors"},
	{},
};

struct settings {
	const struct options *options;
	bool json;
	const char *out;
	bool quiet;
	struct repair_config config;
};

static void begin_progress(void *data, const char *path, struct damaged_reader *damaged)
{
	progress_end(data);
	progress_begin(data, path, damaged_reader_fd(damaged));
	damaged_reader_on_progress(damaged, progress_show, data);
}

static void print_report(const char *in, const char *out, const struct repair_report *report)
{
	char safe[LINE_FILE];

	(void)printf("%s: %s of %s saved", line_file(in, safe), COUNT(report->mend.saved),
		     COUNTED(report->readable, "readable record"));
	if (report->mend.lost)
		(void)printf(", %s lost", COUNT(report->mend.lost));
	if (report->mend.lost_unknown)
		(void)printf(", %san unknown number lost", report->mend.lost ? "and " : "");
	(void)printf("%s\n%s: %s\n", report->mend.header_made ? ", with a Header made anew" : "",
		     line_file(out, safe), report->verdict);
}

/* Returns the exit status. */
static int print_json(const char *in, const char *out, const struct repair_report *report)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	struct json_page page;
	int r = writer_new(&writer, STDOUT_FILENO);

	if (r)
		return command_fail(&command_repair, "%s", strerror(-r));
	page = json_begin_page(writer);
	json_add_text(&page, "input", in);
	json_add_text(&page, "output", out);
	json_add_uint(&page, "readable_records", report->readable);
	json_add_uint(&page, "saved_records", report->mend.saved);
	json_add_uint(&page, "lost_records", report->mend.lost);
	json_add_bool(&page, "lost_unknown", report->mend.lost_unknown);
	json_add_bool(&page, "header_made", report->mend.header_made);
	json_add_text(&page, "verdict", verdict_json_verdict((int)report->status));
	json_add_text(&page, "message", report->verdict);
	json_end_page(&page);
	r = writer_flush(writer);
	if (r && r != -EPIPE)
		return command_fail(&command_repair, "cannot write: %s", strerror(-r));
	return EXIT_SUCCESS;
}

/* Returns the exit status. */
static int repair_file(const char *in, const struct settings *settings)
{
	struct progress progress = {0};
	struct repair_config config = settings->config;
	char error[REPAIR_ERROR_SIZE];
	struct repair_report report;
	int r;

	config.begin = begin_progress;
	config.data = &progress;
	r = repair(in, settings->out, &config, &report, error);
	progress_end(&progress);
	if (r)
		return command_fail(&command_repair, "%s", error);
	if (!settings->quiet && settings->json)
		return print_json(in, settings->out, &report);
	if (!settings->quiet)
		print_report(in, settings->out, &report);
	return EXIT_SUCCESS;
}

static int take_option(void *data, int opt, const char *arg)
{
	struct settings *settings = data;

	if (opt == 'o')
		return options_json(settings->options, arg, &settings->json);
	if (opt == 'w')
		settings->out = arg;
	else
		settings->quiet = true;
	return 0;
}

static int run(int argc, char **argv)
{
	struct options options = {.command = &command_repair, .own = rows};
	struct settings settings = {.options = &options};
	int r = options_parse(&options, argc, argv, take_option, &settings);

	if (r >= 0)
		return r;
	if (optind != argc - 1)
		return options_usage_error(&options, "name one file: ringside repair FILE -w OUT");
	if (inputs_is_folder(argv[optind]))
		return options_usage_error(&options, "that is a folder: name one file of it; "
						     "`ringside verify` says which are damaged");
	if (!settings.out)
		return options_usage_error(&options, "-w OUT says where to write");
	return repair_file(argv[optind], &settings);
}

const struct command command_repair = {
	.name = "repair",
	.usage = "[-o json] FILE -w OUT",
	.help = "write a recording of all that can be saved of a damaged one\n\n"
		"FILE is not touched. OUT has the records of FILE that are whole, with their\n"
		"numbers; Lost records stand for those that are missing. It is compressed if FILE\n"
		"is. Where a hash says that some record is wrong but not which, all that it is\n"
		"over are left out. `ringside verify OUT` tells what is lost, and exits with 4.\n"
		"Exit status: 0 (also when nothing was damaged: OUT is a copy), 1 nothing could\n"
		"be saved, 2 usage.",
	.run = run,
};
