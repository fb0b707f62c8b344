/* SPDX-License-Identifier: Apache-2.0 */
/* What costs jansson nothing is done for it: nothing is checked for UTF-8 on the way in, the
 * calendar is asked once a second, and the tree is dumped into one buffer. */
#include "tests/bench/jansson-writer.h"

#include <inttypes.h>
#include <jansson.h>
#include <time.h>

#include "consumer/kinds/sentence.h"
#include "consumer/read/body.h"
#include "consumer/read/vocabulary.h"

#define NANO 1000000000u
#define DUMP_SIZE (64u * 1024)

struct jansson_writer {
	uint64_t second;
	char stamp[32];
	char message[TEXT_MAX];
	char dump[DUMP_SIZE];
};

struct jansson_writer *jansson_writer_new(void)
{
	return calloc(1, sizeof(struct jansson_writer));
}

static json_t *hex_string(const uint8_t *data, size_t size)
{
	char text[64];

	for (size_t i = 0; i < size && i < sizeof(text) / 2; i++) {
		text[2 * i] = "0123456789abcdef"[data[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[data[i] & 15];
	}
	return json_stringn_nocheck(text, 2 * size);
}

static json_t *number_string(const char *format, uint64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), format, v);

	return json_stringn_nocheck(text, (size_t)n);
}

static bool is_address(const char *name)
{
	return !strcmp(name, "args") || !strcmp(name, "gfp_mask") ||
	       !strcmp(name, "instruction_pointer");
}

static json_t *enum_value(const ProtobufCEnumDescriptor *type, int value)
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
	const char *first = type->values[0].name, *tail = strstr(first, "UNSPECIFIED");

	return json_string_nocheck(found->name + (tail ? tail - first : 0));
}

static json_t *object_of(const ProtobufCMessage *message);

static json_t *value_of(const ProtobufCFieldDescriptor *field, const void *member)
{
	const ProtobufCBinaryData *bytes = member;

	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT32:
		if (is_address(field->name))
			return number_string("0x%" PRIx64, *(const uint32_t *)member);
		return json_integer(*(const uint32_t *)member);
	case PROTOBUF_C_TYPE_UINT64:
		if (is_address(field->name))
			return number_string("0x%" PRIx64, *(const uint64_t *)member);
		return json_integer((json_int_t) * (const uint64_t *)member);
	case PROTOBUF_C_TYPE_FIXED64:
		return json_real((double)*(const uint64_t *)member / NANO); /* a boot time */
	case PROTOBUF_C_TYPE_SINT32:
		return json_integer(*(const int32_t *)member);
	case PROTOBUF_C_TYPE_SINT64:
		return json_integer(*(const int64_t *)member);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)member);
	case PROTOBUF_C_TYPE_STRING:
		return json_string_nocheck(*(const char *const *)member);
	case PROTOBUF_C_TYPE_BYTES:
		return hex_string(bytes->data, bytes->len);
	case PROTOBUF_C_TYPE_ENUM:
		return enum_value(field->descriptor, *(const int *)member);
	case PROTOBUF_C_TYPE_MESSAGE:
		return object_of(*(const ProtobufCMessage *const *)member);
	default:
		return json_null(); /* no event has another type */
	}
}

static json_t *array_of(const ProtobufCFieldDescriptor *field, const void *values, size_t n)
{
	size_t size = field->type == PROTOBUF_C_TYPE_UINT64 ? 8 : 4;
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array,
					    value_of(field, (const char *)values + i * size));
	return array;
}

static void put_members(json_t *object, const ProtobufCMessage *message)
{
	const char *base = (const char *)message;

	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *name = vocabulary_member(message->descriptor, field->name);
		const void *member = base + field->offset, *quantifier;
		json_t *value;

		quantifier = base + field->quantifier_offset;
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t n = *(const size_t *)quantifier;

			if (!n)
				continue;
			value = array_of(field, *(const void *const *)member, n);
		} else if (field->type == PROTOBUF_C_TYPE_STRING ||
			   field->type == PROTOBUF_C_TYPE_MESSAGE) {
			if (!*(const void *const *)member)
				continue;
			value = value_of(field, member);
		} else {
			if (!*(const protobuf_c_boolean *)quantifier)
				continue;
			value = value_of(field, member);
		}
		(void)json_object_set_new_nocheck(object, name, value);
	}
}

