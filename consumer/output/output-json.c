/* SPDX-License-Identifier: Apache-2.0 */
/* One object a line, for people, jq and agents: first what every record has, then the fields of its
 * body. What comes again (the Header's, who it was, what is told of many events alike) is copied
 * from where it was written first. */
#include "consumer/base/json-page.h"
#include "consumer/base/json.h"
#include "consumer/kinds/kind-story.h"
#include "consumer/kinds/sentence.h"
#include "consumer/output/full-rows.h"
#include "consumer/output/json-header.h"
#include "consumer/output/json-names.h"
#include "consumer/output/message-json.h"
#include "consumer/output/output.h"
#include "proto/record/peek.h"

#define NANO 1000000000u
#define CONTAINER_OF_ROW 2 /* field number in CounterRow */

/* What is known of a kind of record before one comes. */
struct body {
	const char *name;
	const struct message_json *shape; /* NULL: a newer version's */
	unsigned n_fields;
	unsigned key_from, key_to; /* the fields that its kind's key has */
	size_t process, container; /* where the first of each is in it; 0: it has none */
};

struct json_state {
	struct shapes *shapes, *rows; /* of records; of rows of Counters */
	struct full_rows full;
	struct body bodies[RECORD_BODIES];
	struct json_header header;
	struct json_names *names;
	struct kind_stories stories;
	struct writer *story; /* the one at hand */
	uint64_t second;      /* the one that is in stamp */
	char stamp[JSON_TIME];
	char text[TEXT_MAX];
};

/* The record at hand. */
struct telling {
	struct output *output;
	struct json_state *state;
	struct writer *writer;
	const Ringside__V1__Record *record;
	const struct body *body;
	const struct kind *kind; /* NULL: it is the stream's own */
	struct json_name container, process;
};

static size_t find_first(const ProtobufCMessageDescriptor *body,
			 const ProtobufCMessageDescriptor *type)
{
	for (unsigned i = 0; i < body->n_fields; i++)
		if (body->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
		    body->fields[i].descriptor == type &&
		    body->fields[i].label != PROTOBUF_C_LABEL_REPEATED)
			return body->fields[i].offset;
	return 0;
}

/* The index of the first field from @number on. */
static unsigned find_field(const ProtobufCMessageDescriptor *body, uint32_t number)
{
	unsigned i = 0;

	while (i < body->n_fields && body->fields[i].id < number)
		i++;
	return i;
}

static void take_body(struct body *body, const ProtobufCFieldDescriptor *field,
		      const struct message_json *shape)
{
	const ProtobufCMessageDescriptor *message = field->descriptor;

	*body = (struct body){
		.name = field->name,
		.shape = shape,
		.n_fields = message->n_fields,
		.process = find_first(message, &ringside__v1__process__descriptor),
		.container = find_first(message, &ringside__v1__container__descriptor),
	};
	for (unsigned i = 0; i < KINDS_COUNT; i++) {
		if (kinds[i]->body != field->id || !kinds[i]->key)
			continue;
		body->key_from = find_field(message, kinds[i]->key_first);
		body->key_to = find_field(message, kinds[i]->key_last + 1);
	}
}

static void take_bodies(struct json_state *state)
{
	const ProtobufCMessageDescriptor *record = &ringside__v1__record__descriptor;

	state->bodies[0].name = "unknown";
	for (unsigned i = 0; i < record->n_fields; i++) {
		const struct message_json *shape =
			message_json_of_body(shapes_root(state->shapes), i);

		if (shape && record->fields[i].id < RECORD_BODIES)
			take_body(&state->bodies[record->fields[i].id], &record->fields[i], shape);
	}
}

static int open_json(struct output *output)
{
	struct json_state *state = output->state = calloc(1, sizeof(*state));
	int r = state ? json_names_new(&state->names) : -ENOMEM;

	if (!r)
		r = writer_new(&state->story, -1);
	if (!r)
		r = shapes_new(&state->shapes, &ringside__v1__record__descriptor,
			       MESSAGE_JSON_PLAIN);
	if (!r)
		r = shapes_new(&state->rows, &ringside__v1__counter_row__descriptor,
			       MESSAGE_JSON_PLAIN);
	if (r)
		return r;
	state->second = UINT64_MAX;
	take_bodies(state);
	return 0;
}

static void close_json(void *data)
{
	struct json_state *state = data;

	if (!state)
		return;
	(void)shapes_free(state->shapes);
	(void)shapes_free(state->rows);
	(void)json_names_free(state->names);
	(void)writer_free(state->story);
	kind_stories_done(&state->stories);
	json_header_done(&state->header);
	free(state);
}

