/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/latest-lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/commands/tail.h"
#include "consumer/files/each-record.h"
#include "consumer/files/folder.h"
#include "consumer/files/inputs.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define LINE_MAX_BYTES (256u * 1024) /* a longer one is left out */
#define EVENTS "oom,seccomp,signal"

static const struct option_row no_rows[] = {{}};

static void keep_line(struct latest_lines *lines, char *line)
{
	if (lines->n == lines->wanted) {
		free(lines->all[0]);
		lines->n--;
		memmove(lines->all, lines->all + 1, lines->n * sizeof(lines->all[0]));
		memmove(lines->nanos, lines->nanos + 1, lines->n * sizeof(lines->nanos[0]));
	}
	lines->nanos[lines->n] = UINT64_MAX;
	lines->all[lines->n++] = line;
}

/* The last line is of this time: it stands behind those that are not later. */
static void sort_in(struct latest_lines *lines, uint64_t nano)
{
	unsigned at = lines->n - 1;
	char *line = lines->all[at];

	for (; at && lines->nanos[at - 1] > nano; at--) {
		lines->all[at] = lines->all[at - 1];
		lines->nanos[at] = lines->nanos[at - 1];
	}
	lines->all[at] = line;
	lines->nanos[at] = nano;
}

/* Of struct writer: what was printed, cut into lines. */
static int take_bytes(void *data, const uint8_t *buf, size_t size)
{
	struct latest_lines *lines = data;
	const char *rest, *end;
	char *grown;

	if (lines->size + size > LINE_MAX_BYTES)
		return -E2BIG;
	grown = realloc(lines->rest, lines->size + size + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + lines->size, buf, size);
	grown[lines->size + size] = '\0';
	lines->rest = grown;
	lines->size += size;
	for (rest = grown; (end = strchr(rest, '\n')); rest = end + 1) {
		char *line = strndup(rest, (size_t)(end - rest));

		if (!line)
			return -ENOMEM;
		keep_line(lines, line);
	}
	lines->size = strlen(rest);
	memmove(grown, rest, lines->size + 1);
	return 0;
}

/* each_record_ops: who reads the sums has said what is wrong. */
static void say_nothing(void *data, const char *problem)
{
}

static void say_no_error(void *data, const char *name, int error)
{
}

static void end_input(void *data, const struct reader *reader, const char *name, int answer)
{
}

/* What was lost or held back is no event: the sums tell it. */
static bool is_left_out(const struct reader_record *item)
{
	return !item->header && !body_kind_is_event(item->peek.kind);
}

static int put_event(void *data, struct reader *reader, struct reader_record *item)
{
	return is_left_out(item) ? 0 : tail_put(data, reader, item);
}

static const struct each_record_ops collecting = {
	.begin = printer_begin,
	.put = put_event,
	.complain = say_nothing,
	.error = say_no_error,
	.end = end_input,
};

/* As put of each_record_ops: what is later than what is kept takes its place. */
static int put_by_time(void *data, struct reader *reader, struct reader_record *item)
{
	struct printer *printer = data;
	struct latest_lines *lines = printer->writer->data;
	const uint64_t nano = item->peek.time_unix_nano;
	const bool wanted = printer_wants(printer, reader, item) == 1;
	int r;

	if (is_left_out(item))
		return 0;
	if (!item->header && (!wanted || (lines->n == lines->wanted && lines->nanos[0] > nano)))
		return 0;
	r = printer_put(printer, reader, item);
	if (!r && wanted)
		r = printer_flush(printer);
	if (!r && wanted && lines->n)
		sort_in(lines, nano);
	return r == PRINTER_NOTHING ? 0 : r;
}

static const struct each_record_ops sorting = {
	.begin = printer_begin,
	.put = put_by_time,
	.complain = say_nothing,
	.error = say_no_error,
	.end = end_input,
};

/* Streams come one behind the other in it, as they were named. */
static bool is_excerpt(const char *path)
{
	struct folder_id id;

	return !inputs_is_folder(path) && folder_identify(path, &id) == 0 && id.excerpt;
}

static int read_lines(struct tail *tail)
{
	char *path = (char *)(uintptr_t)tail->rotation.path;

	return is_excerpt(path) ? each_record_in(&path, 1, NULL, &sorting, &tail->printer)
				: tail_print(tail, &collecting);
}

/* 0 or -errno. */
static int want_events(struct filter *filter)
{
	const struct option_row *row = filter_options;
	char error[128];

	while (strcmp(row->name, "kind") != 0)
		row++;
	return filter_option(filter, row->opt, EVENTS, error, sizeof(error));
}

int latest_lines_read(struct latest_lines *ret, const struct command *command, const char *path,
		      unsigned n, bool json)
{
	_cleanup_(tail_done) struct tail tail = {
		.lines = n,
		.events_only = true,
		.rotation.watch.fd = -1,
	};
	struct printer *printer = &tail.printer;
	int r = printer_init(printer, command, no_rows, &filter_set);

	if (r)
		return -ENOMEM;
	ret->wanted = n;
	tail.rotation.path = path;
	tail.rotation.brief = true; /* it is asked again and again */
	printer->output.ops = output_find(json ? "json" : "text");
	/* no advice under a line, which stays one, as it is first written */
	printer->output.terminal = printer->output.folds = printer->output.rewrites = false;
	printer->output.columns = 0;
	printer->writer->take = take_bytes;
	printer->writer->data = ret;
	if (json)
		r = want_events(printer->filter);
	if (!r)
		r = printer_open(printer);
	if (!r)
		r = read_lines(&tail);
	(void)output_close(&printer->output);
	return r;
}

void latest_lines_done(struct latest_lines *lines)
{
	while (lines->n)
		free(lines->all[--lines->n]);
	free(lines->rest);
}