static json_t *object_of(const ProtobufCMessage *message)
{
	json_t *object = json_object();

	put_members(object, message);
	return object;
}

static json_t *time_of(struct jansson_writer *jansson, uint64_t nano)
{
	time_t second = (time_t)(nano / NANO);
	char text[64];
	struct tm tm;
	int n;

	if (jansson->second != nano / NANO) {
		(void)strftime(jansson->stamp, sizeof(jansson->stamp), "%Y-%m-%dT%H:%M:%S",
			       gmtime_r(&second, &tm));
		jansson->second = nano / NANO;
	}
	n = snprintf(text, sizeof(text), "%s.%09uZ", jansson->stamp, (unsigned)(nano % NANO));
	return json_stringn_nocheck(text, (size_t)n);
}

bool jansson_is_same(const struct writer *a, const struct writer *b)
{
	json_t *x = json_loadb((const char *)a->buf, a->size, 0, NULL);
	json_t *y = json_loadb((const char *)b->buf, b->size, 0, NULL);
	bool same = x && y && json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return same;
}

static void put_who(struct jansson_writer *jansson, json_t *object,
		    const Ringside__V1__Record *record, const Ringside__V1__Header *header)
{
	char whose[TEXT_MAX], line[2 * TEXT_MAX + 2];
	const Ringside__V1__Process *process =
		(const Ringside__V1__Process *)body_message(body_of(record),
							    &ringside__v1__process__descriptor);
	int n;

	(void)text_who(whose, sizeof(whose), record);
	(void)text_message(jansson->message, TEXT_MAX, record, header);
	(void)json_object_set_new_nocheck(object, "where", json_string_nocheck(whose));
	(void)json_object_set_new_nocheck(object, "pid", json_integer(process->pid));
	(void)json_object_set_new_nocheck(object, "comm", json_string_nocheck(text_comm(process)));
	n = snprintf(line, sizeof(line), "%s: %s", whose, jansson->message);
	(void)json_object_set_new_nocheck(object, "message", json_stringn_nocheck(line, (size_t)n));
	if (text_advice(jansson->message, TEXT_MAX, record))
		(void)json_object_set_new_nocheck(object, "advice",
						  json_string_nocheck(jansson->message));
}

static json_t *labels_of(const Ringside__V1__Header *header)
{
	json_t *labels = json_object();

	for (size_t i = 0; i < header->n_labels; i++)
		(void)json_object_set_new_nocheck(labels, header->labels[i]->key,
						  json_string_nocheck(header->labels[i]->value));
	return labels;
}

void jansson_put(struct jansson_writer *jansson, struct writer *writer,
		 const Ringside__V1__Record *record, const Ringside__V1__Header *header)
{
	const ProtobufCMessage *body = body_of(record);
	const ProtobufCFieldDescriptor *kind =
		protobuf_c_message_descriptor_get_field(record->base.descriptor,
							(unsigned)record->body_case);
	json_t *object = json_object();
	size_t size;

	(void)json_object_set_new_nocheck(object, "time", time_of(jansson, record->time_unix_nano));
	(void)json_object_set_new_nocheck(object, "host", json_string_nocheck(header->host_name));
	(void)json_object_set_new_nocheck(object, "kind", json_string_nocheck(kind->name));
	(void)json_object_set_new_nocheck(object, "severity",
					  json_string_nocheck(text_severity(record)));
	put_who(jansson, object, record, header);
	if (header->n_labels)
		(void)json_object_set_new_nocheck(object, "labels", labels_of(header));
	(void)json_object_set_new_nocheck(object, "stream_id",
					  hex_string(header->stream_id.data,
						     header->stream_id.len));
	(void)json_object_set_new_nocheck(object, "seq", json_integer((json_int_t)record->seq));
	put_members(object, body);
	size = json_dumpb(object, jansson->dump, sizeof(jansson->dump) - 1, JSON_COMPACT);
	jansson->dump[size++] = '\n';
	writer_put(writer, jansson->dump, size);
	json_decref(object);
}
