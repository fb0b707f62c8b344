/* SPDX-License-Identifier: Apache-2.0 */
/* ringside cat: prints recordings, or a stream as it comes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consumer/base/text-line.h"
#include "consumer/cli/command.h"
#include "consumer/commands/printer.h"
#include "consumer/commands/reversed-lines.h"
#include "consumer/files/being-written.h"
#include "consumer/files/boots.h"
#include "consumer/files/each-record.h"
#include "consumer/files/inputs.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

#define BOOT_DIGITS 4 /* of an id, or what is meant for one */

static const struct option_row rows[] = {
	{'o', "output", "FORMAT", OUTPUT_TEXT_OR},
	{'n', "lines", "COUNT", "stop after COUNT printed records; of pb, events"},
	{'c', "count", "COUNT", "the same"},
	{'r', "reverse", NULL, "newest first; with -n the last COUNT"},
	{'b', "boot", "[=BOOT]",
	 "of each host's latest boot, the one before (-1), the first (1); or this id"},
	PRINTER_OPTIONS,
	PRINTER_ONE_STREAM_OPTION,
	{},
};

struct cat {
	struct printer printer;
	uint64_t left; /* records to print before the end */
	bool reversed;
	struct reversed_lines lines;
	const char *boot; /* of -b; NULL: any */
	bool open;        /* the input at hand: no Footer since the last Header */
};

static void cat_done(struct cat *cat)
{
	printer_done(&cat->printer);
	reversed_done(&cat->lines);
}

/* "-b -1", as journalctl has it, and "-b ID". */
static bool is_boot(int opt, const char *word)
{
	size_t digits = strspn(word, "0123456789abcdefABCDEF-,");
	char *end;

	if (opt != 'b' || !*word)
		return false;
	(void)strtol(word, &end, 10);
	if (!*end || word[digits])
		return !*end;
	/* fewer digits may be a file's name, too */
	return digits == 32 || digits == 36 || (digits >= BOOT_DIGITS && access(word, F_OK) != 0);
}

static int take_option(void *data, int opt, const char *arg)
{
	struct cat *cat = data;

	if (opt == 'r') {
		cat->reversed = true;
		return 0;
	}
	if (opt == 'b') {
		cat->boot = arg ? arg + (*arg == '=') : "0";
		return 0;
	}
	if (opt != 'n' && opt != 'c')
		return printer_option(&cat->printer, opt, arg);
	if (options_number(arg, &cat->left))
		return options_not_count(&cat->printer.options, opt, arg, "records");
	printer_chooses(&cat->printer, 'n', arg); /* -c is the same */
	return 0;
}

/* What was printed of it goes to the lines. */
static int keep_record(struct cat *cat, int r)
{
	if (r && r != PRINTER_NOTHING)
		return r;
	r = writer_flush(cat->printer.writer);
	return r ? r : reversed_end_record(&cat->lines);
}

/* each_record_ops */
static int put_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct cat *cat = container_of(data, struct cat, printer);
	int r;

	cat->open = item->peek.kind != RINGSIDE__V1__RECORD__BODY_FOOTER;
	r = printer_put(&cat->printer, reader, item);
	if (cat->reversed)
		return keep_record(cat, r);
	if (r)
		return r == PRINTER_NOTHING ? 0 : r;
	if (cat->left == UINT64_MAX || !printer_counts(&cat->printer, item) || --cat->left)
		return 0;
	cat->left = printer_settle(&cat->printer); /* so many more are wanted */
	cat->printer.partly = !cat->left;
	return cat->left ? 0 : READER_END;
}

/* What was read is whole, but was there more to come? Said to people, and no failure: it may be a
 * part that somebody cut out. */
