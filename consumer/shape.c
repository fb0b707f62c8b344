/* SPDX-License-Identifier: Apache-2.0 */
/* Each field becomes a row: the ready key, where the member is, and which function writes it
 * (shape-value.c). Writing a message is then one walk over its rows. */
#include "shape.h"

#include <string.h>

#include "json.h"
#include "memo.h"
#include "shape-value.h"
#include "util.h"

#define SHAPES_MAX 64
#define NOTE_MAX (32u * 1024) /* of a message in JSON: a longer one is not kept in the memo */

struct shape {
	const ProtobufCMessageDescriptor *desc;
	struct shape_field *fields, *end;
	const struct shapes *shapes;
};

struct shapes {
	enum shape_form form;
	struct memo *memo; /* borrowed; NULL: none */
	unsigned n;
	struct shape shapes[SHAPES_MAX];
};

/* The key and value of a map's entry, written as one member. */
static void put_entry(const struct shape_field *field, struct writer *writer, const void *entry)
{
	const struct shape_field *fields = field->sub->fields;
	const uint8_t *base = entry;

	fields[0].put(&fields[0], writer, base + fields[0].offset);
	writer_put(writer, ":", 1);
	fields[1].put(&fields[1], writer, base + fields[1].offset);
}

static const char *entry_key(const struct shape_field *field, const void *entry)
{
	const char *key =
		*(const char *const *)((const uint8_t *)entry + field->sub->fields[0].offset);

	return key ? key : "";
}

/* Of entries with the same key the last one counts, as protobuf has it. Looked for only where
 * there are few: who makes more labels than this does not get them sorted out. */
static bool entry_is_repeated(const struct shape_field *field, void *const *entries, size_t i,
			      size_t n)
{
	const char *key = entry_key(field, entries[i]);

	if (n > 256)
		return false;
	for (size_t k = i + 1; k < n; k++) {
		if (!strcmp(key, entry_key(field, entries[k])))
			return true;
	}
	return false;
}

static void put_map(const struct shape_field *field, struct writer *writer, void *const *entries,
		    size_t n)
{
	bool first = true;

	writer_put(writer, "{", 1);
	for (size_t i = 0; i < n; i++) {
		if (entry_is_repeated(field, entries, i, n))
			continue;
		if (!first)
			writer_put(writer, ",", 1);
		first = false;
		put_entry(field, writer, entries[i]);
	}
	writer_put(writer, "}", 1);
}

static bool value_is_written(const struct shape_field *field, const void *member)
{
	return !field->closed || shape_enum_name(field, *(const int *)member);
}

static void put_numbers(const struct shape_field *field, struct writer *writer, const void *values,
			size_t n)
{
	const uint8_t *value = values;

	for (size_t i = 0; i < n; i++, value += field->size) {
		uint8_t *p = writer_room(writer, JSON_NUMBER + 1);

		*p = ',';
		writer_used(writer, field->number(p + (i > 0), value));
	}
}

static void put_values(const struct shape_field *field, struct writer *writer, const void *values,
		       size_t n)
{
	const uint8_t *p = values;
	bool first = true;

	for (size_t i = 0; i < n; i++, p += field->size) {
		if (!value_is_written(field, p))
			continue;
		if (!first)
			writer_put(writer, ",", 1);
		first = false;
		field->put(field, writer, p);
	}
}

static void put_array(const struct shape_field *field, struct writer *writer, const void *values,
		      size_t n)
{
	writer_put(writer, "[", 1);
	if (field->number)
		put_numbers(field, writer, values, n);
	else
		put_values(field, writer, values, n);
	writer_put(writer, "]", 1);
}

static inline bool is_set(const struct shape_field *field, const uint8_t *base)
{
	const uint8_t *quantifier = base + field->quantifier;

	switch (field->presence) {
	case SHAPE_ALWAYS:
		return true;
	case SHAPE_POINTER:
		return *(const void *const *)(base + field->offset) != NULL;
	case SHAPE_HAS:
		return *(const protobuf_c_boolean *)quantifier != 0;
	case SHAPE_CASE:
		/* a message of a newer version's is not there */
		return *(const uint32_t *)quantifier == field->desc->id;
	case SHAPE_COUNT:
		return *(const size_t *)quantifier != 0;
	default:
		return false;
	}
}

/* @p has room for SHAPE_KEY_SIZE bytes. More than the key is copied, because that is faster than
 * the right number of bytes. */
