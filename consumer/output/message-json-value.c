/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/message-json-value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/json.h"
#include "consumer/read/vocabulary.h"
#include "proto/base/util.h"

/* @name writes a @type by @put. */
#define NUMBER(name, put, type)                                                                    \
	static uint8_t *name(uint8_t *p, const void *member)                                       \
	{                                                                                          \
		return put(p, *(const type *)member);                                              \
	}
NUMBER(uint32_digits, json_digits, uint32_t)
NUMBER(int32_digits, json_signed_digits, int32_t)
NUMBER(uint64_digits, json_digits, uint64_t)
NUMBER(int64_digits, json_signed_digits, int64_t)
NUMBER(seconds_digits, json_seconds_digits, uint64_t)
NUMBER(address_of_32, json_address_digits, uint32_t)
NUMBER(address_of_64, json_address_digits, uint64_t)
#undef NUMBER

static uint8_t *quoted_uint64(uint8_t *p, const void *member)
{
	*p = '"';
	p = uint64_digits(p + 1, member);
	*p = '"';
	return p + 1;
}

static uint8_t *quoted_int64(uint8_t *p, const void *member)
{
	*p = '"';
	p = int64_digits(p + 1, member);
	*p = '"';
	return p + 1;
}

static uint8_t *bool_word(uint8_t *p, const void *member)
{
	bool v = *(const protobuf_c_boolean *)member;

	memcpy(p, v ? "true " : "false", 5);
	return p + 5 - v;
}

static void put_time(const struct message_json_field *field, struct writer *writer,
		     const void *member)
{
	uint8_t text[JSON_TIME];

	json_string(writer, (const char *)text,
		    (size_t)(json_time(text, *(const uint64_t *)member) - text));
}

static void put_string(const struct message_json_field *field, struct writer *writer,
		       const void *member)
{
	const char *s = *(const char *const *)member;

	s = s ? s : "";
	json_string(writer, s, strlen(s));
}

static void put_hex(const struct message_json_field *field, struct writer *writer,
		    const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	json_hex(writer, bytes->data, bytes->len);
}

static void put_base64(const struct message_json_field *field, struct writer *writer,
		       const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	json_base64(writer, bytes->data, bytes->len);
}

const char *shape_enum_name(const struct message_json_field *field, int value)
{
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(desc, value);

	return found ? found->name : NULL;
}

static const char *without_prefix(const struct message_json_field *field, const char *name)
{
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;

	return strncmp(name, desc->values[0].name, field->prefix) ? name : name + field->prefix;
}

static void put_enum(const struct message_json_field *field, struct writer *writer,
		     const void *member)
{
	int value = *(const int *)member;
	const struct shape_word *word = &field->words[(unsigned)value % SHAPE_WORDS];
	uint8_t *p = writer_room(writer, SHAPE_KEY_SIZE);
	const char *name;

	if (word->size && word->value == value) {
		memcpy(p, word->text, SHAPE_KEY_SIZE); /* faster than the right number of bytes */
		writer_used(writer, p + word->size);
		return;
	}
	name = shape_enum_name(field, value);
	if (!name) {
		json_int(writer, value);
		return;
	}
	name = without_prefix(field, name);
	writer_put(writer, "\"", 1);
	writer_string(writer, name);
	writer_put(writer, "\"", 1);
}

/* The values of an enum are called after it: TIER_UNSPECIFIED, TIER_FENTRY. */
static size_t enum_prefix(const ProtobufCEnumDescriptor *desc)
{
	const char *tail = desc->n_values ? strstr(desc->values[0].name, "UNSPECIFIED") : NULL;

	return tail ? (size_t)(tail - desc->values[0].name) : 0;
}

