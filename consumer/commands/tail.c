/* SPDX-License-Identifier: Apache-2.0 */
/* ringside tail: the last records of a recording, and those that are being written. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/cli/remote.h"
#include "consumer/commands/tail.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define LINES_DEFAULT 10

static const struct option_row rows[] = {
	{'n', "lines", "COUNT|all", "the last COUNT records; default 10"},
	{'c', "count", "COUNT", "end after COUNT printed records"},
	{'f', "follow", NULL, "go on with what is being written"},
	{'o', "output", "FORMAT", OUTPUT_TEXT_OR},
	PRINTER_OPTIONS,
	PRINTER_ONE_STREAM_OPTION,
	{},
};

void tail_done(struct tail *tail)
{
	rotation_done(&tail->rotation);
	record_memory_done(&tail->memory);
	printer_done(&tail->printer);
}

static int parse_lines(const char *arg, uint64_t *ret)
{
	if (strcmp(arg, "all") != 0)
		return options_number(arg, ret);
	*ret = UINT64_MAX;
	return 0;
}

static int parse_count(struct tail *tail, const char *arg)
{
	if (!options_number(arg, &tail->left) && tail->left) {
		printer_chooses(&tail->printer, 'c', arg);
		return 0;
	}
	return options_not_count(&tail->printer.options, 'c', arg, "records");
}

static int take_option(void *data, int opt, const char *arg)
{
	struct tail *tail = data;

	if (opt == 'f')
		tail->rotation.following = true;
	else if (opt == 'c')
		return parse_count(tail, arg);
	else if (opt != 'n')
		return printer_option(&tail->printer, opt, arg);
	else if (parse_lines(arg, &tail->lines))
		return options_not_count(&tail->printer.options, opt, arg, "records");
	return 0;
}

/* All but those that a raw output is of. */
static void choose_lines(struct tail *tail)
{
	char text[32];

	if (tail->lines == UINT64_MAX)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64, tail->lines);
	printer_chooses(&tail->printer, 'n', text);
}

/* -1: go on; else the exit status. */
static int parse_options(struct tail *tail, int argc, char **argv)
{
	const struct options *options = &tail->printer.options;
	int r = options_parse(&tail->printer.options, argc, argv, take_option, tail);

	if (r < 0)
		r = printer_check(&tail->printer);
	if (r >= 0)
		return r;
	choose_lines(tail);
	tail->rotation.path = optind < argc ? argv[optind] : folder_folder();
	if (argc - optind > 1)
		return options_usage_error(
			options,
			"one file or folder at a time, and not %.64s, too: `ringside cat` "
			"reads several; a tail -f for each follows them",
			argv[optind + 1]);
	if (!strcmp(tail->rotation.path, "-"))
		return options_usage_error(options,
					   "name a file or a folder; `ringside cat` reads pipes");
	return -1;
}

/* last_records_wants_fn */
static bool wants_record(void *data, struct reader *reader, struct reader_record *item)
{
	const struct tail *tail = container_of(data, struct tail, printer);

	if (tail->events_only && !body_kind_is_event(item->peek.kind))
		return false;
	return printer_wants(data, reader, item) == 1 && printer_counts(data, item);
}

/* Where the last lines begin in each file, from the last one on; *ret_first is the first file that
 * has some. 0 or -ENOMEM. */
static int find_first(struct tail *tail, const struct folder *list, struct last_records **ret,
		      size_t *ret_first)
{
	struct last_records *lasts = calloc(list->n + 1, sizeof(*lasts));
	uint64_t left = tail->lines;
	size_t i = list->n;

	if (!lasts)
		return -ENOMEM;
	while (i && (left || i == list->n)) {
		i--;
		/* what else cannot be read is said when its turn comes */
		if (last_records_find(list->all[i].path, wants_record, &tail->printer, left,
				      &lasts[i]) == -ENOMEM) {
			free(lasts);
			return -ENOMEM;
		}
		left -= left == UINT64_MAX ? 0 : lasts[i].n;
	}
	tail->printer.partly = !left;
	*ret = lasts;
	*ret_first = i;
	return 0;
}

/* rotation_ops */
static int plan_starts(void *data, const struct folder *list, struct rotation_start *starts,
		       size_t *ret_n)
{
	_cleanup_free_ struct last_records *lasts = NULL;
	struct tail *tail = container_of(data, struct tail, printer);
	size_t first = 0;
	int r = find_first(tail, list, &lasts, &first);

	/* also those that none of the lines is of */
	for (size_t i = 0; !r && i < list->n; i++)
		if (list->all[i].known)
			printer_host(data, list->all[i].id.host_name);
	if (!r && tail->lines && tail->printer.partly && !tail->rotation.following &&
	    !tail->rotation.brief && tail->printer.output.hosts.n > 1)
		printer_say_hosts(&tail->printer, tail->rotation.path);
	for (size_t i = first; !r && i < list->n; i++)
		starts[(*ret_n)++] = (struct rotation_start){.file = i, .last = lasts[i]};
	return r;
}

