/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/redact.h"

#include <stdlib.h>

#include "consumer/base/arena.h"
#include "consumer/base/text-line.h"
#include "consumer/read/unpack.h"
#include "consumer/read/vocabulary.h"
#include "proto/record/pb-read.h"

#define TYPES_MAX 64
#define FIELDS_MAX 64 /* a bit each */

/* A type of messages, and the numbers of its fields that stay. */
struct type {
	const ProtobufCMessageDescriptor *desc;
	uint64_t kept;
};

struct redact {
	unsigned what; /* a bit for each word */
	char words[sizeof(REDACT_WORDS)];
	struct type types[TYPES_MAX]; /* Record, and what is in it */
	unsigned n_types;
	uint8_t *buf;
	size_t room;
	struct unpacker *unpacker;
	struct arena arena;
};

/* Bit of the word, 0: there is none. */
static unsigned find_word(const char *word, size_t size)
{
	for (unsigned i = 0; i < VOCABULARY_PRIVATE_WORDS; i++)
		if (strlen(vocabulary_private_word(i)) == size &&
		    !strncmp(vocabulary_private_word(i), word, size))
			return 1u << i;
	return 0;
}

static int refuse_word(const char *word, size_t size, char problem[TARGET_PROBLEM])
{
	char text[64];
	struct line line = line_make(text, sizeof(text));

	line_safe(&line, word, size);
	(void)line_end(&line);
	return refuse(problem, TARGET_PROBLEM, -EINVAL,
		      size ? "--redact does not know '%s': it takes " REDACT_WORDS
			     ", with commas between them"
			   : "--redact takes " REDACT_WORDS ", with commas between them%s",
		      text);
}

static int read_words(struct redact *redact, const char *list, char problem[TARGET_PROBLEM])
{
	const char *before = "";
	size_t used = 0;

	for (const char *word = list;; word++) {
		size_t size = strcspn(word, ",");
		unsigned bit = find_word(word, size);

		if (!bit)
			return refuse_word(word, size, problem);
		redact->what |= bit;
		word += size;
		if (!*word)
			break;
	}
	for (unsigned i = 0; i < VOCABULARY_PRIVATE_WORDS; i++) {
		if (!(redact->what & 1u << i))
			continue;
		used += (size_t)snprintf(redact->words + used, sizeof(redact->words) - used, "%s%s",
					 before, vocabulary_private_word(i));
		before = ",";
	}
	return 0;
}

static bool is_kept(const struct redact *redact, const ProtobufCFieldDescriptor *field)
{
	static const char *const checksums[] = {"xxh3", "xxh64", "hashed_bytes"};

	for (size_t i = 0; i < ARRAY_SIZE(checksums); i++)
		if (!strcmp(field->name, checksums[i]))
			return false;
	return !(redact->what & vocabulary_private(field->name));
}

static struct type *find_type(struct type *types, unsigned n,
			      const ProtobufCMessageDescriptor *desc)
{
	for (struct type *type = types; type < types + n; type++)
		if (type->desc == desc)
			return type;
	return NULL;
}

/* Types that are found on the way are added behind. */
static int add_type(struct redact *redact, const ProtobufCMessageDescriptor *desc)
{
	if (find_type(redact->types, redact->n_types, desc))
		return 0;
	if (redact->n_types == TYPES_MAX)
		return -ENOMEM;
	redact->types[redact->n_types++].desc = desc;
	return 0;
}

static int read_types(struct redact *redact)
{
	int r = add_type(redact, &ringside__v1__record__descriptor);

	for (struct type *type = redact->types; !r && type < redact->types + redact->n_types;
	     type++) {
		for (unsigned i = 0; !r && i < type->desc->n_fields; i++) {
			const ProtobufCFieldDescriptor *field = &type->desc->fields[i];

			if (field->id < FIELDS_MAX && is_kept(redact, field))
				type->kept |= UINT64_C(1) << field->id;
			if (field->type == PROTOBUF_C_TYPE_MESSAGE)
				r = add_type(redact, field->descriptor);
		}
	}
	return r;
}