static void put_time(struct json_state *state, struct writer *writer, uint64_t nano)
{
	const size_t size = strlen("2026-11-22T03:04:05.");
	uint8_t *p = writer_room(writer, 2 * JSON_TIME);

	if (nano / NANO != state->second) {
		(void)json_time((uint8_t *)state->stamp, nano);
		state->second = nano / NANO;
	}
	p = (uint8_t *)mempcpy(p, "\"time\":\"", 8);
	memcpy(p, state->stamp, sizeof(state->stamp)); /* faster than the right number of bytes */
	p = json_nano(p + size, (uint32_t)(nano % NANO));
	writer_used(writer, (uint8_t *)mempcpy(p, "Z\",", 3));
}

/* All up to the sentence. */
static void put_beginning(const struct telling *telling, const char *severity)
{
	struct writer *writer = telling->writer;
	const struct json_name *container = &telling->container;
	/* losses are told as events are */
	const bool has_where =
		telling->kind || telling->record->body_case == RINGSIDE__V1__RECORD__BODY_LOST;

	writer_string(writer, "\"kind\":\"");
	writer_string(writer, telling->body->name);
	writer_string(writer, "\",\"severity\":\"");
	writer_string(writer, severity);
	writer_put(writer, "\"", 1);
	if (has_where) {
		writer_string(writer, ",\"where\":\"");
		writer_put(writer, container->text, container->size);
		writer_put(writer, "\"", 1);
	}
	writer_put(writer, telling->process.text, telling->process.members_size);
	writer_string(writer, ",\"message\":\"");
	if (has_where) {
		writer_put(writer, container->text, container->size);
		writer_put(writer, ": ", 2);
	}
}

/* Ends the sentence, and says what to change. */
static void put_told(const struct telling *telling, struct writer *writer, size_t size)
{
	struct json_state *state = telling->state;

	json_chars(writer, state->text, size);
	writer_put(writer, "\"", 1);
	size = text_advice(state->text, sizeof(state->text), telling->record);
	if (!size)
		return;
	writer_string(writer, ",\"advice\":");
	json_string(writer, state->text, size);
}

/* What of the Header and of the order is in every record. */
static void put_stream(const struct telling *telling)
{
	if (telling->record->self_test)
		writer_string(telling->writer, ",\"self_test\":true");
	json_header_put_rest(&telling->state->header, telling->writer);
	if (!telling->record->has_seq)
		return;
	writer_string(telling->writer, ",\"seq\":");
	json_uint(telling->writer, telling->record->seq);
}

static void put_members(const struct telling *telling, struct writer *writer, unsigned from,
			unsigned to)
{
	/* all bodies share this place */
	message_json_put_members(telling->body->shape, writer, telling->record->header, from, to);
}

static void put_plainly(const struct telling *telling)
{
	struct json_state *state = telling->state;

	put_beginning(telling, text_severity(telling->record));
	put_told(telling, telling->writer,
		 text_message(state->text, sizeof(state->text), telling->record,
			      telling->output->header));
	put_stream(telling);
	if (telling->body->shape)
		put_members(telling, telling->writer, 0, telling->body->n_fields);
}

/* In a writer of its own, where it is one piece. */
static struct kind_story make_story(const struct telling *telling, const struct kind_story_key *key)
{
	struct json_state *state = telling->state;
	struct writer *writer = state->story;
	struct line line = line_make(state->text, sizeof(state->text));
	size_t told_size;

	writer->size = 0;
	line_put(&line, " ", 1);
	telling->kind->same(&line, telling->record, telling->output->header);
	put_told(telling, writer, line_end(&line));
	told_size = writer->size;
	put_members(telling, writer, telling->body->key_from, telling->body->key_to);
	return (struct kind_story){
		.key = *key,
		.severity = text_severity(telling->record),
		.text = writer->buf,
		.told_size = told_size,
		.size = writer->size,
	};
}

/* What is the same for each process is copied. */
static void put_story(const struct telling *telling, const struct kind_story_key *key)
{
	const struct json_name *process = &telling->process;
	struct kind_stories *stories = &telling->state->stories;
	const struct body *body = telling->body;
	const struct kind_story *story = kind_stories_find(stories, key);
	struct kind_story made;

	if (!story) {
		made = make_story(telling, key);
		kind_stories_keep(stories, &made);
		story = &made;
	}
	put_beginning(telling, story->severity);
	writer_put(telling->writer, process->text + process->members_size,
		   process->size - process->members_size);
	writer_put(telling->writer, story->text, story->told_size);
	put_stream(telling);
	put_members(telling, telling->writer, 0, body->key_from);
	writer_put(telling->writer, story->text + story->told_size, story->size - story->told_size);
	put_members(telling, telling->writer, body->key_to, body->n_fields);
}