static inline uint8_t *put_key(const struct shape_field *field, uint8_t *p, bool comma)
{
	const char *key = field->key + !comma;

	memcpy(p, key, SHAPE_KEY_SIZE / 2);
	if (field->key_size > SHAPE_KEY_SIZE / 2)
		memcpy(p + SHAPE_KEY_SIZE / 2, key + SHAPE_KEY_SIZE / 2, SHAPE_KEY_SIZE / 2);
	return p + field->key_size - !comma;
}

/* Returns whether something was written. */
static inline bool put_field(const struct shape_field *field, struct writer *writer,
			     const uint8_t *base, bool comma)
{
	const void *member = base + field->offset;
	uint8_t *p;

	if (!is_set(field, base))
		return false;
	if (field->presence != SHAPE_COUNT && !value_is_written(field, member))
		return false;
	p = put_key(field, writer_room(writer, SHAPE_KEY_SIZE + JSON_NUMBER), comma);
	if (field->presence == SHAPE_COUNT) {
		size_t n = *(const size_t *)(base + field->quantifier);

		writer_used(writer, p);
		if (field->map)
			put_map(field, writer, *(void *const *const *)member, n);
		else
			put_array(field, writer, *(const void *const *)member, n);
	} else if (field->number) {
		writer_used(writer, field->number(p, member));
	} else {
		writer_used(writer, p);
		field->put(field, writer, member);
	}
	return true;
}

static void put_object(const struct shape *shape, struct writer *writer, const void *message)
{
	bool comma = false;

	writer_put(writer, "{", 1);
	for (const struct shape_field *field = shape->fields; field < shape->end; field++)
		comma |= put_field(field, writer, message, comma);
	writer_put(writer, "}", 1);
}

/* With room for all of it no flush comes between, and it is one piece. */
static void put_noted(const struct shape *shape, struct writer *writer, const void *message,
		      struct memo_note *note)
{
	const struct shapes *shapes = shape->shapes;
	const uint8_t *start;
	size_t size;

	if (note->owner == shapes) {
		writer_put(writer, note->text, note->size);
		return;
	}
	start = writer_room(writer, 2 * NOTE_MAX);
	put_object(shape, writer, message);
	size = (size_t)(writer->buf + writer->size - start);
	if (size <= NOTE_MAX)
		memo_note_keep(shapes->memo, note, shapes, start, size);
}

void shape_put(const struct shape *shape, struct writer *writer, const void *message)
{
	struct memo_note *note = memo_note(shape->shapes->memo, message);

	if (note)
		put_noted(shape, writer, message, note);
	else
		put_object(shape, writer, message);
}

void shape_put_members(const struct shape *shape, struct writer *writer, const void *message)
{
	for (const struct shape_field *field = shape->fields; field < shape->end; field++)
		(void)put_field(field, writer, message, true);
}

const struct shape_field *shape_oneof(const struct shape *shape, const void *message)
{
	for (const struct shape_field *field = shape->fields; field < shape->end; field++) {
		if (field->presence == SHAPE_CASE && is_set(field, message))
			return field;
	}
	return NULL;
}

const char *shape_field_name(const struct shape_field *field)
{
	return field->desc->name;
}

const void *shape_field_message(const struct shape_field *field, const void *message,
				const struct shape **ret_shape)
{
	*ret_shape = field->sub;
	return *(const void *const *)((const uint8_t *)message + field->offset);
}

void shapes_use_memo(struct shapes *shapes, struct memo *memo)
{
	shapes->memo = memo;
}

const struct shape *shapes_root(const struct shapes *shapes)
{
	return &shapes->shapes[0];
}