int redact_new(struct redact **ret, const char *list, char problem[TARGET_PROBLEM])
{
	_cleanup_(redact_freep) struct redact *redact = calloc(1, sizeof(*redact));
	int r;

	if (!redact)
		return -ENOMEM;
	arena_init(&redact->arena);
	r = read_words(redact, list, problem);
	if (!r)
		r = read_types(redact);
	if (!r)
		r = unpacker_new(&redact->unpacker, &ringside__v1__record__descriptor);
	if (r)
		return r;
	*ret = TAKE_PTR(redact);
	return 0;
}

struct redact *redact_free(struct redact *redact)
{
	if (redact) {
		redact->unpacker = unpacker_free(redact->unpacker);
		arena_done(&redact->arena);
		free(redact->buf);
		free(redact);
	}
	return NULL;
}

const char *redact_words(const struct redact *redact)
{
	return redact->words;
}

/* A message, in @field of another one. */
struct part {
	const struct redact *redact;
	const struct type *type;
	const uint8_t *p, *end;
};

static uint8_t *put_part(const struct part *part, uint8_t *to);

/* Its length is put before it when it is known: it has not become longer. */
static uint8_t *put_message(const struct part *of, const struct pb_field *field,
			    const ProtobufCMessageDescriptor *desc, uint8_t *to)
{
	const struct part part = {
		of->redact,
		find_type((struct type *)of->redact->types, of->redact->n_types, desc),
		field->data,
		field->data + field->size,
	};
	const size_t room = pb_varint_size(field->size);
	uint8_t *body, *end;
	size_t size;

	to = pb_put_varint(to, field->number << 3 | PB_BYTES);
	body = to + room;
	end = put_part(&part, body);
	if (!end)
		return NULL;
	size = (size_t)(end - body);
	if (pb_varint_size(size) < room)
		memmove(to + pb_varint_size(size), body, size);
	return pb_put_varint(to, size) + size;
}

/* Of a kind of records that is not known, that there was one. */
static uint8_t *put_unknown(const struct part *part, const struct pb_field *field, uint8_t *to)
{
	if (part->type != part->redact->types || field->type != PB_BYTES)
		return to;
	to = pb_put_varint(to, field->number << 3 | PB_BYTES);
	return pb_put_varint(to, 0);
}

static uint8_t *put_part(const struct part *part, uint8_t *to)
{
	const uint8_t *next;
	struct pb_field field = {0};

	for (const uint8_t *p = part->p; to && p < part->end; p = next) {
		const ProtobufCFieldDescriptor *desc;

		next = pb_get_field(p, part->end, &field);
		if (!next)
			return NULL;
		desc = protobuf_c_message_descriptor_get_field(part->type->desc, field.number);
		if (!desc) {
			to = put_unknown(part, &field, to);
		} else if (field.number >= FIELDS_MAX || !(part->type->kept >> field.number & 1)) {
			continue;
		} else if (desc->type != PROTOBUF_C_TYPE_MESSAGE) {
			memcpy(to, p, (size_t)(next - p));
			to += next - p;
		} else if (field.type == PB_BYTES) {
			to = put_message(part, &field, desc->descriptor, to);
		}
	}
	return to;
}

ssize_t redact_frame(const struct redact *redact, const uint8_t *frame, size_t size, uint8_t *buf)
{
	const struct part record = {redact, redact->types, frame, frame + size};
	const uint8_t *end = put_part(&record, buf);

	return end ? end - buf : -EBADMSG;
}

static int make_room(struct redact *redact, size_t size)
{
	uint8_t *buf;

	if (size <= redact->room)
		return 0;
	buf = realloc(redact->buf, size);
	if (!buf)
		return -ENOMEM;
	redact->buf = buf;
	redact->room = size;
	return 0;
}

int redact_item(struct redact *redact, struct target_item *item)
{
	int r = make_room(redact, item->size + 1);
	const Ringside__V1__Record *record = NULL;
	ssize_t size;

	if (r)
		return r;
	size = redact_frame(redact, item->frame, item->size, redact->buf);
	if (size < 0)
		return (int)size;
	if (item->record) {
		record = unpacker_unpack(redact->unpacker, &redact->arena, redact->buf,
					 (size_t)size);
		if (!record)
			return -EBADMSG;
	}
	item->frame = redact->buf;
	item->size = (size_t)size;
	item->record = record;
	item->redacted = redact->words;
	return 0;
}
