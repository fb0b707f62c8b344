/* SPDX-License-Identifier: Apache-2.0 */
/* What comes again is kept ready: a process and a container in the cache's notes of them, what a
 * kind tells of many events alike by its key. */
#include "consumer/otel/otel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/kinds/kind-story.h"
#include "consumer/kinds/sentence.h"
#include "consumer/otel/otel-resource.h"
#include "consumer/otel/otel-shape.h"
#include "consumer/read/body.h"
#include "consumer/read/message-cache.h"

#define BODIES 16u /* of Record, and one */
#define NAME_MAX_SIZE 64
#define STREAM_ID 16u
#define HOST_MAX 256u

/* How records of a kind are told. */
struct telling {
	const struct kind *kind; /* NULL: the stream's own */
	char event_name[NAME_MAX_SIZE];
	struct otel_shape *shape;
};

struct otel {
	const struct otel_form *form;
	struct telling bodies[BODIES];
	struct telling limited[KINDS_COUNT]; /* of which kind's events are held back */
	struct otel_shape *process, *container;
	struct otel_resource resource;
	struct writer *resource_text;
	bool has_header; /* one was taken, or NULL */
	uint8_t stream_id[STREAM_ID];
	char host[HOST_MAX];
	char architecture[NAME_MAX_SIZE];       /* which sentences depend on */
	struct writer *pieces, *out, *identity; /* identity: of the stream, an attribute */
	struct kind_stories stories;
	uint64_t containers; /* that have a number */
	char text[TEXT_MAX];
};

/* A part that was made; number: of a container, that no other one has; 0: none. */
struct part {
	uint64_t number;
	size_t name_size;
	struct otel_piece name, attributes;
};

static int name_telling(struct telling *telling, const char *event, const char *prefix,
			const ProtobufCMessageDescriptor *desc,
			const ProtobufCMessageDescriptor *like, const char *like_prefix)
{
	(void)snprintf(telling->event_name, sizeof(telling->event_name), "%s", event);
	return otel_shape_own(&telling->shape, desc, prefix, like, like_prefix, true);
}

/* "linux." and its name, and "linux." and its short one before its attributes. */
static int name_kind(struct telling *telling, const struct kind *kind,
		     const ProtobufCMessageDescriptor *desc)
{
	char event[NAME_MAX_SIZE], prefix[NAME_MAX_SIZE];

	(void)snprintf(event, sizeof(event), "linux.%s", kind->event ? kind->event : kind->name);
	(void)snprintf(prefix, sizeof(prefix), "linux.%s.", kind->option);
	telling->kind = kind;
	return name_telling(telling, event, prefix, desc, NULL, NULL);
}

static const ProtobufCFieldDescriptor *body_field(unsigned number)
{
	return protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor, number);
}

/* A Limited has the fields that tell its kind's events apart, and calls them as those do. */
static int name_limited(struct telling *telling, const struct kind *kind)
{
	const ProtobufCMessageDescriptor *like = kind ? body_field(kind->body)->descriptor : NULL;
	char prefix[NAME_MAX_SIZE] = "";

	if (kind)
		(void)snprintf(prefix, sizeof(prefix), "linux.%s.", kind->option);
	telling->kind = kind;
	return name_telling(telling, "ringside.limited", "ringside.limited.",
			    &ringside__v1__limited__descriptor, like, prefix);
}

static int name_all(struct otel *otel)
{
	int r = name_telling(&otel->bodies[RINGSIDE__V1__RECORD__BODY_LOST], "ringside.lost",
			     "ringside.lost.", &ringside__v1__lost__descriptor, NULL, NULL);

	if (!r)
		r = name_limited(&otel->bodies[RINGSIDE__V1__RECORD__BODY_LIMITED], NULL);
	for (unsigned i = 0; !r && i < KINDS_COUNT; i++) {
		const struct kind *kind = kinds[i];

		if (!kind->body || kind->body >= BODIES)
			continue;
		r = name_kind(&otel->bodies[kind->body], kind, body_field(kind->body)->descriptor);
		if (!r && kind->limited)
			r = name_limited(&otel->limited[i], kind);
	}
	if (!r)
		r = otel_shape_common(&otel->process, &ringside__v1__process__descriptor,
				      "linux.process.");
	if (!r)
		r = otel_shape_common(&otel->container, &ringside__v1__container__descriptor,
				      "linux.container.");
	return r;
}

