/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/otel/otel-form.h"
#include "proto/base/utf8.h"
#include "proto/base/util.h"
#include "proto/otlp-fields.h"
#include "proto/record/pb-read.h"
#include "proto/record/pb.h"

/* Of a LogRecord, all but its texts and attributes. */
#define FIXED_SIZE 512u

unsigned otel_severity(const char *text)
{
	static const struct {
		const char *text;
		unsigned number;
	} all[] = {
		{"INFO", OTLP_PB_SEVERITY_NUMBER_INFO},
		{"WARN", OTLP_PB_SEVERITY_NUMBER_WARN},
		{"ERROR", OTLP_PB_SEVERITY_NUMBER_ERROR},
		{"FATAL", OTLP_PB_SEVERITY_NUMBER_FATAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].text, text))
			return all[i].number;
	return OTLP_PB_SEVERITY_NUMBER_UNSPECIFIED;
}

/* All of them are below 16: a tag is a byte. */
static uint8_t tag_of(unsigned field, unsigned type)
{
	return (uint8_t)(field << 3 | type);
}

static uint8_t *put_size(uint8_t *p, unsigned field, size_t size)
{
	*p++ = tag_of(field, PB_BYTES);
	return pb_put_varint(p, size);
}

/* With a value of @size bytes, which belong where this returns. */
static uint8_t *put_key(struct writer *writer, const char *key, size_t size)
{
	const size_t key_size = strlen(key),
		     inside = 2 + pb_varint_size(key_size) + key_size + pb_varint_size(size) + size;
	uint8_t *p = writer_room(writer, inside + 16);

	p = put_size(p, OTLP_FIELD_LOG_RECORD_ATTRIBUTES, inside);
	p = put_size(p, OTLP_FIELD_KEY_VALUE_KEY, key_size);
	memcpy(p, key, key_size);
	return put_size(p + key_size, OTLP_FIELD_KEY_VALUE_VALUE, size);
}

static void put_number(struct writer *writer, const char *key, unsigned field, uint64_t v)
{
	uint8_t *p = put_key(writer, key, 1 + pb_varint_size(v));

	*p++ = tag_of(field, PB_VARINT);
	writer_used(writer, pb_put_varint(p, v));
}

/* Its value's size shows when it ends. */
struct attribute {
	struct pb pb;
	uint8_t *whole, *value;
};

static struct attribute begin_attribute(struct writer *writer, const char *key, size_t size)
{
	const size_t room = strlen(key) + size + 64;
	struct attribute a = {.pb = pb_make(writer_room(writer, room), room)};

	a.whole = pb_open(&a.pb, OTLP_FIELD_LOG_RECORD_ATTRIBUTES);
	pb_string(&a.pb, OTLP_FIELD_KEY_VALUE_KEY, key);
	a.value = pb_open(&a.pb, OTLP_FIELD_KEY_VALUE_VALUE);
	return a;
}

static void end_attribute(struct writer *writer, struct attribute *a)
{
	pb_close(&a->pb, a->value);
	pb_close(&a->pb, a->whole);
	writer_used(writer, a->pb.p);
}

static void put_string(struct writer *writer, const char *key, const char *s, size_t size)
{
	char clean[UTF8_GROWTH * OTEL_TEXT_MAX];
	uint8_t *p;

	size = utf8_clean(clean, s, min_u64(size, OTEL_TEXT_MAX));
	p = put_key(writer, key, 1 + pb_varint_size(size) + size);
	p = put_size(p, OTLP_FIELD_ANY_VALUE_STRING_VALUE, size);
	memcpy(p, clean, size);
	writer_used(writer, p + size);
}

static void put_integer(struct writer *writer, const char *key, int64_t v)
{
	put_number(writer, key, OTLP_FIELD_ANY_VALUE_INT_VALUE, (uint64_t)v);
}

static void put_boolean(struct writer *writer, const char *key, bool v)
{
	put_number(writer, key, OTLP_FIELD_ANY_VALUE_BOOL_VALUE, v);
}

static void put_element(struct pb *pb, const struct otel_element *element)
{
	char clean[UTF8_GROWTH * OTEL_TEXT_MAX / OTEL_LIST_MAX];
	size_t size = min_u64(element->size, OTEL_TEXT_MAX / OTEL_LIST_MAX);
	const char *s = element->s;

	if (!element->ascii) {
		size = utf8_clean(clean, s, size);
		s = clean;
	}
	if (!pb_room(pb, 2 * (1 + pb_varint_size(size) + 1) + size))
		return;
	pb->p = put_size(pb->p, OTLP_FIELD_ARRAY_VALUE_VALUES, 1 + pb_varint_size(size) + size);
	pb->p = put_size(pb->p, OTLP_FIELD_ANY_VALUE_STRING_VALUE, size);
	memcpy(pb->p, s, size);
	pb->p += size;
}

static void put_strings(struct writer *writer, const char *key, const struct otel_element *all,
			size_t n)
{
	struct attribute a = begin_attribute(writer, key, (UTF8_GROWTH + 1) * OTEL_TEXT_MAX);
	uint8_t *mark = pb_open(&a.pb, OTLP_FIELD_ANY_VALUE_ARRAY_VALUE);

	for (size_t i = 0; i < n && i < OTEL_LIST_MAX; i++)
		put_element(&a.pb, &all[i]);
	pb_close(&a.pb, mark);
	end_attribute(writer, &a);
}