static enum shape_presence presence_of(const ProtobufCFieldDescriptor *desc)
{
	if (desc->label == PROTOBUF_C_LABEL_REPEATED)
		return SHAPE_COUNT;
	if (desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return SHAPE_CASE;
	if (desc->type == PROTOBUF_C_TYPE_MESSAGE || desc->type == PROTOBUF_C_TYPE_STRING)
		return SHAPE_POINTER;
	return desc->label == PROTOBUF_C_LABEL_REQUIRED ? SHAPE_ALWAYS : SHAPE_HAS;
}

/* ,"limit_bytes": or ,"limitBytes": */
static int make_key(struct shape_field *field, const char *name, enum shape_form form)
{
	size_t n = 0;

	if (strlen(name) > SHAPE_KEY_SIZE - 4)
		return -ENAMETOOLONG;
	field->key[n++] = ',';
	field->key[n++] = '"';
	for (; *name; name++) {
		if (form == SHAPE_PROTO && *name == '_' && name[1] >= 'a' && name[1] <= 'z')
			field->key[n++] = (char)(*++name - 'a' + 'A');
		else
			field->key[n++] = *name;
	}
	field->key[n++] = '"';
	field->key[n++] = ':';
	field->key_size = (uint8_t)n;
	return 0;
}

/* What protoc makes of map<string, string>. */
static bool is_map(const ProtobufCFieldDescriptor *desc)
{
	const ProtobufCMessageDescriptor *entry = desc->descriptor;
	size_t length;

	if (desc->label != PROTOBUF_C_LABEL_REPEATED || desc->type != PROTOBUF_C_TYPE_MESSAGE)
		return false;
	length = strlen(entry->short_name);
	return length > 5 && !strcmp(entry->short_name + length - 5, "Entry") &&
	       entry->n_fields == 2 && !strcmp(entry->fields[0].name, "key") &&
	       !strcmp(entry->fields[1].name, "value") &&
	       entry->fields[0].type == PROTOBUF_C_TYPE_STRING &&
	       entry->fields[1].type == PROTOBUF_C_TYPE_STRING;
}

static struct shape *find_shape(struct shapes *shapes, const ProtobufCMessageDescriptor *desc)
{
	for (unsigned i = 0; i < shapes->n; i++) {
		if (shapes->shapes[i].desc == desc)
			return &shapes->shapes[i];
	}
	return NULL;
}

static int add_shape(struct shapes *shapes, const ProtobufCMessageDescriptor *desc)
{
	struct shape *shape = &shapes->shapes[shapes->n];

	if (find_shape(shapes, desc))
		return 0;
	if (shapes->n == SHAPES_MAX)
		return -E2BIG;
	shape->fields = calloc(desc->n_fields + 1, sizeof(*shape->fields));
	if (!shape->fields)
		return -ENOMEM;
	shape->desc = desc;
	shape->end = shape->fields + desc->n_fields;
	shape->shapes = shapes;
	shapes->n++;
	return 0;
}

/* Shapes found on the way are added behind: the caller comes to them later. */
static int compile(struct shapes *shapes, struct shape *shape)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		struct shape_field *field = &shape->fields[i];
		int r;

		field->desc = &shape->desc->fields[i];
		field->offset = field->desc->offset;
		field->quantifier = field->desc->quantifier_offset;
		field->presence = presence_of(field->desc);
		r = shape_choose(field, shapes->form);
		if (!r)
			r = make_key(field, field->desc->name, shapes->form);
		if (!r && field->desc->type == PROTOBUF_C_TYPE_MESSAGE) {
			r = add_shape(shapes, field->desc->descriptor);
			field->sub = find_shape(shapes, field->desc->descriptor);
			field->map = is_map(field->desc);
		}
		if (r)
			return r;
	}
	return 0;
}

int shapes_new(struct shapes **ret, const ProtobufCMessageDescriptor *root, enum shape_form form)
{
	_cleanup_(shapes_freep) struct shapes *shapes = calloc(1, sizeof(*shapes));
	int r;

	if (!shapes)
		return -ENOMEM;
	shapes->form = form;
	r = add_shape(shapes, root);
	for (unsigned i = 0; !r && i < shapes->n; i++)
		r = compile(shapes, &shapes->shapes[i]);
	if (r)
		return r;
	*ret = TAKE_PTR(shapes);
	return 0;
}

static int rename_field(struct shapes *shapes, const struct shape *shape, const char *name,
			const char *key)
{
	for (unsigned i = 0; i < shape->desc->n_fields; i++) {
		struct shape_field *field = &shape->fields[i];

		if (strcmp(field->desc->name, name) != 0)
			continue;
		if (!key)
			field->presence = SHAPE_HIDDEN;
		return key ? make_key(field, key, shapes->form) : 0;
	}
	return 0;
}

int shapes_rename(struct shapes *shapes, const char *name, const char *key)
{
	const struct shape *root = shapes_root(shapes);
	int r = 0;

	for (unsigned i = 0; !r && i < root->desc->n_fields; i++) {
		const struct shape_field *field = &root->fields[i];

		if ((field->desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && field->sub)
			r = rename_field(shapes, field->sub, name, key);
	}
	return r;
}

static void shape_done(struct shape *shape)
{
	for (struct shape_field *field = shape->fields; field < shape->end; field++)
		free(field->words);
	free(shape->fields);
}

struct shapes *shapes_free(struct shapes *shapes)
{
	if (shapes) {
		for (unsigned i = 0; i < shapes->n; i++)
			shape_done(&shapes->shapes[i]);
		free(shapes);
	}
	return NULL;
}
