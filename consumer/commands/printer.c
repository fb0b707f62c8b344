/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/printer-internal.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/files/path-problem.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

int printer_init(struct printer *printer, const struct command *command,
		 const struct option_row *rows, const struct option_set *filters)
{
	int r;

	*printer = (struct printer){
		.options = {command, rows, filters},
		.output = {.ops = outputs[0]},
	};
	r = filter_new(&printer->filter);
	if (!r)
		r = writer_new(&printer->writer, STDOUT_FILENO);
	printer->output.writer = printer->writer;
	printer->output.terminal = isatty(STDOUT_FILENO);
	printer->output.columns = output_columns(STDOUT_FILENO);
	printer->output.color = output_wants_color(STDOUT_FILENO);
	printer->output.folds = printer->output.terminal;
	printer->output.rewrites = output_can_rewrite(STDOUT_FILENO);
	return r ? printer_fail(printer, r) : 0;
}

void printer_done(struct printer *printer)
{
	printer->threads = output_threads_free(printer->threads);
	printer->filter = filter_free(printer->filter);
	printer->grep = grep_free(printer->grep);
	printer->writer = writer_free(printer->writer);
	free(printer->complete);
	free(printer->source.header);
	flawed_streams_done(&printer->source.flawed);
	whole_streams_done(&printer->source.streams);
	field_list_done(&printer->fields);
}

int printer_open(struct printer *printer)
{
	printer_say_zone(printer);
	printer_say_to_come(printer);
	printer->output.every = filter_names_kinds(printer->filter);
	printer->output.rows_only = filter_hides_counters(printer->filter);
	printer->output.folds = printer->output.folds && !printer->output.verbose;
	if (printer->output.ops->raw)
		filter_show_self_tests(printer->filter);
	printer->output.fields = &printer->fields;
	if (printer->fields.n)
		printer->output.ops = output_of_fields(printer->output.ops);
	return output_open(&printer->output);
}

/* Something else stands behind it. */
static void end_lines(struct printer *printer)
{
	printer_wait(printer);
	output_settle(&printer->output, true);
	(void)writer_flush(printer->writer);
}

int printer_close(struct printer *printer, int r)
{
	int closed;

	printer_wait(printer);
	if (!r)
		r = printer_tell_flaws(printer);
	else if (r > 0)
		(void)whole_streams_judge(&printer->source.streams, NULL, NULL);
	if (r >= 0 && !printer->awaits &&
	    (printer->source.streams.lacking || printer->source.streams.unclosed.n)) {
		end_lines(printer);
		printer_say_missing(printer);
	}
	closed = output_close(&printer->output);
	r = r < 0 ? r : closed;
	if (r < 0 && r != -EPIPE) /* EPIPE: who reads has seen enough */
		return command_fail(printer->options.command, "cannot write: %s", strerror(-r));
	r = r ? EXIT_SUCCESS : printer_say_misses(printer);
	return printer->failed ? EXIT_FAILED : r;
}

/* What stands on the terminal was broken for another width. */
static void take_width(struct printer *printer)
{
	const size_t columns = printer->output.columns ? output_columns(STDOUT_FILENO) : 0;

	if (!columns || columns == printer->output.columns)
		return;
	output_settle(&printer->output, true);
	printer->output.columns = columns;
}

int printer_flush(struct printer *printer)
{
	printer_wait(printer);
	take_width(printer);
	output_settle(&printer->output, false);
	return writer_flush(printer->writer);
}

static void flush_writer(void *data)
{
	(void)printer_flush(data);
}

void printer_begin(void *data, struct reader *reader, const char *name)
{
	struct printer *printer = data;

	printer->said = false;
	excerpt_flaws_reset(&printer->source.flaws);
	printer->source.excerpt = false;
	printer->source.records = printer->source.events = 0;
	printer->alone = 0;
	printer->orphan = printer->put_orphan = 0;
	printer->put = (struct derived_put){0}; /* its reader may lie where the last one did */
	problem_init(&printer->problem, name);
	reader_set_raw(reader, true);
	input_on_idle(reader_input(reader), flush_writer, printer);
	if (progress_fits(STDOUT_FILENO))
		progress_begin(&printer->progress, name, reader_fd(reader));
}