static int make_writers(struct otel *otel)
{
	int r = writer_new(&otel->pieces, -1);

	if (!r)
		r = writer_new(&otel->out, -1);
	if (!r)
		r = writer_new(&otel->identity, -1);
	return r ? r : writer_new(&otel->resource_text, -1);
}

int otel_new(struct otel **ret, const struct otel_form *form)
{
	_cleanup_(otel_freep) struct otel *otel = calloc(1, sizeof(*otel));
	int r;

	if (!otel)
		return -ENOMEM;
	otel->form = form;
	r = name_all(otel);
	if (!r)
		r = make_writers(otel);
	if (!r)
		r = otel_resource_read(&otel->resource, getenv("OTEL_RESOURCE_ATTRIBUTES"),
				       getenv("OTEL_SERVICE_NAME"));
	if (!r)
		*ret = TAKE_PTR(otel);
	return r;
}

struct otel *otel_free(struct otel *otel)
{
	if (!otel)
		return NULL;
	for (unsigned i = 0; i < BODIES; i++)
		(void)otel_shape_free(otel->bodies[i].shape);
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		(void)otel_shape_free(otel->limited[i].shape);
	(void)otel_shape_free(otel->process);
	(void)otel_shape_free(otel->container);
	otel_resource_done(&otel->resource);
	(void)writer_free(otel->resource_text);
	(void)writer_free(otel->pieces);
	(void)writer_free(otel->identity);
	(void)writer_free(otel->out);
	kind_stories_done(&otel->stories);
	free(otel);
	return NULL;
}

bool otel_tells(unsigned kind)
{
	return kind == RINGSIDE__V1__RECORD__BODY_LOST ||
	       kind == RINGSIDE__V1__RECORD__BODY_LIMITED || body_kind_is_event(kind);
}

static bool is_same_text(const char *kept, const char *text, size_t size)
{
	return !strncmp(kept, text ? text : "", size - 1);
}

static void keep_text(char *kept, const char *text, size_t size)
{
	(void)snprintf(kept, size, "%s", text ? text : "");
}

/* All Headers of a stream tell of the same host. */
static bool is_taken(const struct otel *otel, const Ringside__V1__Header *header)
{
	if (!otel->has_header)
		return false;
	if (!header)
		return !otel->identity->size && !*otel->host;
	return header->has_stream_id && header->stream_id.len == STREAM_ID &&
	       otel->identity->size &&
	       !memcmp(header->stream_id.data, otel->stream_id, STREAM_ID) &&
	       is_same_text(otel->host, header->host_name, sizeof(otel->host)) &&
	       is_same_text(otel->architecture, header->architecture, sizeof(otel->architecture));
}

static void put_identity(struct otel *otel, const ProtobufCBinaryData *id)
{
	char text[2 * STREAM_ID + LINE_MIN];
	struct line line = line_make(text, sizeof(text));

	if (id->len != STREAM_ID)
		return;
	memcpy(otel->stream_id, id->data, STREAM_ID);
	for (size_t i = 0; i < STREAM_ID; i++)
		line_hex(&line, id->data[i], 2);
	otel->form->string(otel->identity, "ringside.stream_id", text, line_end(&line));
}

int otel_take_header(struct otel *otel, const Ringside__V1__Header *header)
{
	if (is_taken(otel, header))
		return 0;
	otel->has_header = true;
	otel->identity->size = 0;
	keep_text(otel->host, header ? header->host_name : NULL, sizeof(otel->host));
	keep_text(otel->architecture, header ? header->architecture : NULL,
		  sizeof(otel->architecture));
	if (header && header->has_stream_id)
		put_identity(otel, &header->stream_id);
	otel->resource_text->size = 0;
	otel_resource_put(&otel->resource, header, otel->form, otel->resource_text);
	kind_stories_forget(&otel->stories);
	return 1;
}

struct otel_piece otel_resource_of(const struct otel *otel)
{
	return (struct otel_piece){otel->resource_text->buf, otel->resource_text->size};
}

static const void *part_at(const Ringside__V1__Record *record, size_t offset)
{
	/* all bodies share this place */
	return offset ? *(const void *const *)((const uint8_t *)record->header + offset) : NULL;
}

/* What is called @text, with the attributes of @message. In notes as it lies in pieces: the
 * numbers, the name, the attributes. */
struct part_head {
	uint64_t number;
	size_t name_size, attributes_size;
};

static struct part part_of(const struct part_head *head, const uint8_t *text)
{
	return (struct part){
		.number = head->number,
		.name = {text, head->name_size},
		.attributes = {text + head->name_size, head->attributes_size},
	};
}