static void say_if_open(struct cat *cat, const struct reader *reader, const char *name)
{
	const Ringside__V1__Header *header = reader_latest_header(reader);

	if (!cat->open || (header && header->excerpt) || cat->printer.output.ops->binary ||
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
	.host = printer_host,
	.one_stream = printer_one_stream,
	.wants = printer_wants,
	.begin = printer_begin,
	.header = printer_header,
	.whole = printer_whole,
	.put = put_record,
	.pass = printer_pass,
	.complain = printer_complain,
	.error = printer_say_error,
	.unread = printer_say_unread,
	.end = end_input,
};

/* Behind all that was read. The exit status. */
static int print_reversed(struct cat *cat, int r)
{
	int status;

	if (r == -EFBIG && cat->lines.full) {
		(void)output_close(&cat->printer.output);
		return command_fail(&command_cat,
				    "-r keeps what it prints, and there is more than 64 MiB of it: "
				    "say -n COUNT for the last ones, or --since or another filter "
				    "for fewer");
	}
	if (cat->printer.output.hosts.n > 1)
		printer_say_hosts(&cat->printer, "-r");
	status = printer_close(&cat->printer, r);
	r = reversed_end_record(&cat->lines);
	if (!r)
		r = reversed_write(&cat->lines, STDOUT_FILENO);
	if (r && r != -EPIPE)
		return command_fail(&command_cat, "cannot write: %s", strerror(-r));
	return status;
}

static int begin_reversed(struct cat *cat)
{
	if (cat->printer.output.ops->binary)
		return options_usage_error(&cat->printer.options,
					   "-r is for text and JSON: a stream has an order");
	cat->lines.keep = cat->left;
	cat->left = UINT64_MAX;
	cat->printer.writer->take = reversed_take;
	cat->printer.output.folds =
		false; /* a row has the time of its first one, which comes last */
	cat->printer.writer->data = &cat->lines;
	return -1;
}

/* Tomorrow the latest boot may be another one. */
static void note_boots(struct cat *cat, const struct boots_chosen *boots)
{
	char text[EXCERPT_SIZE];
	struct line line = line_make(text, sizeof(text));

	for (size_t i = 0; i < boots->n; i++) {
		line_text(&line, i ? "," : "");
		line_safe(&line, boots->ids[i], FOLDER_BOOT);
	}
	(void)line_end(&line);
	printer_chooses(&cat->printer, 'b', boots->n ? text : cat->boot);
}

/* One id or several, as -o pb has them in its Headers. */
static int add_boots(struct filter *filter, const char *ids)
{
	size_t size = strcspn(ids, ",");
	char id[FOLDER_BOOT];
	int r = 0;

	while (!r) {
		if (size >= sizeof(id))
			return -EINVAL;
		memcpy(id, ids, size);
		id[size] = '\0';
		r = filter_add_boot(filter, id);
		if (!ids[size])
			break;
		ids += size + 1;
		size = strcspn(ids, ",");
	}
	return r;
}

static int fail_unknown_boots(const struct cat *cat, const struct boots_chosen *boots)
{
	char path[LINE_FILE], host[LINE_FILE], choice[LINE_FILE + 16];

	line_file(boots->path, path);
	(void)snprintf(choice, sizeof(choice), *boots->host ? "--host '!%s'" : "--host NAME",
		       line_file(boots->host, host));
	line_file(*boots->host ? boots->host : "a host without a name", host);
	if (boots->lacks_machine)
		return command_fail(
			&command_cat,
			"-b %.40s: two machines are named %s, and %s does not say of which "
			"it is: say a boot's id (`ringside cat --kind header -o json` has "
			"it), or a time (--since, --until)",
			cat->boot, host, path);
	return command_fail(
		&command_cat,
		"-b %.40s: %s has no boot ids in %s, so its boots cannot be counted: choose "
		"others (%s), or say a time (--since, --until)",
		cat->boot, host, path, choice);
}

/* What -b, which r says why, could not choose. The exit status. */
static int fail_boots(const struct cat *cat, const struct boots_chosen *boots, int r)
{
	const struct options *options = &cat->printer.options;

	if (r == -EINVAL)
		return options_usage_error(
			options,
			"-b %.40s: say 0 (the latest boot), -1, 1 or a boot's id, or its first 6 "
			"digits or more",
			cat->boot);
	if (r == -ESPIPE)
		return options_usage_error(options, "-b counts the boots of files: of a pipe, say "
						    "the boot's id");
	if (r == -ENOTUNIQ)
		return fail_unknown_boots(cat, boots);
	if (r == -ERANGE)
		return command_fail(&command_cat, "-b %.40s: %s %s", cat->boot,
				    boots->several     ? "no host has more than"
				    : boots->most == 1 ? "there is"
						       : "there are",
				    COUNTED(boots->most, "boot"));
	return printer_fail(&cat->printer, r);
}

/* -1: go on. */
static int choose_boot(struct cat *cat, char **paths, int n)
{
	_cleanup_free_ struct boots_chosen *boots = calloc(1, sizeof(*boots));
	char *end;
	const long nth = strtol(cat->boot, &end, 10);
	int r = boots ? 0 : -ENOMEM;

	if (!r && (*end || strlen(cat->boot) >= 32))
		r = add_boots(cat->printer.filter, cat->boot);
	else if (!r)
		r = boots_find(paths, n, nth, cat->printer.filter, boots);
	for (size_t i = 0; !r && i < boots->n; i++)
		r = filter_add_boot(cat->printer.filter, boots->ids[i]);
	if (r)
		return boots ? fail_boots(cat, boots, r) : printer_fail(&cat->printer, r);
	note_boots(cat, boots);
	return -1;
}

static int run(int argc, char **argv)
{
	_cleanup_(cat_done) struct cat cat = {.left = UINT64_MAX};
	struct printer *printer = &cat.printer;
	int r = printer_init(printer, &command_cat, rows, &filter_set);

	printer->options.is_value = is_boot;
	if (!r)
		r = options_parse(&printer->options, argc, argv, take_option, &cat);
	if (r < 0 && optind == argc && inputs_none())
		r = options_usage_error(&printer->options,
					"name a recording, or put a stream into it: "
					"sudo ringside-streamer | ringside cat");
	if (r < 0)
		r = printer_check(printer);
	if (r < 0 && cat.boot)
		r = choose_boot(&cat, argv + optind, argc - optind);
	if (r < 0 && printer_tell_misses(printer))
		r = EXIT_FAILED;
	if (r < 0 && !cat.left)
		r = EXIT_SUCCESS;
	if (r < 0 && cat.reversed)
		r = begin_reversed(&cat);
	if (r >= 0)
		return r;
	r = printer_open(printer);
	if (!cat.reversed)
		printer_share(printer);
	if (!r)
		r = each_record_in(argv + optind, argc - optind, printer->filter, &printing,
				   printer);
	return cat.reversed ? print_reversed(&cat, r) : printer_close(printer, r);
}

const struct command command_cat = {
	.name = "cat",
	.usage = "[FILTER...] [-o FORMAT] [-n COUNT] [-r] [-b[=BOOT]] [FILE|DIR|-]...",
	.help = "print recordings or a stream\n\n"
		"Reads the files, plain or compressed with zstd, the recordings of a folder, one\n"
		"boot of a host after the other in the order of time, or what comes on standard\n"
		"input, and prints one event a line. Without a FILE, and with nothing on standard\n"
		"input, it reads the folder /var/log/ringside. --since, --until and --kind read\n"
		"only the parts of a compressed recording that they need.\n"
		"  sudo ringside-streamer | ringside cat\n"
		"  ringside cat --since -1h -o json events.pb.zst | jq .message\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is printed), 2 "
		"usage.",
	.run = run,
};
