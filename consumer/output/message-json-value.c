/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/message-json-value.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/json.h"
#include "proto/base/util.h"

static uint8_t *uint32_digits(uint8_t *p, const void *member)
{
	return json_digits(p, *(const uint32_t *)member);
}

static uint8_t *int32_digits(uint8_t *p, const void *member)
{
	return json_signed_digits(p, *(const int32_t *)member);
}

static uint8_t *uint64_digits(uint8_t *p, const void *member)
{
	return json_digits(p, *(const uint64_t *)member);
}

static uint8_t *int64_digits(uint8_t *p, const void *member)
{
	return json_signed_digits(p, *(const int64_t *)member);
}

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

static uint8_t *address_of_32(uint8_t *p, const void *member)
{
	return json_address_digits(p, *(const uint32_t *)member);
}

static uint8_t *address_of_64(uint8_t *p, const void *member)
{
	return json_address_digits(p, *(const uint64_t *)member);
}

static uint8_t *bool_word(uint8_t *p, const void *member)
{
	bool v = *(const protobuf_c_boolean *)member;

	memcpy(p, v ? "true " : "false", 5);
	return p + 5 - v;
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
	const char *name;

	if (word->name && word->value == value) {
		writer_put(writer, "\"", 1);
		writer_put(writer, word->name, word->size);
		writer_put(writer, "\"", 1);
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

static bool is_address(const char *name)
{
	static const char *const addresses[] = {
		"args", "arch", "gfp_mask", "instruction_pointer", "xxh64",
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (!strcmp(name, addresses[i]))
			return true;
	}
	return false;
}

/* The values of an enum are called after it: TIER_UNSPECIFIED, TIER_FENTRY. */
static size_t enum_prefix(const ProtobufCEnumDescriptor *desc)
{
	const char *tail = desc->n_values ? strstr(desc->values[0].name, "UNSPECIFIED") : NULL;

	return tail ? (size_t)(tail - desc->values[0].name) : 0;
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
	for (unsigned i = 0; i < desc->n_values; i++) {
		const char *name = without_prefix(field, desc->values[i].name);

		field->words[(unsigned)desc->values[i].value % SHAPE_WORDS] =
			(struct shape_word){.name = name,
					    .size = strlen(name),
					    .value = desc->values[i].value};
	}
	return 0;
}

static int choose_32(struct message_json_field *field, enum message_json_form form)
{
	bool is_signed = field->desc->type == PROTOBUF_C_TYPE_INT32 ||
			 field->desc->type == PROTOBUF_C_TYPE_SINT32 ||
			 field->desc->type == PROTOBUF_C_TYPE_SFIXED32;

	field->number = is_signed ? int32_digits : uint32_digits;
	if (form == MESSAGE_JSON_PLAIN && is_address(field->desc->name))
		field->number = address_of_32;
	field->size = 4;
	return 0;
}

static int choose_64(struct message_json_field *field, enum message_json_form form)
{
	ProtobufCType type = field->desc->type;
	bool is_signed = type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_SINT64 ||
			 type == PROTOBUF_C_TYPE_SFIXED64;
	bool quoted = form == MESSAGE_JSON_PROTO || type == PROTOBUF_C_TYPE_FIXED64;

	if (form == MESSAGE_JSON_PLAIN && is_address(field->desc->name))
		field->number = address_of_64;
	else if (quoted)
		field->number = is_signed ? quoted_int64 : quoted_uint64;
	else
		field->number = is_signed ? int64_digits : uint64_digits;
	field->size = 8;
	return 0;
}

int shape_choose(struct message_json_field *field, enum message_json_form form)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return choose_32(field, form);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return choose_64(field, form);
	case PROTOBUF_C_TYPE_ENUM:
		return choose_enum(field, form);
	case PROTOBUF_C_TYPE_BOOL:
		field->number = bool_word;
		field->size = sizeof(protobuf_c_boolean);
		return 0;
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
