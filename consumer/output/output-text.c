/* SPDX-License-Identifier: Apache-2.0 */
/* One line a record: time, host if there are several, label, whose it is, what happened; and what
 * to change under it. */
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/kinds/likely-caller.h"
#include "consumer/kinds/sentence.h"
#include "consumer/layout/char-width.h"
#include "consumer/layout/wrap.h"
#include "consumer/output/full-rows.h"
#include "consumer/output/output.h"
#include "consumer/output/short-names.h"
#include "consumer/output/text-row.h"
#include "consumer/read/message-cache.h"
#include "proto/base/util.h"

#define WIDTH_MAX 40 /* a longer name moves its own line only; on a terminal there is none */
#define WIDTH_LEAST 16
#define LABEL_WIDTH 5
/* Broken lines go on under the message where so many columns are left for that, else under what
 * stands behind the label; on a narrower terminal they are not broken. */
#define MESSAGE_LEAST 45
#define TERMINAL_LEAST 60
#define LINE_SIZE (4 * TEXT_MAX + 1024)       /* whose, culprit, message, advice: never cut */
#define CULPRIT_SIZE (CULPRITS_NAME * 4 + 32) /* its name may be escapes, and a number follows */

struct state {
	struct culprits culprits;
	struct short_names names;
	struct text_row row;
	struct full_rows full;
	size_t width; /* of the column "whose" so far: it only grows */
	struct time_stamp stamp;
	char line[LINE_SIZE];
};

static int text_open(struct output *output)
{
	struct state *state = output->state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	time_stamp_init(&state->stamp, output->time, output->utc, output->year);
	return 0;
}

static void put_time(struct state *state, struct line *line, const Ringside__V1__Record *record)
{
	time_stamp_put(&state->stamp, line,
		       record->has_time_unix_nano ? &record->time_unix_nano : NULL,
		       record->has_boottime_nano ? &record->boottime_nano : NULL);
	line_put(line, " ", 1);
}

/* Columns that hosts take, as far as their names are not longer. */
static size_t host_room(const struct output *output)
{
	return output->hosts.several ? output->hosts.width + 1 : 0;
}

/* Returns the columns it takes. */
static size_t put_host(const struct output *output, struct line *line)
{
	size_t width;

	if (!output->hosts.several)
		return 0;
	width = hosts_put(line, output->header ? output->header->host_name : NULL);
	line_pad(line, 1 + (output->hosts.width > width ? output->hosts.width - width : 0));
	return 1 + (output->hosts.width > width ? output->hosts.width : width);
}

static void put_label(const struct output *output, struct line *line, const struct tone *tone)
{
	line_text(line, output->color ? tone->color : "");
	line_text(line, tone->label);
	/* the information about the stream stays dim to the end of the line */
	if (output->color && tone != &tone_info)
		line_text(line, "\033[0m");
	line_pad(line, LABEL_WIDTH - strlen(tone->label));
}

/* Columns of the terminal that lines are to keep to; 0: they are not. */
static size_t columns_of(const struct output *output)
{
	return output->columns < TERMINAL_LEAST ? 0 : output->columns;
}

/* Columns that a name has at most. */
static size_t name_room(const struct output *output)
{
	const size_t third = columns_of(output) * 3 / 10;

	if (!third)
		return SIZE_MAX;
	return third > WIDTH_MAX ? WIDTH_MAX : third < WIDTH_LEAST ? WIDTH_LEAST : third;
}

/* Whose it is; behind it there are blanks from *ret_end on. Returns the columns all that takes. */
static size_t put_who(struct output *output, struct line *line,
		      const Ringside__V1__Container *container, const char **ret_end)
{
	struct message_cache_note *note =
		message_cache_note(output->cache, container, MESSAGE_CACHE_NAME);
	struct state *state = output->state;
	const char *start = line->p;
	char who[TEXT_MAX];
	size_t size, width;

	if (note && note->owner == state) {
		line_put(line, (const char *)note->text, note->size);
	} else {
		size = text_whom(who, sizeof(who), container);
		if (columns_of(output))
			size = short_names_fit(&state->names, who, size, name_room(output));
		line_put(line, who, size);
		if (note)
			message_cache_note_keep(output->cache, note, state, who, size);
	}
	*ret_end = line->p;
	width = char_width(start, (size_t)(line->p - start));
	if (width > state->width)
		state->width = width < WIDTH_MAX ? width : WIDTH_MAX;
	line_pad(line, 2 + (state->width > width ? state->width - width : 0));
	return width + (size_t)(line->p - *ret_end);
}

/* Where lines go on that are broken, of a message that begins in the column @at. */
static size_t indent_of(const struct output *output, size_t at)
{
	const struct state *state = output->state;
	const size_t behind_label = state->stamp.width + 1 + host_room(output) + LABEL_WIDTH;

	return at + MESSAGE_LEAST <= columns_of(output) ? at : behind_label;
}

static void text_settle(struct output *output, bool ends)
{
	struct state *state = output->state;
	const struct text_row_place place = {
		.columns = columns_of(output),
		.indent = indent_of(output, state->row.at),
		.width = output->rewrites ? output->columns : 0,
	};
	char buf[LINE_SIZE];
	struct line line = line_make(buf, sizeof(buf));

	text_row_show(&state->row, &line, &place, ends);
	writer_put(output->writer, line.start, (size_t)(line.p - line.start));
}

