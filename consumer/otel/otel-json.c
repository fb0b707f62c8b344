/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP's own mapping of ProtoJSON: numbers for enums, 64 bits as strings.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
#include "consumer/base/json.h"
#include "consumer/otel/otel-form.h"
#include "proto/base/util.h"

static void begin_attribute(struct writer *writer, const char *key)
{
	writer_string(writer, ",{\"key\":");
	json_string(writer, key, strlen(key));
	writer_string(writer, ",\"value\":{");
}

static void put_string(struct writer *writer, const char *key, const char *s, size_t size)
{
	begin_attribute(writer, key);
	writer_string(writer, "\"stringValue\":");
	json_string(writer, s, min_u64(size, OTEL_TEXT_MAX));
	writer_string(writer, "}}");
}

static void put_integer(struct writer *writer, const char *key, int64_t v)
{
	begin_attribute(writer, key);
	writer_string(writer, "\"intValue\":\"");
	json_int(writer, v);
	writer_string(writer, "\"}}");
}

static void put_boolean(struct writer *writer, const char *key, bool v)
{
	begin_attribute(writer, key);
	writer_string(writer, v ? "\"boolValue\":true}}" : "\"boolValue\":false}}");
}

static void put_strings(struct writer *writer, const char *key, const struct otel_element *all,
			size_t n)
{
	begin_attribute(writer, key);
	writer_string(writer, "\"arrayValue\":{\"values\":[");
	for (size_t i = 0; i < n && i < OTEL_LIST_MAX; i++) {
		writer_string(writer, i ? ",{\"stringValue\":" : "{\"stringValue\":");
		json_string(writer, all[i].s, min_u64(all[i].size, OTEL_TEXT_MAX / OTEL_LIST_MAX));
		writer_put(writer, "}", 1);
	}
	writer_string(writer, "]}}}");
}

/* An attribute has a comma before it; the first must not. */
static void put_attributes(struct writer *writer, const struct otel_piece *pieces, size_t n)
{
	size_t comma = 1;

	writer_string(writer, "\"attributes\":[");
	for (size_t i = 0; i < n; i++) {
		if (!pieces[i].size)
			continue;
		writer_put(writer, pieces[i].data + comma, pieces[i].size - comma);
		comma = 0;
	}
	writer_put(writer, "]", 1);
}

static void put_time(struct writer *writer, const char *name, uint64_t nano)
{
	writer_string(writer, name);
	json_uint(writer, nano);
	writer_string(writer, "\",");
}

static void put_record(struct writer *writer, const struct otel_log *log, struct otel_told *told)
{
	writer_put(writer, "{", 1);
	if (log->time_unix_nano) {
		put_time(writer, "\"timeUnixNano\":\"", log->time_unix_nano);
		put_time(writer, "\"observedTimeUnixNano\":\"", log->time_unix_nano);
	}
	writer_string(writer, "\"severityNumber\":");
	json_uint(writer, otel_severity(log->severity));
	writer_string(writer, ",\"severityText\":\"");
	writer_string(writer, log->severity);
	writer_string(writer, "\",\"eventName\":\"");
	writer_string(writer, log->event_name);
	writer_string(writer, "\",\"body\":{\"stringValue\":\"");
	for (size_t i = 0; i < log->body_pieces; i++)
		writer_put(writer, log->body[i].data, log->body[i].size);
	writer_string(writer, "\"},");
	put_attributes(writer, log->attributes, log->attribute_pieces);
	writer_put(writer, "}", 1);
	otel_told_add(told, (struct otel_piece){writer->buf, writer->size});
}

static void put_head(struct writer *writer, const struct otel_piece *resource, size_t size)
{
	(void)size;
	writer_string(writer, "{\"resourceLogs\":[{\"resource\":{");
	put_attributes(writer, resource, 1);
	writer_string(writer, "},\"scopeLogs\":[{\"scope\":{\"name\":\"ringside\",\"version\":\"");
	writer_string(writer, RINGSIDE_VERSION "\"},\"logRecords\":[");
}

static void put_tail(struct writer *writer)
{
	writer_string(writer, "]}]}]}\n");
}

const struct otel_form otel_json = {
	.string = put_string,
	.integer = put_integer,
	.boolean = put_boolean,
	.strings = put_strings,
	.text = json_chars,
	.record = put_record,
	.head = put_head,
	.tail = put_tail,
};
