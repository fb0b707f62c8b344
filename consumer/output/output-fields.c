/* SPDX-License-Identifier: Apache-2.0 */
/* Members that were chosen, of what output-json.c writes: as JSON, or in columns. */
#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/output/field-list.h"
#include "consumer/output/output.h"
#include "proto/base/util.h"

#define LINE_MAX_SIZE (16u * 1024 * 1024) /* of JSON: more than a record of 1 MiB takes */

struct fields_state {
	struct output json; /* its writer has the line, and what had no room there is in more */
	uint8_t *more;
	size_t more_size, more_room;
	struct field_value values[FIELD_LIST_MAX];
	struct time_stamp stamp; /* of columns, where its style was chosen */
};

/* As they were written, each with its end. */
struct lines {
	const uint8_t *next, *end;
};

static int take_more(void *data, const uint8_t *buf, size_t size)
{
	struct fields_state *state = data;
	const size_t room = state->more_size + size;
	uint8_t *more;

	if (room > LINE_MAX_SIZE)
		return -ENOMEM;
	if (room > state->more_room) {
		more = realloc(state->more, 2 * room);
		if (!more)
			return -ENOMEM;
		state->more = more;
		state->more_room = 2 * room;
	}
	memcpy(state->more + state->more_size, buf, size);
	state->more_size = room;
	return 0;
}

static int open_fields(struct output *output)
{
	struct fields_state *state = output->state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return -ENOMEM;
	time_stamp_init(&state->stamp, output->time, output->utc, output->year);
	state->json = *output;
	state->json.ops = &output_json;
	state->json.state = NULL;
	r = writer_new(&state->json.writer, -1);
	if (r)
		return r;
	state->json.writer->take = take_more;
	state->json.writer->data = state;
	return output_json.open(&state->json);
}

static void close_fields(void *data)
{
	struct fields_state *state = data;

	if (!state)
		return;
	output_json.close(state->json.state);
	(void)writer_free(state->json.writer);
	free(state->more);
	free(state);
}

/* The lines of the record, or of a row of it; a row may have several, either none. */
static int write_lines(struct output *output, const Ringside__V1__Record *record,
		       const Ringside__V1__CounterRow *row, struct lines *ret)
{
	struct fields_state *state = output->state;
	struct writer *writer = state->json.writer;
	int r;

	writer->size = state->more_size = 0;
	writer->error = 0;
	state->json.header = output->header;
	state->json.cache = output->cache;
	r = row ? output_json.put_row(&state->json, record, row)
		: output_json.put(&state->json, record, NULL, 0);
	if (r >= 0 && state->more_size)
		r = writer_flush(writer);
	ret->next = state->more_size ? state->more : writer->buf;
	ret->end = ret->next + (state->more_size ? state->more_size : writer->size);
	return r < 0 ? r : writer->error;
}

static void put_members(struct output *output, const Ringside__V1__Record *record,
			const uint8_t *line)
{
	(void)record;
	field_list_put(output->fields, output->writer, line);
}

/* A string without its quotes, and those in it without what escapes them. */
static void put_value(struct writer *writer, const struct field_value *value)
{
	const uint8_t *p = value->text, *end = p + value->size;

	if (!p) {
		writer_put(writer, "-", 1);
		return;
	}
	if (*p != '"') {
		writer_put(writer, p, value->size);
		return;
	}
	for (p++, end--; p < end; p++) {
		if (*p == '\\' && p[1] == '"')
			p++;
		else if (*p == '\\')
			writer_put(writer, p++, 1);
		writer_put(writer, p, 1);
	}
}

/* Without the blanks that make a column of it. */
static void put_time(struct fields_state *state, struct writer *writer,
		     const Ringside__V1__Record *record)
{
	char text[128];
	struct line line = line_make(text, sizeof(text));

	time_stamp_put(&state->stamp, &line,
		       record->has_time_unix_nano ? &record->time_unix_nano : NULL,
		       record->has_boottime_nano ? &record->boottime_nano : NULL);
	while (line.p > line.start && line.p[-1] == ' ')
		line.p--;
	writer_put(writer, line.start, (size_t)(line.p - line.start));
}

static void put_columns(struct output *output, const Ringside__V1__Record *record,
			const uint8_t *line)
{
	struct fields_state *state = output->state;

	field_list_values(output->fields, state->values, line);
	for (size_t i = 0; i < output->fields->n; i++) {
		if (i)
			writer_put(output->writer, "\t", 1);
		if (output->time_chosen && !strcmp(output->fields->names[i], "time"))
			put_time(state, output->writer, record);
		else
			put_value(output->writer, &state->values[i]);
	}
}

/* 1: something was written, 0: nothing. */
static int put_lines(struct output *output, const Ringside__V1__Record *record,
		     const Ringside__V1__CounterRow *row,
		     void (*put)(struct output *output, const Ringside__V1__Record *record,
				 const uint8_t *line))
{
	struct lines lines;
	int r = write_lines(output, record, row, &lines);
	const bool some = lines.next < lines.end;

	while (!r && lines.next < lines.end) {
		put(output, record, lines.next);
		writer_put(output->writer, "\n", 1);
		lines.next = (const uint8_t *)rawmemchr(lines.next, '\n') + 1;
	}
	return r ? r : some;
}

#define PUT(what)                                                                                  \
	static int put_record_##what(struct output *output, const Ringside__V1__Record *record,    \
				     const uint8_t *frame, size_t size)                            \
	{                                                                                          \
		const int r = put_lines(output, record, NULL, put_##what);                         \
                                                                                                   \
		(void)frame, (void)size;                                                           \
		return r < 0 ? r : 0;                                                              \
	}                                                                                          \
	static int put_row_##what(struct output *output, const Ringside__V1__Record *record,       \
				  const Ringside__V1__CounterRow *row)                             \
	{                                                                                          \
		return put_lines(output, record, row, put_##what);                                 \
	}
PUT(members)
PUT(columns)
#undef PUT

const struct output_ops output_fields_json = {
	.name = "json",
	.apart = true,
	.open = open_fields,
	.put = put_record_members,
	.put_row = put_row_members,
	.close = close_fields,
	.prints = output_prints_events,
};

const struct output_ops output_fields_text = {
	.name = "text",
	.apart = true,
	.open = open_fields,
	.put = put_record_columns,
	.put_row = put_row_columns,
	.close = close_fields,
	.prints = output_prints_events,
};