void printer_pass(void *data, const struct reader *reader)
{
	struct printer *printer = data;

	progress_show(&printer->progress, input_position(reader_input(reader)));
}

/* The filters, and what they do not know. */
static int match_record(const struct printer *printer, struct reader *reader,
			struct reader_record *item)
{
	int r = filter_record(printer->filter, reader, item);

	if (r != 1 || !printer->grep)
		return r;
	r = reader_unpack(reader, item);
	return r ? r : grep_matches(printer->grep, item->record, reader_header(reader));
}

int printer_wants(const void *data, struct reader *reader, struct reader_record *item)
{
	const struct printer *printer = data;

	if (!output_prints(&printer->output, item->peek.kind))
		return 0;
	return match_record(printer, reader, item);
}

bool printer_one_stream(const void *data)
{
	const struct printer *printer = data;

	return printer->one_stream;
}

void printer_host(void *data, const char *name)
{
	struct printer *printer = data;

	if (filter_wants_host(printer->filter, name))
		(void)hosts_add(&printer->output.hosts, name);
}

/* What was not known before: lines looked otherwise so far. */
static void meet_host(struct printer *printer, const Ringside__V1__Header *header)
{
	const char *name = header->host_name;
	char safe[LINE_FILE];

	if (!filter_wants_host(printer->filter, name))
		return;
	printer_wait(printer);
	/* whose first line has this already */
	if (header->has_excerpt_hosts && header->excerpt_hosts > 1)
		printer->output.hosts.several = true;
	if (!hosts_add(&printer->output.hosts, name) || printer->output.ops != &output_text)
		return;
	(void)writer_flush(printer->writer);
	(void)command_fail(printer->options.command,
			   "a second host, %s: from here on each line says whose it is",
			   line_file(name ? name : "-", safe));
}

/* Whose the records are is not known any more, or is again. Those that nobody knows the host of are
 * not to pass for another's. */
static void meet_orphans(struct printer *printer, unsigned orphan)
{
	printer_wait(printer);
	output_settle(&printer->output, true);
	printer->orphan = orphan;
	if (!orphan || !filter_host_wanted(printer->filter, NULL))
		return;
	(void)hosts_add(&printer->output.hosts, NULL);
	printer->output.hosts.several = true;
}

/* 0, READER_DAMAGED or -errno. */
static int put_whole(struct printer *printer, struct reader *reader, struct reader_record *item)
{
	const struct output_ops *ops = printer->output.ops;
	int r = ops->binary ? 0 : reader_unpack(reader, item);

	printer->output.cache = reader_memo(reader);
	if (r)
		return r;
	if (ops->raw)
		return printer_put_raw(printer, reader, item);
	return output_put(&printer->output, item->record, item->frame, item->size);
}

/* Of a stream that is wanted, or some of it, the Header is wanted whatever else is. */
static bool needs_header(const struct printer *printer, const struct reader_record *item)
{
	return printer->output.ops->raw && item->header &&
	       filter_wants_host(printer->filter, item->record->header->host_name);
}

static void see_event(struct printer_source *source, const struct reader_record *item)
{
	source->records++;
	source->events += body_kind_is_event(item->peek.kind);
}