/* Whether the record is in a row with others, or begins one, and is shown with that. */
static bool fold_record(struct output *output, const Ringside__V1__Record *record,
			struct text_row_event *event)
{
	const Ringside__V1__Process *process = text_whose_process(record);
	Ringside__V1__Process named = RINGSIDE__V1__PROCESS__INIT;
	struct state *state = output->state;
	char same[TEXT_MAX], name[TEXT_MAX];
	struct line line = line_make(name, sizeof(name));

	if (text_same(same, sizeof(same), record, output->header)) {
		if (process) {
			named.comm = (char *)(uintptr_t)text_comm(process);
			text_process(&line, &named);
			event->pid = process->pid;
			event->has_pid = process->has_pid;
		} else {
			line_text(&line, event->name);
		}
		(void)line_end(&line);
		event->name = name;
		event->same = same;
		event->nano =
			record->has_time_unix_nano ? record->time_unix_nano : record->boottime_nano;
		if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED)
			event->held = record->limited->count;
		if (text_row_add(&state->row, event))
			return true;
		text_settle(output, true);
		return text_row_begin(&state->row, event);
	}
	text_settle(output, true);
	return false;
}

/* @at: the column it begins in. @culprit: "" or who it is about, which the record does not say. */
static void put_message(struct output *output, struct line *line,
			const Ringside__V1__Record *record, size_t at, const char *culprit)
{
	char text[TEXT_MAX + CULPRIT_SIZE];
	struct line message = line_make(text, sizeof(text));

	if (!columns_of(output)) { /* nothing to break: it is written where it is to stand */
		line_text(line, culprit);
		line->p += text_message(line->p, TEXT_MAX, record, output->header);
		return;
	}
	line_text(&message, culprit);
	message.p += text_message(message.p, TEXT_MAX, record, output->header);
	(void)wrap_put(line, text, at, indent_of(output, at), columns_of(output));
}

/* Advice under what has to be acted on, on a terminal; under all events for who asks. */
static void put_advice(const struct output *output, struct line *line,
		       const Ringside__V1__Record *record)
{
	const struct state *state = output->state;
	const size_t indent = state->stamp.width + 1 + host_room(output);
	const struct kind *kind = kind_of(record);
	char advice[TEXT_MAX];

	if (!output->verbose && !(output->terminal && kind && kind->advised))
		return;
	if (!text_advice(advice, sizeof(advice), record))
		return;
	line_put(line, "\n", 1);
	line_pad(line, indent);
	line_text(line, output->color ? "\033[2m" : "");
	(void)wrap_put(line, advice, indent, indent, columns_of(output));
	line_text(line, output->color ? "\033[0m" : "");
}

/* "nginx[77] ", "nginx " or "". */
static void take_culprit(struct state *state, const Ringside__V1__Record *record,
			 char culprit[CULPRIT_SIZE])
{
	struct line line;

	*culprit = '\0';
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_LIMITED)
		return;
	line = line_make(culprit, CULPRIT_SIZE);
	culprits_take(&state->culprits, record, &line);
	(void)line_end(&line);
}

static int text_put(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
		    size_t size)
{
	struct state *state = output->state;
	struct line line = line_make(state->line, sizeof(state->line) - 1);
	const struct tone *tone;
	char culprit[CULPRIT_SIZE];
	struct text_row_event event = {.head = &line, .name = culprit};
	const char *end;

	(void)frame, (void)size;
	culprits_see(&state->culprits, record);
	if (!output_prints_events(output, record->body_case))
		return 0;
	take_culprit(state, record, culprit);
	put_time(state, &line, record);
	event.key = end = line.p;
	event.at = (size_t)(line.p - line.start) + LABEL_WIDTH;
	event.at += put_host(output, &line);
	tone = text_tone(record);
	put_label(output, &line, tone);
	if (tone != &tone_info)
		event.at += put_who(output, &line, text_whose(record), &end);
	event.key_size = (size_t)(end - event.key);
	if (output->folds && fold_record(output, record, &event))
		return 0;
	put_message(output, &line, record, event.at, culprit);
	if (output->color && tone == &tone_info)
		line_text(&line, "\033[0m");
	put_advice(output, &line, record);
	(void)line_end(&line);
	*line.p++ = '\n';
	writer_put(output->writer, line.start, (size_t)(line.p - line.start));
	return 0;
}

/* What is full is said once, until it has been less so. */
static int text_put_row(struct output *output, const Ringside__V1__Record *record,
			const Ringside__V1__CounterRow *row)
{
	static const struct tone full = {"FULL", "\033[33m"};
	const struct kind *kind = kind_find(row->kind);
	struct state *state = output->state;
	char text[TEXT_MAX];
	const char *end;
	unsigned which = 0;
	int said = 0;

	while (full_rows_next(&state->full, output->header, kind, row, &which, text,
			      sizeof(text))) {
		struct line line = line_make(state->line, sizeof(state->line) - 1);
		size_t at;

		text_settle(output, true);
		put_time(state, &line, record);
		at = (size_t)(line.p - line.start) + LABEL_WIDTH;
		at += put_host(output, &line);
		put_label(output, &line, &full);
		at += put_who(output, &line, row->container, &end);
		(void)wrap_put(&line, text, at, indent_of(output, at), columns_of(output));
		(void)line_end(&line);
		*line.p++ = '\n';
		writer_put(output->writer, line.start, (size_t)(line.p - line.start));
		said = 1;
	}
	return said;
}

const struct output_ops output_text = {
	.name = "text",
	.help = "one line an event, for people",
	.open = text_open,
	.put = text_put,
	.close = free,
	.put_row = text_put_row,
	.settle = text_settle,
	.prints = output_prints_events,
};