static void put_text(struct writer *writer, const char *s, size_t size)
{
	char *to = (char *)writer_room(writer, UTF8_GROWTH * size);

	writer_used(writer, (uint8_t *)to + utf8_clean(to, s, size));
}

static size_t size_of(const struct otel_piece *pieces, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += pieces[i].size;
	return size;
}

static void add_pieces(struct otel_told *told, const struct otel_piece *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pieces[i].size)
			otel_told_add(told, pieces[i]);
}

static void put_fixed(struct pb *pb, const struct otel_log *log)
{
	if (log->time_unix_nano) {
		pb_fixed64(pb, OTLP_FIELD_LOG_RECORD_TIME_UNIX_NANO, log->time_unix_nano);
		pb_fixed64(pb, OTLP_FIELD_LOG_RECORD_OBSERVED_TIME_UNIX_NANO, log->time_unix_nano);
	}
	pb_uint(pb, OTLP_FIELD_LOG_RECORD_SEVERITY_NUMBER, otel_severity(log->severity));
	pb_string(pb, OTLP_FIELD_LOG_RECORD_SEVERITY_TEXT, log->severity);
	pb_string(pb, OTLP_FIELD_LOG_RECORD_EVENT_NAME, log->event_name);
}

static void put_tag(struct pb *pb, unsigned field, size_t size)
{
	if (!pb_room(pb, 15))
		return;
	pb->p = pb_put_varint(pb->p, field << 3 | PB_BYTES);
	pb->p = pb_put_varint(pb->p, size);
}

static void put_record(struct writer *writer, const struct otel_log *log, struct otel_told *told)
{
	const size_t body = size_of(log->body, log->body_pieces);
	const size_t attributes = size_of(log->attributes, log->attribute_pieces);
	uint8_t fixed[FIXED_SIZE], tag[16];
	struct pb pb = pb_make(fixed, sizeof(fixed)), begin = pb_make(tag, sizeof(tag));

	put_fixed(&pb, log);
	put_tag(&pb, OTLP_FIELD_LOG_RECORD_BODY, 1 + pb_varint_size(body) + body);
	put_tag(&pb, OTLP_FIELD_ANY_VALUE_STRING_VALUE, body);
	put_tag(&begin, OTLP_FIELD_SCOPE_LOGS_LOG_RECORDS,
		(size_t)(pb.p - fixed) + body + attributes);
	writer_put(writer, tag, (size_t)(begin.p - tag));
	writer_put(writer, fixed, (size_t)(pb.p - fixed));
	otel_told_add(told, (struct otel_piece){writer->buf, writer->size});
	add_pieces(told, log->body, log->body_pieces);
	add_pieces(told, log->attributes, log->attribute_pieces);
}

/* The attributes of a Resource, which have another number there. */
static void put_resource(struct writer *writer, const struct otel_piece *resource)
{
	const uint8_t *p = resource->data, *end = p + resource->size;
	struct pb_field field = {0};
	uint8_t tag[16];

	while (p && p < end) {
		struct pb pb = pb_make(tag, sizeof(tag));

		p = pb_get_field(p, end, &field);
		if (!p)
			break;
		put_tag(&pb, OTLP_FIELD_RESOURCE_ATTRIBUTES, field.size);
		writer_put(writer, tag, (size_t)(pb.p - tag));
		writer_put(writer, field.data, field.size);
	}
}

static void put_scope(struct pb *pb)
{
	uint8_t *mark = pb_open(pb, OTLP_FIELD_SCOPE_LOGS_SCOPE);

	pb_string(pb, OTLP_FIELD_INSTRUMENTATION_SCOPE_NAME, "ringside");
	pb_string(pb, OTLP_FIELD_INSTRUMENTATION_SCOPE_VERSION, RINGSIDE_VERSION);
	pb_close(pb, mark);
}

static void put_head(struct writer *writer, const struct otel_piece *resource, size_t size)
{
	uint8_t scope[FIXED_SIZE], tags[3][16];
	struct pb pb = pb_make(scope, sizeof(scope)), request = pb_make(tags[0], 16),
		  res = pb_make(tags[1], 16), logs = pb_make(tags[2], 16);

	put_scope(&pb);
	size += (size_t)(pb.p - scope);
	put_tag(&logs, OTLP_FIELD_RESOURCE_LOGS_SCOPE_LOGS, size);
	/* an attribute is as long with either number: both are below 16 */
	put_tag(&res, OTLP_FIELD_RESOURCE_LOGS_RESOURCE, resource->size);
	size += (size_t)(logs.p - tags[2]) + (size_t)(res.p - tags[1]) + resource->size;
	put_tag(&request, OTLP_FIELD_EXPORT_LOGS_SERVICE_REQUEST_RESOURCE_LOGS, size);
	writer_put(writer, tags[0], (size_t)(request.p - tags[0]));
	writer_put(writer, tags[1], (size_t)(res.p - tags[1]));
	put_resource(writer, resource);
	writer_put(writer, tags[2], (size_t)(logs.p - tags[2]));
	writer_put(writer, scope, (size_t)(pb.p - scope));
}

static void put_tail(struct writer *writer)
{
	(void)writer;
}

const struct otel_form otel_protobuf = {
	.string = put_string,
	.integer = put_integer,
	.boolean = put_boolean,
	.strings = put_strings,
	.text = put_text,
	.record = put_record,
	.head = put_head,
	.tail = put_tail,
};
