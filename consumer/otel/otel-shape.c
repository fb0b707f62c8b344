/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otel/otel-shape.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/json.h"
#include "consumer/base/text-line.h"
#include "consumer/read/vocabulary.h"
#include "consumer/text/phrases.h"
#include "proto/ringside.pb-c.h"

#define KEY_MAX 128
#define DEPTH_MAX 4 /* of messages in messages */

struct naming {
	const char *prefix;
	const ProtobufCMessageDescriptor *like; /* its fields' names have like_prefix before them */
	const char *like_prefix;
	bool common; /* the semantic conventions' names, where there are */
	bool event;
	unsigned depth;
};

struct otel_shape *otel_shape_free(struct otel_shape *shape)
{
	for (unsigned i = 0; shape && i < shape->n; i++) {
		free(shape->fields[i].key);
		(void)otel_shape_free(shape->fields[i].sub);
	}
	if (shape)
		free(shape->fields);
	free(shape);
	return NULL;
}

/* The values of an enum are called after it: TIER_UNSPECIFIED, TIER_FENTRY. */
static size_t prefix_of(const ProtobufCFieldDescriptor *desc)
{
	const ProtobufCEnumDescriptor *values = desc->descriptor;
	const char *tail;

	if (desc->type != PROTOBUF_C_TYPE_ENUM || !values->n_values)
		return 0;
	tail = strstr(values->values[0].name, "UNSPECIFIED");
	return tail ? (size_t)(tail - values->values[0].name) : 0;
}

static struct otel_field *add_field(struct otel_shape *shape, const ProtobufCFieldDescriptor *desc,
				    const char *prefix, const char *name)
{
	struct otel_field *field = &shape->fields[shape->n];

	if (shape->n == shape->room || asprintf(&field->key, "%s%s", prefix, name) < 0) {
		field->key = NULL;
		return NULL;
	}
	shape->n++;
	field->desc = desc;
	field->hex = vocabulary_is_hex(desc->name);
	field->prefix = prefix_of(desc);
	field->small = desc->type == PROTOBUF_C_TYPE_ENUM && vocabulary_is_small(desc->descriptor);
	return field;
}

static bool has_member(const ProtobufCMessageDescriptor *message, const char *name)
{
	for (unsigned i = 0; message && i < message->n_fields; i++) {
		const char *member = otel_own_name(message, &message->fields[i]);

		if (member && !strcmp(member, name))
			return true;
	}
	return false;
}

static int compile_shape(struct otel_shape **ret, const ProtobufCMessageDescriptor *desc,
			 const struct naming *naming);

static int add_message(struct otel_shape *shape, const ProtobufCFieldDescriptor *desc,
		       const struct naming *naming, const char *name)
{
	char prefix[KEY_MAX];
	const struct naming below = {.prefix = prefix, .depth = naming->depth + 1};
	struct otel_field *field;

	if (naming->depth == DEPTH_MAX || desc->label == PROTOBUF_C_LABEL_REPEATED)
		return 0;
	(void)snprintf(prefix, sizeof(prefix), "%s%s.", naming->prefix, name);
	field = add_field(shape, desc, naming->prefix, name);
	return field ? compile_shape(&field->sub, desc->descriptor, &below) : -ENOMEM;
}

static int add_own(struct otel_shape *shape, const ProtobufCFieldDescriptor *desc,
		   const struct naming *naming)
{
	const char *name = otel_own_name(shape->desc, desc);

	if (!text_has(name))
		return 0;
	if (desc->type == PROTOBUF_C_TYPE_MESSAGE)
		return add_message(shape, desc, naming, name);
	return add_field(shape, desc,
			 has_member(naming->like, name) ? naming->like_prefix : naming->prefix,
			 name)
		       ? 0
		       : -ENOMEM;
}

/* The process and the container that it is about. */
static bool is_subject(struct otel_shape *shape, const ProtobufCFieldDescriptor *desc)
{
	size_t *place = desc->descriptor == &ringside__v1__process__descriptor ? &shape->process
			: desc->descriptor == &ringside__v1__container__descriptor
				? &shape->container
				: NULL;

	if (desc->type != PROTOBUF_C_TYPE_MESSAGE || desc->label == PROTOBUF_C_LABEL_REPEATED ||
	    !place || *place)
		return false;
	*place = desc->offset;
	return true;
}

