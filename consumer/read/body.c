/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/body.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

static const void *member_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (const char *)message + field->offset;
}

const ProtobufCMessage *body_of(const Ringside__V1__Record *record)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->body_case);

	if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE)
		return NULL;
	return *(ProtobufCMessage *const *)member_of(&record->base, field);
}

unsigned body_kind(const char *name, size_t size)
{
	const ProtobufCMessageDescriptor *type = &ringside__v1__record__descriptor;

	for (unsigned i = 0; size && i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];

		if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
			continue;
		if (strncmp(field->name, name, size) == 0 &&
		    (!field->name[size] || field->name[size] == '_'))
			return field->id;
	}
	return 0;
}

const char *body_kinds(char *buf, size_t size)
{
	const ProtobufCMessageDescriptor *type = &ringside__v1__record__descriptor;
	struct line line = line_make(buf, size);

	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];

		if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
			continue;
		if (line.p > line.start)
			line_text(&line, ", ");
		/* the first word is enough: body_kind */
		line_put(&line, field->name, strcspn(field->name, "_"));
	}
	(void)line_end(&line);
	return buf;
}

const ProtobufCMessage *body_message(const ProtobufCMessage *body,
				     const ProtobufCMessageDescriptor *type)
{
	for (unsigned i = 0; body && i < body->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &body->descriptor->fields[i];

		if (field->type == PROTOBUF_C_TYPE_MESSAGE && field->descriptor == type &&
		    field->label != PROTOBUF_C_LABEL_REPEATED)
			return *(ProtobufCMessage *const *)member_of(body, field);
	}
	return NULL;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessage *body, const char *name)
{
	const ProtobufCFieldDescriptor *field;

	if (!body)
		return NULL;
	field = protobuf_c_message_descriptor_get_field_by_name(body->descriptor, name);
	return field && field->label == PROTOBUF_C_LABEL_OPTIONAL ? field : NULL;
}

const char *body_string(const ProtobufCMessage *body, const char *name)
{
	const ProtobufCFieldDescriptor *field = find_field(body, name);

	if (!field || field->type != PROTOBUF_C_TYPE_STRING)
		return NULL;
	return *(const char *const *)member_of(body, field);
}

bool body_number(const ProtobufCMessage *body, const char *name, int64_t *ret,
		 const ProtobufCFieldDescriptor **ret_field)
{
	const ProtobufCFieldDescriptor *field = find_field(body, name);
	int64_t value;

	if (!field)
		return false;
	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		value = *(const uint32_t *)member_of(body, field);
		break;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
		value = *(const int32_t *)member_of(body, field);
		break;
	case PROTOBUF_C_TYPE_UINT64:
		value = (int64_t) * (const uint64_t *)member_of(body, field);
		break;
	default:
		return false;
	}
	/* has_<name>: only fields of these types have one */
	if (!*(const protobuf_c_boolean *)((const char *)body + field->quantifier_offset))
		return false;
	*ret = value;
	if (ret_field)
		*ret_field = field;
	return true;
}

bool body_is_event(const Ringside__V1__Record *record)
{
	return body_kind_is_event(record->body_case);
}

bool body_kind_is_event(unsigned kind)
{
	switch (kind) {
	case RINGSIDE__V1__RECORD__BODY__NOT_SET:
	case RINGSIDE__V1__RECORD__BODY_HEADER:
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
	case RINGSIDE__V1__RECORD__BODY_LOST:
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
	case RINGSIDE__V1__RECORD__BODY_CLOCK:
		return false;
	default:
		return true; /* also of kinds this file has never heard of */
	}
}

const char *body_enum(const ProtobufCEnumDescriptor *type, int value, const char *prefix)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, value);
	size_t size = strlen(prefix);

	return v && !strncmp(v->name, prefix, size) ? v->name + size : NULL;
}

const char *body_tier(int tier)
{
	static const char *const names[] = {
		[RINGSIDE__V1__TIER__TIER_FENTRY] = "fentry",
		[RINGSIDE__V1__TIER__TIER_KPROBE] = "kprobe",
		[RINGSIDE__V1__TIER__TIER_TRACEPOINT] = "tracepoint",
		[RINGSIDE__V1__TIER__TIER_ITERATOR] = "iterator",
	};

	return tier > 0 && (size_t)tier < ARRAY_SIZE(names) ? names[tier] : "?";
}

bool body_stands_in(const Ringside__V1__Record *record)
{
	const Ringside__V1__Lost *lost = record->lost;

	if (record->body_case != RINGSIDE__V1__RECORD__BODY_LOST || lost->kind)
		return false;
	return lost->reason == RINGSIDE__V1__LOST__REASON__DAMAGED ||
	       (lost->reason == RINGSIDE__V1__LOST__REASON__RETENTION && !lost->has_stream_id &&
		lost->count);
}