static bool make_key(const struct telling *telling, struct kind_story_key *key)
{
	const struct kind *kind = telling->kind;

	if (!kind || !kind->key || telling->record->body_case != kind->body ||
	    !telling->container.number)
		return false;
	key->container = telling->container.number;
	key->kind = kind->body;
	return kind->key(telling->record, &key->key);
}

static const void *part_of(const struct telling *telling, size_t offset)
{
	const uint8_t *message = (const uint8_t *)telling->record->header;

	return offset ? *(const void *const *)(message + offset) : NULL;
}

static void name_parts(struct telling *telling)
{
	struct json_names *names = telling->state->names;
	struct message_cache *cache = telling->output->cache;

	json_names_begin(names);
	telling->container =
		json_names_container(names, cache, part_of(telling, telling->body->container));
	if (telling->body->process)
		telling->process =
			json_names_process(names, cache, part_of(telling, telling->body->process));
}

static int put_json(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
		    size_t size)
{
	struct json_state *state = output->state;
	struct telling telling = {
		.output = output,
		.state = state,
		.writer = output->writer,
		.record = record,
		.body = &state->bodies[record->body_case],
		.kind = kind_of(record),
		.process.text = (const uint8_t *)"",
	};
	struct kind_story_key key;
	int r;

	(void)frame, (void)size;
	if (!output_prints_events(output, (unsigned)record->body_case))
		return 0;
	r = json_header_take(&state->header, output->header);
	if (r < 0)
		return r;
	if (r)
		kind_stories_forget(&state->stories);
	shapes_use_memo(state->shapes, output->cache);
	writer_put(output->writer, "{", 1);
	if (record->has_time_unix_nano)
		put_time(state, output->writer, record->time_unix_nano);
	json_header_put_host(&state->header, output->writer);
	name_parts(&telling);
	if (make_key(&telling, &key))
		put_story(&telling, &key);
	else
		put_plainly(&telling);
	writer_put(output->writer, "}\n", 2);
	return 0;
}

/* What text has as FULL: of a row, said once. */
static void put_full(struct output *output, const Ringside__V1__Record *record,
		     const Ringside__V1__CounterRow *row, unsigned which, size_t size)
{
	const ProtobufCMessageDescriptor *type = &ringside__v1__counter_row__descriptor;
	const unsigned container = find_field(type, CONTAINER_OF_ROW);
	struct json_state *state = output->state;
	struct body body = {.name = row->kind};
	struct telling telling = {
		.output = output,
		.state = state,
		.writer = output->writer,
		.record = record,
		.body = &body,
		.kind = kind_find(row->kind),
		.process.text = (const uint8_t *)"",
	};
	struct json_page page = {.writer = output->writer, .behind_value = true};

	writer_put(output->writer, "{", 1);
	if (record->has_time_unix_nano)
		put_time(state, output->writer, record->time_unix_nano);
	json_header_put_host(&state->header, output->writer);
	json_names_begin(state->names);
	telling.container = json_names_container(state->names, output->cache, row->container);
	put_beginning(&telling, text_severity_full);
	json_chars(output->writer, state->text, size);
	writer_put(output->writer, "\"", 1);
	put_stream(&telling);
	message_json_put_members(shapes_root(state->rows), output->writer, row, container,
				 container + 1);
	telling.kind->fill_members(&page, row, which);
	writer_put(output->writer, "}\n", 2);
}

static int put_json_row(struct output *output, const Ringside__V1__Record *record,
			const Ringside__V1__CounterRow *row)
{
	const struct kind *kind = kind_find(row->kind);
	struct json_state *state = output->state;
	unsigned which = 0;
	int r, said = 0;
	size_t size;

	while ((size = full_rows_next(&state->full, output->header, kind, row, &which, state->text,
				      sizeof(state->text)))) {
		r = json_header_take(&state->header, output->header);
		if (r < 0)
			return r;
		if (r)
			kind_stories_forget(&state->stories);
		put_full(output, record, row, which - 1, size);
		said = 1;
	}
	return said;
}

const struct output_ops output_json = {
	.name = "json",
	.help = "one JSON object a line, for people, jq and agents",
	.apart = true,
	.open = open_json,
	.put = put_json,
	.close = close_json,
	.put_row = put_json_row,
	.prints = output_prints_events,
};