/* What has no room here is written by its name. */
static void make_word(struct message_json_field *field, const ProtobufCEnumValue *value, bool small)
{
	struct shape_word *word = &field->words[(unsigned)value->value % SHAPE_WORDS];
	int n = snprintf(word->text, sizeof(word->text), "\"%s\"",
			 without_prefix(field, value->name));

	word->size = n < (int)sizeof(word->text) ? (uint8_t)n : 0;
	word->value = value->value;
	for (char *p = word->text; small && *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

static int choose_enum(struct message_json_field *field, enum message_json_form form)
{
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;

	field->put = put_enum;
	field->size = sizeof(int);
	field->words = calloc(SHAPE_WORDS, sizeof(*field->words));
	if (!field->words)
		return -ENOMEM;
	/* To proto2 a value without a name is an unknown field, which ProtoJSON has no place for.
	 */
	if (form == MESSAGE_JSON_PROTO)
		field->closed = true;
	else
		field->prefix = enum_prefix(desc);
	for (unsigned i = 0; i < desc->n_values; i++)
		make_word(field, &desc->values[i],
			  form == MESSAGE_JSON_PLAIN && vocabulary_is_small(desc));
	return 0;
}

/* How numbers are written, in both forms, and plain where they are addresses. A fixed64 that is
 * none is a boot time. */
static const struct {
	uint8_t *(*plain)(uint8_t *p, const void *member);
	uint8_t *(*proto)(uint8_t *p, const void *member);
	uint8_t *(*address)(uint8_t *p, const void *member);
	size_t size;
} numbers[] = {
	[PROTOBUF_C_TYPE_INT32] = {int32_digits, int32_digits, address_of_32, 4},
	[PROTOBUF_C_TYPE_SINT32] = {int32_digits, int32_digits, address_of_32, 4},
	[PROTOBUF_C_TYPE_SFIXED32] = {int32_digits, int32_digits, address_of_32, 4},
	[PROTOBUF_C_TYPE_UINT32] = {uint32_digits, uint32_digits, address_of_32, 4},
	[PROTOBUF_C_TYPE_FIXED32] = {uint32_digits, uint32_digits, address_of_32, 4},
	[PROTOBUF_C_TYPE_INT64] = {int64_digits, quoted_int64, address_of_64, 8},
	[PROTOBUF_C_TYPE_SINT64] = {int64_digits, quoted_int64, address_of_64, 8},
	[PROTOBUF_C_TYPE_SFIXED64] = {int64_digits, quoted_int64, address_of_64, 8},
	[PROTOBUF_C_TYPE_UINT64] = {uint64_digits, quoted_uint64, address_of_64, 8},
	[PROTOBUF_C_TYPE_FIXED64] = {seconds_digits, quoted_uint64, address_of_64, 8},
	[PROTOBUF_C_TYPE_BOOL] = {bool_word, bool_word, bool_word, sizeof(protobuf_c_boolean)},
};

int shape_choose(struct message_json_field *field, enum message_json_form form)
{
	const ProtobufCType type = field->desc->type;

	if (form == MESSAGE_JSON_PLAIN && !strcmp(field->desc->name, "time_unix_nano")) {
		field->put = put_time;
		field->size = sizeof(uint64_t);
		return 0;
	}
	if (type < ARRAY_SIZE(numbers) && numbers[type].size) {
		field->number = form == MESSAGE_JSON_PROTO             ? numbers[type].proto
				: vocabulary_is_hex(field->desc->name) ? numbers[type].address
								       : numbers[type].plain;
		field->size = numbers[type].size;
		return 0;
	}
	switch (type) {
	case PROTOBUF_C_TYPE_ENUM:
		return choose_enum(field, form);
	case PROTOBUF_C_TYPE_STRING:
		field->put = put_string;
		field->size = sizeof(char *);
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		field->put = form == MESSAGE_JSON_PROTO ? put_base64 : put_hex;
		field->size = sizeof(ProtobufCBinaryData);
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE: /* message-json.c walks on */
		field->size = sizeof(void *);
		return 0;
	default:
		return -EOPNOTSUPP; /* float, double: the format has none */
	}
}
