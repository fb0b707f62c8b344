/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/printer.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-zone.h"
#include "consumer/cli/habits.h"
#include "consumer/files/path-problem.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"
#include "proto/base/cpus.h"
#include "proto/base/util.h"
#include "proto/record/frame.h"

/* Formatted without threads: of small files, and of those that are read for a few records. */
#define SHARE_FROM (2u * 1024 * 1024)

int printer_fail(const struct printer *printer, int error)
{
	return command_fail(printer->options.command, "%s", strerror(-error));
}

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
	field_list_done(&printer->fields);
}

static int choose_output(struct printer *printer, const char *arg)
{
	const struct output_ops *ops = output_find(arg);

	/* journalctl has the styles of times in its outputs */
	if (!ops && time_style_find(arg) >= 0)
		return options_usage_error(&printer->options,
					   "no output %.32s: did you mean --time %.32s?", arg, arg);
	if (!ops && habit_output(arg))
		return options_usage_error(&printer->options, "no output %.32s: did you mean %s?",
					   arg, habit_output(arg));
	if (!ops)
		return options_usage_error(&printer->options, "no output %.32s: " OUTPUT_NAMES,
					   arg);
	printer->output.ops = ops;
	return 0;
}

static int choose_style(struct printer *printer, const char *arg)
{
	int style = time_style_find(arg);

	if (style < 0)
		return options_usage_error(&printer->options,
					   "no style of times %.32s: " TIME_STAMP_STYLES, arg);
	printer->output.time = (enum time_style)style;
	printer->output.time_chosen = true;
	return 0;
}

/* As journalctl takes them. */
static int choose_case(struct printer *printer, const char *arg)
{
	static const char *const words[2][5] = {{"no", "false", "0", "off", NULL},
						{"yes", "true", "1", "on", NULL}};

	for (int on = 0; arg && on < 2; on++)
		for (size_t i = 0; words[on][i]; i++)
			if (!strcmp(arg, words[on][i])) {
				printer->sensitivity = on ? GREP_SENSITIVE : GREP_INSENSITIVE;
				return 0;
			}
	if (arg)
		return options_usage_error(&printer->options,
					   "--case-sensitive=%.32s: say yes or no", arg);
	printer->sensitivity = GREP_SENSITIVE;
	return 0;
}

void printer_chooses(struct printer *printer, int opt, const char *arg)
{
	excerpt_take(&printer->excerpt, &printer->options, opt, arg);
}

static int take_filter(struct printer *printer, int opt, const char *arg)
{
	char error[256];
	int r = filter_option(printer->filter, opt, arg, error, sizeof(error));

	if (r == -ENOMEM)
		return printer_fail(printer, r);
	if (!r)
		printer_chooses(printer, opt, arg);
	return r ? options_usage_error(&printer->options, "%s", error) : 0;
}

int printer_option(struct printer *printer, int opt, const char *arg)
{
	char error[256];
	int r;

	switch (opt) {
	case 'o':
		return choose_output(printer, arg);
	case 'v':
		printer->output.verbose = true;
		return 0;
	case PRINTER_FIELDS:
		r = field_list_parse(&printer->fields, arg, error, sizeof(error));
		if (r == -ENOMEM)
			return printer_fail(printer, r);
		return r ? options_usage_error(&printer->options, "%s", error) : 0;
	case PRINTER_ALL:
		printer->output.all = true;
		return 0;
	case PRINTER_UTC:
		printer->output.utc = printer->output.time_chosen = true;
		return 0;
	case PRINTER_TIME:
		return choose_style(printer, arg);
	case PRINTER_COLOR:
		return options_when(&printer->options, "--color", arg,
				    output_wants_color(STDOUT_FILENO), &printer->output.color);
	case PRINTER_FOLD:
		return options_when(&printer->options, "--fold", arg, printer->output.terminal,
				    &printer->output.folds);
	case PRINTER_ONE_STREAM:
		printer->one_stream = true;
		printer_chooses(printer, opt, NULL);
		return 0;
	case PRINTER_FORCE:
		printer->force = true;
		return 0;
	case 'g':
		printer->pattern = arg;
		printer_chooses(printer, opt, arg);
		return 0;
	case PRINTER_CASE:
		return choose_case(printer, arg);
	default:
		return take_filter(printer, opt, arg);
	}
}