static int find_last(void *data, const char *path, struct last_records *ret)
{
	struct tail *tail = container_of(data, struct tail, printer);
	int r = last_records_find(path, wants_record, data, tail->lines, ret);

	tail->printer.partly = !r && ret->n == tail->lines;
	return r;
}

static int find_end(void *data, const char *path, struct last_records *ret)
{
	return last_records_find(path, wants_record, data, 0, ret);
}

static const struct rotation_ops trail_lines = {
	.plan = plan_starts,
	.single = find_last,
	.end = find_end,
};

int tail_put(void *data, struct reader *reader, struct reader_record *item)
{
	struct tail *tail = container_of(data, struct tail, printer);
	int r = printer_put(data, reader, item);

	if (r || !printer_counts(&tail->printer, item))
		return r == PRINTER_NOTHING ? 0 : r;
	/* enough was seen, as when nobody reads any more */
	return --tail->left ? 0 : -EPIPE;
}

/* A raw output needs the Header all the same. */
static int skip_record(void *data, struct reader *reader, struct reader_record *item)
{
	const struct printer *printer = data;

	return item->header && printer->output.ops->raw ? tail_put(data, reader, item) : 0;
}

static const struct each_record_ops printing = {
	.begin = printer_begin,
	.header = printer_header,
	.put = tail_put,
	.complain = printer_complain,
	.error = printer_say_error,
	.unread = printer_say_unread,
	.end = printer_end,
};

int tail_print(struct tail *tail, const struct each_record_ops *ops)
{
	int r;

	tail->rotation.ops = &trail_lines;
	tail->rotation.waits = true;
	tail->rotation.out = STDOUT_FILENO;
	tail->rotation.follow.ops = ops;
	tail->rotation.follow.wants = wants_record;
	tail->rotation.follow.skip = skip_record;
	tail->rotation.follow.strict = tail->printer.output.ops->raw;
	tail->rotation.follow.data = &tail->printer;
	tail->rotation.follow.memory = &tail->memory;
	tail->memory.sides.one = tail->printer.one_stream;
	record_memory_choose(&tail->memory, tail->printer.filter);
	tail->memory.whole = printer_whole(&tail->printer);
	tail->printer.source.streams.ends_only = tail->lines != UINT64_MAX;
	r = rotation_start(&tail->rotation);
	if (rotation_goes_on(&tail->rotation))
		rotation_look_awaited(&tail->rotation);

	while (!r && rotation_goes_on(&tail->rotation)) {
		r = rotation_read(&tail->rotation);
		if (!r)
			r = printer_flush(&tail->printer);
		/* what is followed may have no end at which to tell */
		if (!r && rotation_goes_on(&tail->rotation))
			printer_say_misses_so_far(&tail->printer);
		if (!r && rotation_goes_on(&tail->rotation))
			rotation_tell_awaited(&tail->rotation);
		if (!r && rotation_goes_on(&tail->rotation))
			r = watch_wait(&tail->rotation.watch, STDOUT_FILENO);
	}
	return r;
}

static int run(int argc, char **argv)
{
	_cleanup_(tail_done) struct tail tail = {
		.lines = LINES_DEFAULT,
		.rotation.watch.fd = -1,
	};
	int r = printer_init(&tail.printer, &command_tail, rows, &filter_set);

	if (!r)
		r = parse_options(&tail, argc, argv);
	if (r >= 0)
		return r;
	if (tail.lines && printer_tell_misses(&tail.printer))
		return EXIT_FAILED;
	tail.printer.awaits = tail.rotation.following;
	tail.printer.tells_part = true; /* most of it is never read */
	if (tail.rotation.following)
		printer_say_short_id(&tail.printer);
	r = printer_open(&tail.printer);
	if (!r)
		r = remote_is(tail.rotation.path) ? tail_print_remote(&tail, &printing)
						  : tail_print(&tail, &printing);
	return printer_close(&tail.printer, r);
}

const struct command command_tail = {
	.name = "tail",
	.usage = "[-n COUNT] [-f] [-c COUNT] [FILTER...] [-o FORMAT] [FILE|DIR]",
	.help = "print the last records, and with -f those being written\n\n"
		"Without FILE or DIR: the folder /var/log/ringside. With -f a folder is followed "
		"for good,\n"
		"through all files that appear in it; a file through its rotation, until its "
		"stream is\n"
		"closed. What is not there yet is waited for.\n"
		"  ringside tail -f --kind oom\n"
		"  ringside tail -n 100 -o json events.pb.zst | jq .message\n"
		"Exit status: 0, 1 when an input was not whole (what could be read is printed), 2 "
		"usage.",
	.run = run,
};