static int add_any(struct otel_shape *shape, const ProtobufCFieldDescriptor *desc,
		   const struct naming *naming)
{
	const struct otel_name *name;
	unsigned i = 0;

	if (naming->event && is_subject(shape, desc))
		return 0;
	while (naming->common && (name = otel_name_of(shape->desc, desc->name, i))) {
		struct otel_field *field;

		i++;
		if (!*name->name)
			continue;
		field = add_field(shape, desc, "", name->name);
		if (!field)
			return -ENOMEM;
		field->what = name->what;
	}
	return i ? 0 : add_own(shape, desc, naming);
}

static int compile_shape(struct otel_shape **ret, const ProtobufCMessageDescriptor *desc,
			 const struct naming *naming)
{
	_cleanup_(otel_shape_freep) struct otel_shape *shape = calloc(1, sizeof(*shape));
	int r = 0;

	if (!shape)
		return -ENOMEM;
	shape->desc = desc;
	shape->room = 2 * desc->n_fields; /* none has more than two names */
	shape->fields = calloc(shape->room + 1, sizeof(*shape->fields));
	if (!shape->fields)
		return -ENOMEM;
	for (unsigned i = 0; !r && i < desc->n_fields; i++)
		r = add_any(shape, &desc->fields[i], naming);
	if (!r)
		*ret = TAKE_PTR(shape);
	return r;
}

int otel_shape_common(struct otel_shape **ret, const ProtobufCMessageDescriptor *desc,
		      const char *prefix)
{
	const struct naming naming = {.prefix = prefix, .common = true};

	return compile_shape(ret, desc, &naming);
}

int otel_shape_own(struct otel_shape **ret, const ProtobufCMessageDescriptor *desc,
		   const char *prefix, const ProtobufCMessageDescriptor *like,
		   const char *like_prefix, bool event)
{
	const struct naming naming = {.prefix = prefix,
				      .like = like,
				      .like_prefix = like_prefix,
				      .event = event};

	return compile_shape(ret, desc, &naming);
}

/* One value, and what tells that it is there. */
struct value {
	const void *member;
	size_t n; /* of a repeated one, how many; else 1, or 0: it is not there */
};

static struct value find_value(const struct otel_field *field, const void *message)
{
	const ProtobufCFieldDescriptor *desc = field->desc;
	const uint8_t *base = message;
	const void *member = base + desc->offset;

	if (desc->label == PROTOBUF_C_LABEL_REPEATED)
		return (struct value){*(const void *const *)member,
				      *(const size_t *)(base + desc->quantifier_offset)};
	if (desc->type == PROTOBUF_C_TYPE_STRING || desc->type == PROTOBUF_C_TYPE_MESSAGE)
		return (struct value){member, *(const void *const *)member != NULL};
	if (desc->label == PROTOBUF_C_LABEL_OPTIONAL)
		return (struct value){member,
				      *(const protobuf_c_boolean *)(base +
								    desc->quantifier_offset) != 0};
	return (struct value){member, 1};
}

static bool is_signed(ProtobufCType type)
{
	return type == PROTOBUF_C_TYPE_INT32 || type == PROTOBUF_C_TYPE_SINT32 ||
	       type == PROTOBUF_C_TYPE_SFIXED32 || type == PROTOBUF_C_TYPE_INT64 ||
	       type == PROTOBUF_C_TYPE_SINT64 || type == PROTOBUF_C_TYPE_SFIXED64 ||
	       type == PROTOBUF_C_TYPE_ENUM;
}

static size_t width_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return 8;
	default:
		return 4;
	}
}

static uint64_t number_of(const struct otel_field *field, const void *member)
{
	if (width_of(field->desc->type) == 8)
		return *(const uint64_t *)member;
	return is_signed(field->desc->type) ? (uint64_t) * (const int32_t *)member
					    : *(const uint32_t *)member;
}

/* A number as it is told in text: an address, or what is too large for OTLP's own. */
#define NUMBER_SIZE 24

static size_t print_number(char text[NUMBER_SIZE], const struct otel_field *field, uint64_t v)
{
	uint8_t *end = (uint8_t *)text;

	if (field->hex) {
		/* it quotes them */
		end = json_address_digits(end, v) - 2;
		memmove(text, text + 1, (size_t)(end - (uint8_t *)text));
	} else {
		end = json_digits(end, v);
	}
	*end = '\0';
	return (size_t)(end - (uint8_t *)text);
}