static int compile_pattern(struct printer *printer)
{
	char error[256];
	int r = grep_new(&printer->grep, printer->pattern, printer->sensitivity, error,
			 sizeof(error));

	if (r == -ENOMEM)
		return printer_fail(printer, r);
	return r ? options_usage_error(&printer->options, "%s", error) : 0;
}

int printer_check(struct printer *printer)
{
	int r = printer->pattern ? compile_pattern(printer) : 0;

	if (r)
		return r;
	if (printer->fields.n && !output_of_fields(printer->output.ops))
		return options_usage_error(&printer->options,
					   "--fields is for -o text and -o json");
	if (!printer->output.ops->binary || !printer->output.terminal || printer->force)
		return -1;
	return options_usage_error(&printer->options,
				   "%.32s is binary: send it to a file or a pipe, or use --force",
				   printer->output.ops->name);
}

void printer_say_zone(const struct printer *printer)
{
	bool prints_times = printer->output.ops == outputs[0] && !printer->output.utc;
	char safe[LINE_FILE];

	if ((prints_times || filter_has_time(printer->filter)) && !time_zone_exists())
		(void)command_fail(printer->options.command,
				   "TZ=%s is no time zone of this machine: times are UTC "
				   "(Europe/Berlin is one, if " TIME_ZONES " has it)",
				   line_file(getenv("TZ"), safe));
}