int printer_put(struct printer *printer, struct reader *reader, struct reader_record *item)
{
	struct output *output = &printer->output;
	int match, r = 0;

	if (printer->source.excerpt)
		see_event(&printer->source, item);
	if (item->orphan != printer->orphan)
		meet_orphans(printer, item->orphan);
	if (item->peek.kind == RINGSIDE__V1__RECORD__BODY_COUNTERS && !printer->grep &&
	    printer_has_rows(printer, reader_header(reader)))
		r = printer_put_rows(printer, reader, item);
	match = r ? r : match_record(printer, reader, item);
	if (match > 1)
		return match;
	if (output->ops->raw)
		printer_see_flaws(printer, reader, item, match);
	printer_note(printer, reader, item, match);
	if (item->header)
		meet_host(printer, item->record->header);
	if (!match && !needs_header(printer, item))
		return PRINTER_NOTHING;
	if (!item->header && !output_prints(output, item->peek.kind))
		return PRINTER_NOTHING;
	r = output->ops->raw ? printer_put_stream(printer, reader, item) : 0;
	if (r)
		return r;
	if (printer_is_shared(printer, reader, item))
		return output_threads_put(printer->threads, item->frame, item->size,
					  &(struct output_source){item->offset, item->size,
								  item->derived->parts});
	output->header = reader_header(reader);
	r = put_whole(printer, reader, item);
	if (!r && (!match || !output_prints(output, item->peek.kind)))
		return PRINTER_NOTHING;
	return r;
}

bool printer_counts(const struct printer *printer, const struct reader_record *item)
{
	return !printer->output.ops->raw || output_prints_events(&printer->output, item->peek.kind);
}

void printer_complain(void *data, const char *problem)
{
	struct printer *printer = data;

	end_lines(printer);
	printer->source.found |= EXCERPT_DAMAGED;
	printer_say(printer, problem);
}

/* To who reads an excerpt. */
static void say_flaws(struct printer *printer, const char *name)
{
	char flaws[EXCERPT_FLAWS], text[EXCERPT_FLAWS + 96];

	if (!printer->source.flaws.found)
		return;
	end_lines(printer);
	(void)snprintf(text, sizeof(text),
		       "an excerpt of a recording that %s: something may be missing in it",
		       excerpt_flaws_text(&printer->source.flaws, flaws));
	(void)command_fail_on(printer->options.command, name, text);
}

static bool has_shown_rows(const struct printer *printer)
{
	bool any = false;

	for (unsigned i = 0; i < KINDS_COUNT; i++)
		any |= printer->rows_shown[i] > 0;
	return any;
}

/* Nothing is shown of it, and nothing was asked for that it lacks. */
static void say_no_event(struct printer *printer, const struct reader *reader, const char *name)
{
	const struct printer_source *source = &printer->source;
	const Ringside__V1__Header *header = reader_header(reader);
	char text[EXCERPT_SIZE];
	struct line line = line_make(text, sizeof(text));

	if (!header || !text_has(header->excerpt) || !source->records || source->events ||
	    printer->partly || printer->output.ops->binary || printer->output.all ||
	    printer->pattern || !filter_is_empty(printer->filter) || has_shown_rows(printer))
		return;
	line_text(&line, "no event is in this excerpt (");
	line_safe(&line, header->excerpt, EXCERPT_SIZE / 2);
	line_text(&line, ")");
	(void)line_end(&line);
	end_lines(printer);
	(void)command_fail_on(printer->options.command, name, text);
}

void printer_end(void *data, const struct reader *reader, const char *name, int answer)
{
	struct printer *printer = data;
	char safe[LINE_FILE];

	printer_wait(printer);
	progress_end(&printer->progress);
	say_no_event(printer, reader, name);
	say_flaws(printer, name);
	if (!reader_unknown(reader) || printer->output.ops->binary)
		return;
	end_lines(printer);
	(void)command_fail(printer->options.command,
			   "%s: %s of kinds that only a newer version knows (-o pb keeps them)",
			   line_file(name, safe), COUNTED(reader_unknown(reader), "record"));
}

void printer_say_error(void *data, const char *name, int error)
{
	struct printer *printer = data;
	char why[PATH_PROBLEM];

	end_lines(printer);
	printer->failed |= error != 0;
	printer->source.found |= error ? EXCERPT_UNREAD : 0;
	if (error)
		(void)command_fail_on(printer->options.command, name,
				      path_problem(name, error, why));
	else
		(void)command_fail(printer->options.command, "%s", name);
}

void printer_say_unread(void *data, const char *path, const char *why)
{
	struct printer *printer = data;

	end_lines(printer);
	printer->failed = true;
	printer->source.found |= EXCERPT_UNREAD;
	(void)command_fail_on(printer->options.command, path, why);
}