/* Of a record that is too large: it is not told. */
static const struct part no_part;

static struct part make_part(struct otel *otel, struct message_cache *cache,
			     struct message_cache_note *note, const struct otel_shape *shape,
			     const void *message, size_t text_size)
{
	struct writer *writer = otel->pieces;
	const size_t start = writer->size, text = start + sizeof(struct part_head);
	struct part_head head = {.number = ++otel->containers};

	writer_put(writer, &head, sizeof(head));
	otel->form->text(writer, otel->text, text_size);
	if (writer->error)
		return no_part;
	head.name_size = writer->size - text;
	if (message)
		otel_shape_put(shape, otel->form, writer, message, 0, UINT32_MAX);
	if (writer->error)
		return no_part;
	head.attributes_size = writer->size - text - head.name_size;
	memcpy(writer->buf + start, &head, sizeof(head));
	if (note)
		message_cache_note_keep(cache, note, shape, writer->buf + start,
					writer->size - start);
	/* what is not kept has another one the next time */
	head.number = note && note->owner == shape ? head.number : 0;
	return part_of(&head, writer->buf + text);
}

static bool find_part(const struct message_cache_note *note, const struct otel_shape *shape,
		      struct part *part)
{
	struct part_head head;

	if (!note || note->owner != shape)
		return false;
	memcpy(&head, note->text, sizeof(head));
	*part = part_of(&head, note->text + sizeof(head));
	return true;
}

static struct part tell_process(struct otel *otel, struct message_cache *cache,
				const Ringside__V1__Process *process)
{
	struct message_cache_note *note = message_cache_note(cache, process, MESSAGE_CACHE_OBJECT);
	struct line line;
	struct part part;

	if (find_part(note, otel->process, &part))
		return part;
	line = line_make(otel->text, sizeof(otel->text));
	text_process(&line, process);
	return make_part(otel, cache, note, otel->process, process, line_end(&line));
}

static struct part tell_container(struct otel *otel, struct message_cache *cache,
				  const Ringside__V1__Container *container)
{
	struct message_cache_note *note =
		message_cache_note(cache, container, MESSAGE_CACHE_OBJECT);
	struct line line;
	struct part part;

	if (find_part(note, otel->container, &part))
		return part;
	line = line_make(otel->text, sizeof(otel->text));
	text_container(&line, container);
	return make_part(otel, cache, note, otel->container, container, line_end(&line));
}

/* The record at hand. */
struct told {
	struct otel *otel;
	const Ringside__V1__Record *record;
	const Ringside__V1__Header *header;
	const struct telling *telling;
	struct part process, container;
	struct otel_log log;
};

static void add_body(struct told *told, struct otel_piece piece)
{
	told->log.body[told->log.body_pieces++] = piece;
}

static void add_attributes(struct told *told, struct otel_piece piece)
{
	told->log.attributes[told->log.attribute_pieces++] = piece;
}

static struct otel_piece piece_from(const struct writer *writer, size_t start)
{
	return (struct otel_piece){writer->buf + start, writer->error ? 0 : writer->size - start};
}

static void put_advice(const struct told *told)
{
	struct otel *otel = told->otel;
	const size_t size = text_advice(otel->text, sizeof(otel->text), told->record);

	if (size)
		otel->form->string(otel->pieces, "ringside.advice", otel->text, size);
}

static const void *body_at(const struct told *told)
{
	return told->record->header; /* all bodies share this place */
}

static void put_fields(const struct told *told, uint32_t from, uint32_t to)
{
	otel_shape_put(told->telling->shape, told->otel->form, told->otel->pieces, body_at(told),
		       from, to);
}

static void tell_plainly(struct told *told)
{
	struct otel *otel = told->otel;
	struct writer *writer = otel->pieces;
	size_t start = writer->size;

	otel->form->text(writer, otel->text,
			 text_message(otel->text, sizeof(otel->text), told->record, told->header));
	add_body(told, piece_from(writer, start));
	start = writer->size;
	put_advice(told);
	put_fields(told, 0, UINT32_MAX);
	add_attributes(told, piece_from(writer, start));
	told->log.severity = text_severity(told->record);
}

static bool make_key(const struct told *told, struct kind_story_key *key)
{
	const struct kind *kind = told->telling->kind;

	if (!kind || !kind->key || told->record->body_case != kind->body || !told->container.number)
		return false;
	key->container = told->container.number;
	key->kind = kind->body;
	return kind->key(told->record, &key->key);
}

