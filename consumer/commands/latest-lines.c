/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/latest-lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/commands/tail.h"
#include "proto/base/util.h"

#define LINE_MAX_BYTES (256u * 1024) /* a longer one is left out */
#define EVENTS "oom,seccomp,signal"

static const struct option_row no_rows[] = {{}};

static void keep_line(struct latest_lines *lines, char *line)
{
	if (lines->n == LATEST_LINES_MAX) {
		free(lines->all[0]);
		lines->n--;
		memmove(lines->all, lines->all + 1, lines->n * sizeof(lines->all[0]));
	}
	lines->all[lines->n++] = line;
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

static const struct each_record_ops collecting = {
	.begin = printer_begin,
	.put = tail_put,
	.complain = say_nothing,
	.error = say_no_error,
	.end = end_input,
};

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
	_cleanup_(tail_done) struct tail tail = {.lines = n, .rotation.watch.fd = -1};
	struct printer *printer = &tail.printer;
	int r = printer_init(printer, command, no_rows, &filter_set);

	if (r)
		return -ENOMEM;
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
		r = tail_print(&tail, &collecting);
	(void)output_close(&printer->output);
	return r;
}

void latest_lines_done(struct latest_lines *lines)
{
	while (lines->n)
		free(lines->all[--lines->n]);
	free(lines->rest);
}