int printer_open(struct printer *printer)
{
	printer_say_zone(printer);
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

/* Nothing is left to the threads, and soon will not be. */
static void settle(struct printer *printer)
{
	if (printer->threads)
		printer->unprinted += output_threads_finish(printer->threads);
	printer->alone = 0;
}

/* Why there is nothing to see. */
static void say_misses(const struct printer *printer)
{
	char text[1024];

	if (!printer->matched && !printer->partly &&
	    filter_miss_sentence(printer->filter, text, sizeof(text)))
		(void)command_fail(printer->options.command, "%s", text);
}

int printer_close(struct printer *printer, int r)
{
	int closed;

	settle(printer);
	closed = output_close(&printer->output);
	r = r < 0 ? r : closed;
	if (r < 0 && r != -EPIPE) /* EPIPE: who reads has seen enough */
		return command_fail(printer->options.command, "cannot write: %s", strerror(-r));
	if (!r)
		say_misses(printer);
	return printer->failed ? EXIT_FAILED : EXIT_SUCCESS;
}

static void say(struct printer *printer, const char *problem)
{
	progress_end(&printer->progress);
	printer->failed = true;
	if (printer->said)
		return;
	printer->said = true;
	(void)writer_flush(printer->writer);
	(void)command_fail(printer->options.command, "%s", problem);
}

/* Of a thread's record. */
static void say_unreadable(void *data, const struct output_unreadable *record)
{
	struct printer *printer = data;

	if (printer->writer->error)
		return; /* which has ended it before */
	if (record->starved)
		(void)problem_starved(&printer->problem);
	else
		(void)problem_unreadable(&printer->problem, record->source.size,
					 record->source.offset);
	say(printer, printer->problem.text);
}

void printer_share(struct printer *printer)
{
	printer->may_share = !printer->output.ops->binary;
}

uint64_t printer_settle(struct printer *printer)
{
	uint64_t n;

	settle(printer);
	n = printer->unprinted;
	printer->unprinted = 0;
	return n;
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
	settle(printer);
	take_width(printer);
	output_settle(&printer->output, false);
	return writer_flush(printer->writer);
}

/* Something else stands behind it. */
static void end_lines(struct printer *printer)
{
	settle(printer);
	output_settle(&printer->output, true);
	(void)writer_flush(printer->writer);
}

static void flush_writer(void *data)
{
	(void)printer_flush(data);
}

/* Nothing is left to settle. Whether there are threads, which know @header now. */
static bool begin_sharing(struct printer *printer, const Ringside__V1__Header *header)
{
	unsigned cpus = printer->threads ? 0 : cpus_usable();

	if (cpus > 1)
		(void)output_threads_new(&printer->threads, &printer->output, cpus, say_unreadable,
					 printer);
	printer->may_share = printer->threads && !output_threads_header(printer->threads, header);
	return printer->may_share;
}

/* The record is for the threads. What had to be unpacked to be chosen, as a Header is, is not: and
 * so is nothing that comes soon after it. */
static bool is_shared(struct printer *printer, const struct reader *reader,
		      const struct reader_record *item)
{
	bool shared = printer->alone >= SHARE_FROM;

	if (!printer->may_share)
		return false;
	if (item->record || item->size > OUTPUT_THREADS_FRAME) {
		settle(printer);
		return false;
	}
	printer->alone += shared ? 0 : item->size;
	return shared ||
	       (printer->alone >= SHARE_FROM && begin_sharing(printer, reader_header(reader)));
}

void printer_begin(void *data, struct reader *reader, const char *name)
{
	struct printer *printer = data;

	printer->said = false;
	printer->alone = 0;
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

/* So that it stands by itself. */
static int complete_record(struct printer *printer, struct reader_record *item)
{
	uint8_t *buf;

	if (item->size + DERIVED_MORE > FRAME_MAX)
		return 0;
	buf = realloc(printer->complete, item->size + DERIVED_MORE);
	if (!buf)
		return -ENOMEM;
	printer->complete = buf;
	item->size = derived_complete(item->derived, item->frame, item->size, buf);
	item->frame = buf;
	return 0;
}

void printer_say_short_id(const struct printer *printer)
{
	char text[256];

	if (filter_has_short_id(printer->filter, text, sizeof(text)))
		(void)command_fail(printer->options.command, "%s", text);
}

int printer_tell_misses(struct printer *printer)
{
	int r = filter_note_misses(printer->filter, printer->pattern);

	return r ? printer_fail(printer, r) : 0;
}

void printer_note(struct printer *printer, struct reader *reader, struct reader_record *item,
		  int wanted)
{
	bool event = body_kind_is_event(item->peek.kind) ||
		     item->peek.kind == RINGSIDE__V1__RECORD__BODY_LIMITED;

	if (printer->matched)
		return;
	/* Headers and losses pass because they matter, not because they were asked for */
	if (wanted == 1)
		printer->matched = event || filter_names_kinds(printer->filter);
	else if (!wanted)
		filter_note_miss(printer->filter, reader, item);
}

/* Whether rows of what is read may be told by themselves: most streams have none. */
static bool has_rows(const struct printer *printer, const Ringside__V1__Header *header)
{
	for (size_t i = 0; header && printer->output.ops->put_row && i < header->n_probes; i++) {
		const struct kind *kind = kind_find(header->probes[i]->kind);

		if (kind && kind->fill && filter_takes_kind(printer->filter, kind))
			return true;
	}
	return false;
}

/* 0 or -errno. */
static int put_row(struct printer *printer, const Ringside__V1__Record *record,
		   const Ringside__V1__CounterRow *row)
{
	struct output *output = &printer->output;
	const struct kind *kind = kind_find(row->kind);

	int r;

	if (!kind || !kind->fill || !filter_row(printer->filter, record, row, output->header))
		return 0;
	r = output->ops->put_row(output, record, row);
	if (r <= 0)
		return r;
	printer->matched = true;
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		printer->rows_shown[i] += kinds[i] == kind;
	return 0;
}

/* 0, PRINTER_NOTHING, READER_DAMAGED or -errno. */
static int put_rows(struct printer *printer, struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Counters *counters;
	int r = reader_unpack(reader, item);

	if (r)
		return r;
	settle(printer);
	printer->output.header = reader_header(reader);
	printer->output.cache = reader_memo(reader);
	counters = item->record->counters;
	for (size_t i = 0; !r && i < counters->n_rows; i++)
		r = put_row(printer, item->record, counters->rows[i]);
	return r;
}

bool printer_one_stream(const void *data)
{
	const struct printer *printer = data;

	return printer->one_stream;
}

void printer_say_hosts(const struct printer *printer, const char *path)
{
	char text[256];
	struct line line = line_make(text, sizeof(text));

	line_text(&line, "of ");
	hosts_put_count(&line, &printer->output.hosts);
	line_text(&line, ": their records come one host after the other, and the last are the last "
			 "one's (--host NAME chooses one)");
	(void)line_end(&line);
	(void)command_fail_on(printer->options.command, path, text);
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
	settle(printer);
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

/* A Header says that it is not all of the stream that follows, if it is not. */
static int put_header(struct printer *printer, const Ringside__V1__Record *record)
{
	struct excerpt_header marked;
	size_t size;

	settle(printer);
	excerpt_mark(&printer->excerpt, record, printer->output.hosts.n, &marked);
	if (!printer->output.ops->binary)
		return output_put(&printer->output, &marked.record, NULL, 0);
	size = ringside__v1__record__get_packed_size(&marked.record);
	free(printer->complete);
	printer->complete = malloc(size);
	if (!printer->complete)
		return -ENOMEM;
	(void)ringside__v1__record__pack(&marked.record, printer->complete);
	return output_put(&printer->output, NULL, printer->complete, size);
}

/* Who reads what is written takes a record for one of the stream whose Header came last: where
 * another one's came between, or the file's own was left out because it came before, it comes once
 * more. */
static int put_stream(struct printer *printer, const struct reader *reader,
		      const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	bool same;

	if (!header || header->stream_id.len != sizeof(printer->put_stream))
		return 0;
	same = !memcmp(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream));
	memcpy(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream));
	if (same || item->header)
		return 0;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = (Ringside__V1__Header *)(uintptr_t)header;
	record.has_seq = header->has_first_seq;
	record.seq = header->first_seq;
	return put_header(printer, &record);
}

/* What is to be read as a stream: 0, or -errno. */
static int put_raw(struct printer *printer, const struct reader *reader, struct reader_record *item)
{
	int r = 0;

	if (item->header && excerpt_is_any(&printer->excerpt))
		return put_header(printer, item->record);
	if (printer->output.ops->binary &&
	    derived_apart(&printer->put, item->derived, item->peek.seq))
		r = complete_record(printer, item);
	return r ? r : output_put(&printer->output, item->record, item->frame, item->size);
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
		return put_raw(printer, reader, item);
	return output_put(&printer->output, item->record, item->frame, item->size);
}

/* Of a stream that is wanted, or some of it, the Header is wanted whatever else is. */
static bool needs_header(const struct printer *printer, const struct reader_record *item)
{
	return printer->output.ops->raw && item->header &&
	       filter_wants_host(printer->filter, item->record->header->host_name);
}

int printer_put(struct printer *printer, struct reader *reader, struct reader_record *item)
{
	struct output *output = &printer->output;
	int match, r = 0;

	if (item->peek.kind == RINGSIDE__V1__RECORD__BODY_COUNTERS && !printer->grep &&
	    has_rows(printer, reader_header(reader)))
		r = put_rows(printer, reader, item);
	match = r ? r : match_record(printer, reader, item);
	if (match > 1)
		return match;
	if (!printer->matched)
		printer_note(printer, reader, item, match);
	if (item->header)
		meet_host(printer, item->record->header);
	if (!match && !needs_header(printer, item))
		return PRINTER_NOTHING;
	if (!item->header && !output_prints(output, item->peek.kind))
		return PRINTER_NOTHING;
	r = output->ops->raw ? put_stream(printer, reader, item) : 0;
	if (r)
		return r;
	if (is_shared(printer, reader, item))
		return output_threads_put(printer->threads, item->frame, item->size,
					  &(struct output_source){item->offset, item->size,
								  item->derived->parts});
	output->header = reader_header(reader);
	r = put_whole(printer, reader, item);
	if (!r && (!match || !output_prints(output, item->peek.kind)))
		return PRINTER_NOTHING;
	return r;
}

void printer_complain(void *data, const char *problem)
{
	struct printer *printer = data;

	end_lines(printer);
	say(printer, problem);
}

void printer_end(void *data, const struct reader *reader, const char *name, int answer)
{
	struct printer *printer = data;
	char safe[LINE_FILE];

	settle(printer);
	progress_end(&printer->progress);
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
	if (error)
		(void)command_fail_on(printer->options.command, name,
				      path_problem(name, error, why));
	else
		(void)command_fail(printer->options.command, "%s", name);
}