/* What is the same of all events with this key. */
static struct kind_story make_story(const struct told *told, const struct kind_story_key *key)
{
	const struct kind *kind = told->telling->kind;
	struct otel *otel = told->otel;
	struct writer *writer = otel->pieces;
	const size_t start = writer->size;
	struct line line = line_make(otel->text, sizeof(otel->text));
	size_t told_size;

	line_put(&line, " ", 1);
	kind->same(&line, told->record, told->header);
	otel->form->text(writer, otel->text, line_end(&line));
	told_size = writer->size - start;
	put_advice(told);
	put_fields(told, kind->key_first, kind->key_last);
	if (writer->error)
		return (struct kind_story){.severity = "INFO", .text = writer->buf};
	return (struct kind_story){
		.key = *key,
		.severity = text_severity(told->record),
		.text = writer->buf + start,
		.told_size = told_size,
		.size = writer->size - start,
	};
}

static void tell_story(struct told *told, const struct kind_story_key *key)
{
	const struct kind *kind = told->telling->kind;
	struct otel *otel = told->otel;
	const struct kind_story *story = kind_stories_find(&otel->stories, key);
	struct kind_story made;
	size_t start;

	if (!story) {
		made = make_story(told, key);
		if (!otel->pieces->error)
			kind_stories_keep(&otel->stories, &made);
		story = &made;
	}
	add_body(told, told->process.name);
	add_body(told, (struct otel_piece){story->text, story->told_size});
	add_attributes(told, (struct otel_piece){story->text + story->told_size,
						 story->size - story->told_size});
	told->log.severity = story->severity;
	start = otel->pieces->size;
	put_fields(told, 0, kind->key_first - 1);
	put_fields(told, kind->key_last + 1, UINT32_MAX);
	add_attributes(told, piece_from(otel->pieces, start));
}

static const struct telling *telling_of(const struct otel *otel, const Ringside__V1__Record *record)
{
	const struct kind *kind;

	if (record->body_case != RINGSIDE__V1__RECORD__BODY_LIMITED)
		return &otel->bodies[record->body_case];
	kind = kind_of(record);
	for (unsigned i = 0; kind && i < KINDS_COUNT; i++)
		if (kinds[i] == kind && otel->limited[i].shape)
			return &otel->limited[i];
	return &otel->bodies[record->body_case];
}

static void add_identity(struct told *told)
{
	struct otel *otel = told->otel;
	const size_t start = otel->pieces->size;

	add_attributes(told, piece_from(otel->identity, 0));
	if (told->record->has_seq)
		otel->form->integer(otel->pieces, "ringside.seq", (int64_t)told->record->seq);
	if (told->record->self_test)
		otel->form->boolean(otel->pieces, "ringside.self_test", true);
	add_attributes(told, piece_from(otel->pieces, start));
}

/* Whose it is, before the sentence: as JSON has it. */
static void begin_body(struct told *told)
{
	add_body(told, told->container.name);
	add_body(told, (struct otel_piece){(const uint8_t *)": ", 2});
	add_attributes(told, told->container.attributes);
}

int otel_tell(struct otel *otel, const Ringside__V1__Record *record,
	      const Ringside__V1__Header *header, struct message_cache *cache,
	      struct otel_told *ret)
{
	struct told told = {.otel = otel,
			    .record = record,
			    .header = header,
			    .telling = telling_of(otel, record)};
	const struct otel_shape *shape = told.telling->shape;
	struct kind_story_key key;

	otel->pieces->size = otel->out->size = 0;
	if (record->has_time_unix_nano)
		told.log.time_unix_nano = record->time_unix_nano;
	told.log.event_name = told.telling->event_name;
	add_identity(&told);
	told.container = tell_container(otel, cache, part_at(record, shape->container));
	begin_body(&told);
	if (shape->process) {
		told.process = tell_process(otel, cache, part_at(record, shape->process));
		add_attributes(&told, told.process.attributes);
	}
	if (make_key(&told, &key))
		tell_story(&told, &key);
	else
		tell_plainly(&told);
	ret->n = ret->size = 0;
	otel->form->record(otel->out, &told.log, ret);
	if (otel->pieces->error || otel->out->error || ret->size > WRITER_SIZE) {
		otel->pieces->error = otel->out->error = 0;
		return -EMSGSIZE;
	}
	return 0;
}
