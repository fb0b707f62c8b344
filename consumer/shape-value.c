/* SPDX-License-Identifier: Apache-2.0 */
#include "shape-value.h"

#include <string.h>

#include "json.h"
#include "util.h"

static void put_uint32(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_uint(writer, *(const uint32_t *)member);
}

static void put_int32(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_int(writer, *(const int32_t *)member);
}

static void put_uint64(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_uint(writer, *(const uint64_t *)member);
}

static void put_int64(const struct shape_field *field, struct writer *writer, const void *member)
{
	json_int(writer, *(const int64_t *)member);
}

static void put_quoted_uint64(const struct shape_field *field, struct writer *writer,
			      const void *member)
{
	writer_put(writer, "\"", 1);
	json_uint(writer, *(const uint64_t *)member);
	writer_put(writer, "\"", 1);
}

static void put_quoted_int64(const struct shape_field *field, struct writer *writer,
			     const void *member)
{
	writer_put(writer, "\"", 1);
	json_int(writer, *(const int64_t *)member);
	writer_put(writer, "\"", 1);
}

static void put_address32(const struct shape_field *field, struct writer *writer,
			  const void *member)
{
	json_address(writer, *(const uint32_t *)member);
}

static void put_address64(const struct shape_field *field, struct writer *writer,
			  const void *member)
{
	json_address(writer, *(const uint64_t *)member);
}

static void put_bool(const struct shape_field *field, struct writer *writer, const void *member)
{
	if (*(const protobuf_c_boolean *)member)
		writer_put(writer, "true", 4);
	else
		writer_put(writer, "false", 5);
}

static void put_string(const struct shape_field *field, struct writer *writer, const void *member)
{
	const char *s = *(const char *const *)member;

	s = s ? s : "";
	json_string(writer, s, strlen(s));
}

static void put_hex(const struct shape_field *field, struct writer *writer, const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	json_hex(writer, bytes->data, bytes->len);
}

static void put_base64(const struct shape_field *field, struct writer *writer, const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	json_base64(writer, bytes->data, bytes->len);
}

const char *shape_enum_name(const struct shape_field *field, int value)
{
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(desc, value);

	return found ? found->name : NULL;
}

static void put_enum(const struct shape_field *field, struct writer *writer, const void *member)
{
	const char *name = shape_enum_name(field, *(const int *)member), *first;
	const ProtobufCEnumDescriptor *desc = field->desc->descriptor;

	if (!name) {
		json_int(writer, *(const int *)member);
		return;
	}
	first = desc->values[0].name;
	if (field->prefix && !strncmp(name, first, field->prefix))
		name += field->prefix;
	writer_put(writer, "\"", 1);
	writer_string(writer, name);
	writer_put(writer, "\"", 1);
}

static void put_message(const struct shape_field *field, struct writer *writer, const void *member)
{
	shape_put(field->sub, writer, *(const void *const *)member);
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

static int choose_enum(struct shape_field *field, enum shape_form form)
{
	field->put = put_enum;
	field->size = sizeof(int);
	/* To proto2 a value without a name is an unknown field, which ProtoJSON has no place for.
	 */
	if (form == SHAPE_PROTO)
		field->closed = true;
	else
		field->prefix = enum_prefix(field->desc->descriptor);
	return 0;
}

static int choose_32(struct shape_field *field, enum shape_form form)
{
	bool is_signed = field->desc->type == PROTOBUF_C_TYPE_INT32 ||
			 field->desc->type == PROTOBUF_C_TYPE_SINT32 ||
			 field->desc->type == PROTOBUF_C_TYPE_SFIXED32;

	field->put = is_signed ? put_int32 : put_uint32;
	if (form == SHAPE_PLAIN && is_address(field->desc->name))
		field->put = put_address32;
	field->size = 4;
	return 0;
}

static int choose_64(struct shape_field *field, enum shape_form form)
{
	ProtobufCType type = field->desc->type;
	bool is_signed = type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_SINT64 ||
			 type == PROTOBUF_C_TYPE_SFIXED64;
	bool quoted = form == SHAPE_PROTO || type == PROTOBUF_C_TYPE_FIXED64;

	if (form == SHAPE_PLAIN && is_address(field->desc->name))
		field->put = put_address64;
	else if (quoted)
		field->put = is_signed ? put_quoted_int64 : put_quoted_uint64;
	else
		field->put = is_signed ? put_int64 : put_uint64;
	field->size = 8;
	return 0;
}

int shape_choose(struct shape_field *field, enum shape_form form)
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
		field->put = put_bool;
		field->size = sizeof(protobuf_c_boolean);
		return 0;
	case PROTOBUF_C_TYPE_STRING:
		field->put = put_string;
		field->size = sizeof(char *);
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		field->put = form == SHAPE_PROTO ? put_base64 : put_hex;
		field->size = sizeof(ProtobufCBinaryData);
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		field->put = put_message;
		field->size = sizeof(void *);
		return 0;
	default:
		return -EOPNOTSUPP; /* float, double: the format has none */
	}
}
