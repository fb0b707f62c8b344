/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a message is one walk over its rows (message-json-table.c makes them). */
#include "consumer/output/message-json.h"

#include <string.h>

#include "consumer/base/json.h"
#include "consumer/output/message-json-value.h"
#include "consumer/read/message-cache.h"

#define NOTE_MAX (32u * 1024) /* of a message in JSON: a longer one is not kept in the cache */

/* The key and value of a map's entry, written as one member. */
static void put_entry(const struct message_json_field *field, struct writer *writer,
		      const void *entry)
{
	const struct message_json_field *fields = field->sub->fields;
	const uint8_t *base = entry;

	fields[0].put(&fields[0], writer, base + fields[0].offset);
	writer_put(writer, ":", 1);
	fields[1].put(&fields[1], writer, base + fields[1].offset);
}

static const char *entry_key(const struct message_json_field *field, const void *entry)
{
	const char *key =
		*(const char *const *)((const uint8_t *)entry + field->sub->fields[0].offset);

	return key ? key : "";
}

/* Of entries with the same key the last one counts, as protobuf has it. Looked for only where
 * there are few: who makes more labels than this does not get them sorted out. */
static bool entry_is_repeated(const struct message_json_field *field, void *const *entries,
			      size_t i, size_t n)
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

static void put_map(const struct message_json_field *field, struct writer *writer,
		    void *const *entries, size_t n)
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

static void put_value(const struct message_json_field *field, struct writer *writer,
		      const void *member)
{
	if (field->sub)
		message_json_put(field->sub, writer, *(const void *const *)member);
	else
		field->put(field, writer, member);
}

static bool value_is_written(const struct message_json_field *field, const void *member)
{
	return !field->closed || shape_enum_name(field, *(const int *)member);
}

static void put_numbers(const struct message_json_field *field, struct writer *writer,
			const void *values, size_t n)
{
	const uint8_t *value = values;

	for (size_t i = 0; i < n; i++, value += field->size) {
		uint8_t *p = writer_room(writer, JSON_NUMBER + 1);

		*p = ',';
		writer_used(writer, field->number(p + (i > 0), value));
	}
}

static void put_values(const struct message_json_field *field, struct writer *writer,
		       const void *values, size_t n)
{
	const uint8_t *p = values;
	bool first = true;

	for (size_t i = 0; i < n; i++, p += field->size) {
		if (!value_is_written(field, p))
			continue;
		if (!first)
			writer_put(writer, ",", 1);
		first = false;
		put_value(field, writer, p);
	}
}

static void put_array(const struct message_json_field *field, struct writer *writer,
		      const void *values, size_t n)
{
	writer_put(writer, "[", 1);
	if (field->number)
		put_numbers(field, writer, values, n);
	else
		put_values(field, writer, values, n);
	writer_put(writer, "]", 1);
}

static inline bool is_set(const struct message_json_field *field, const uint8_t *base)
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
static inline uint8_t *put_key(const struct message_json_field *field, uint8_t *p, bool comma)
{
	const char *key = field->key + !comma;

	memcpy(p, key, SHAPE_KEY_SIZE / 2);
	if (field->key_size > SHAPE_KEY_SIZE / 2)
		memcpy(p + SHAPE_KEY_SIZE / 2, key + SHAPE_KEY_SIZE / 2, SHAPE_KEY_SIZE / 2);
	return p + field->key_size - !comma;
}

/* Returns whether something was written. */
static inline bool put_field(const struct message_json_field *field, struct writer *writer,
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
		put_value(field, writer, member);
	}
	return true;
}

static void put_object(const struct message_json *shape, struct writer *writer, const void *message)
{
	bool comma = false;

	writer_put(writer, "{", 1);
	for (const struct message_json_field *field = shape->fields; field < shape->end; field++)
		comma |= put_field(field, writer, message, comma);
	writer_put(writer, "}", 1);
}

/* With room for all of it no flush comes between, and it is one piece. */
static void put_noted(const struct message_json *shape, struct writer *writer, const void *message,
		      struct message_cache_note *note)
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
		message_cache_note_keep(shapes->cache, note, shapes, start, size);
}

void message_json_put(const struct message_json *shape, struct writer *writer, const void *message)
{
	struct message_cache_note *note =
		message_cache_note(shape->shapes->cache, message, MESSAGE_CACHE_OBJECT);

	if (note)
		put_noted(shape, writer, message, note);
	else
		put_object(shape, writer, message);
}

void message_json_put_members(const struct message_json *shape, struct writer *writer,
			      const void *message, unsigned from, unsigned to)
{
	const struct message_json_field *field = shape->fields + from, *end = shape->fields + to;

	for (; field < end; field++)
		(void)put_field(field, writer, message, true);
}

const struct message_json *message_json_of_body(const struct message_json *shape, unsigned i)
{
	return shape->fields[i].presence == SHAPE_CASE ? shape->fields[i].sub : NULL;
}

void shapes_use_memo(struct shapes *shapes, struct message_cache *cache)
{
	shapes->cache = cache;
}

const struct message_json *shapes_root(const struct shapes *shapes)
{
	return &shapes->shapes[0];
}