static void put_number(const struct otel_field *field, const struct otel_form *form,
		       struct writer *writer, const void *member)
{
	const uint64_t v = number_of(field, member);
	char text[NUMBER_SIZE];

	if (!field->hex && (v <= INT64_MAX || is_signed(field->desc->type)))
		form->integer(writer, field->key, (int64_t)v);
	else
		form->string(writer, field->key, text, print_number(text, field, v));
}

static void put_enum(const struct otel_field *field, const struct otel_form *form,
		     struct writer *writer, const void *member)
{
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;
	const int v = *(const int *)member;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(desc, v);
	char text[KEY_MAX];

	if (!found) {
		form->integer(writer, field->key, v);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s",
		       found->name + (strncmp(found->name, desc->values[0].name, field->prefix)
					      ? 0
					      : field->prefix));
	for (char *p = text; field->small && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	form->string(writer, field->key, text, strlen(text));
}

static const char *text_of(const struct otel_field *field, const void *message, const char *s)
{
	const char *slash;

	if (field->what == OTEL_LEADER)
		return text_comm(message);
	if (field->what != OTEL_BASENAME)
		return s;
	slash = strrchr(s, '/');
	return slash ? slash + 1 : s;
}

static void put_string(const struct otel_field *field, const struct otel_form *form,
		       struct writer *writer, const void *message, const char *s)
{
	s = text_of(field, message, s);
	if (text_has(s))
		form->string(writer, field->key, s, strlen(s));
}

static void put_bytes(const struct otel_field *field, const struct otel_form *form,
		      struct writer *writer, const ProtobufCBinaryData *bytes)
{
	char text[2 * KEY_MAX];
	struct line line = line_make(text, sizeof(text));

	for (size_t i = 0; i < bytes->len; i++)
		line_hex(&line, bytes->data[i], 2);
	form->string(writer, field->key, text, line_end(&line));
}

static struct otel_element text_element(const char *s)
{
	return (struct otel_element){s, strnlen(s, OTEL_TEXT_MAX / OTEL_LIST_MAX), false};
}

static struct otel_element number_element(char text[NUMBER_SIZE], const struct otel_field *field,
					  const void *member)
{
	const size_t size = print_number(text, field, number_of(field, member));

	return (struct otel_element){text, size, true};
}

/* A list of texts, or of numbers, which are told as text, too. */
static void put_list(const struct otel_field *field, const struct otel_form *form,
		     struct writer *writer, const struct value *value)
{
	const bool texts = field->desc->type == PROTOBUF_C_TYPE_STRING;
	const size_t n = min_u64(value->n, OTEL_LIST_MAX), width = width_of(field->desc->type);
	char numbers[OTEL_LIST_MAX][NUMBER_SIZE];
	struct otel_element all[OTEL_LIST_MAX];

	for (size_t i = 0; i < n; i++) {
		all[i] = texts ? text_element(((const char *const *)value->member)[i])
			       : number_element(numbers[i], field,
						(const uint8_t *)value->member + i * width);
	}
	form->strings(writer, field->key, all, n);
}

static void put_value(const struct otel_field *field, const struct otel_form *form,
		      struct writer *writer, const void *message, const struct value *value)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_STRING:
		put_string(field, form, writer, message, *(const char *const *)value->member);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		otel_shape_put(field->sub, form, writer, *(const void *const *)value->member, 0,
			       UINT32_MAX);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		put_bytes(field, form, writer, value->member);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		form->boolean(writer, field->key, *(const protobuf_c_boolean *)value->member != 0);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		put_enum(field, form, writer, value->member);
		break;
	default:
		put_number(field, form, writer, value->member);
	}
}

void otel_shape_put(const struct otel_shape *shape, const struct otel_form *form,
		    struct writer *writer, const void *message, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < shape->n; i++) {
		const struct otel_field *field = &shape->fields[i];
		struct value value;

		if (field->desc->id < from || field->desc->id > to)
			continue;
		value = find_value(field, message);
		if (!value.n)
			continue;
		if (field->desc->label == PROTOBUF_C_LABEL_REPEATED)
			put_list(field, form, writer, &value);
		else
			put_value(field, form, writer, message, &value);
	}
}
