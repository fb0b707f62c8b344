/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/json-header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/json.h"
#include "proto/base/util.h"

#define HOST 0
#define STREAM_ID 1
#define ARCHITECTURE 2 /* which sentences depend on */
#define LABELS 3

#define PART_MAX 255 /* bytes of one; no streamer writes a longer one */
#define KEY_MAX 63   /* likewise, of a label */
/* As each byte takes at most six, quoted, all fit in a writer. */
_Static_assert(6 * PART_MAX * LABELS + (6 * (KEY_MAX + PART_MAX) + 8) * JSON_HEADER_LABELS + 64 <
		       WRITER_SIZE,
	       "they do not");

static size_t count_parts(const Ringside__V1__Header *header)
{
	const size_t n = header ? header->n_labels : 0;

	return LABELS + (n <= JSON_HEADER_LABELS ? 2 * n : 0);
}

static struct json_header_part text_part(const char *text, size_t max)
{
	return (struct json_header_part){text, text ? strnlen(text, max) : 0};
}

static struct json_header_part part_of(const Ringside__V1__Header *header, size_t i)
{
	const Ringside__V1__Header__LabelsEntry *label;

	if (!header || (i == STREAM_ID && !header->has_stream_id))
		return (struct json_header_part){0};
	if (i == HOST)
		return text_part(header->host_name, PART_MAX);
	if (i == STREAM_ID)
		return (struct json_header_part){(const char *)header->stream_id.data,
						 min_u64(header->stream_id.len, PART_MAX)};
	if (i == ARCHITECTURE)
		return text_part(header->architecture, PART_MAX);
	label = header->labels[(i - LABELS) / 2];
	return (i - LABELS) % 2 ? text_part(label->value, PART_MAX)
				: text_part(label->key, KEY_MAX);
}

static bool is_same(const struct json_header_part *a, const struct json_header_part *b)
{
	return !a->text == !b->text && a->size == b->size &&
	       (!a->size || !memcmp(a->text, b->text, a->size));
}

/* By what it says: another Header may lie where the one before lay. */
static bool is_taken(const struct json_header *json, const Ringside__V1__Header *header)
{
	if (!json->writer || json->n != count_parts(header))
		return false;
	for (size_t i = 0; i < json->n; i++) {
		const struct json_header_part part = part_of(header, i);

		if (!is_same(&json->parts[i], &part))
			return false;
	}
	return true;
}

static int keep_parts(struct json_header *json, const Ringside__V1__Header *header)
{
	size_t size = 1;
	char *p;

	json->n = 0;
	for (size_t i = 0; i < count_parts(header); i++)
		size += part_of(header, i).size;
	free(json->taken);
	p = json->taken = malloc(size);
	if (!p)
		return -ENOMEM;
	for (; json->n < count_parts(header); json->n++) {
		struct json_header_part part = part_of(header, json->n);

		if (part.size)
			memcpy(p, part.text, part.size);
		part.text = part.text ? p : NULL;
		p += part.size;
		json->parts[json->n] = part;
	}
	return 0;
}

/* Of labels with the same key the last one counts, as protobuf has it. */
static bool is_repeated(const struct json_header *json, size_t i)
{
	for (size_t k = i + 2; k < json->n; k += 2)
		if (json->parts[k].size == json->parts[i].size &&
		    is_same(&json->parts[k], &json->parts[i]))
			return true;
	return false;
}

static void put_part(struct writer *writer, const struct json_header_part *part)
{
	json_string(writer, part->text ? part->text : "", part->size);
}

static void write_labels(struct json_header *json)
{
	const char *before = ",\"labels\":{";

	for (size_t i = LABELS; i < json->n; i += 2) {
		if (is_repeated(json, i))
			continue;
		writer_string(json->writer, before);
		put_part(json->writer, &json->parts[i]);
		writer_put(json->writer, ":", 1);
		put_part(json->writer, &json->parts[i + 1]);
		before = ",";
	}
	if (json->n > LABELS)
		writer_put(json->writer, "}", 1);
}

int json_header_take(struct json_header *json, const Ringside__V1__Header *header)
{
	const struct json_header_part *parts = json->parts;
	int r;

	if (is_taken(json, header))
		return 0;
	r = json->writer ? 0 : writer_new(&json->writer, -1);
	if (!r)
		r = keep_parts(json, header);
	if (r)
		return r;
	json->writer->size = 0;
	if (parts[HOST].text) {
		writer_string(json->writer, "\"host\":");
		put_part(json->writer, &parts[HOST]);
		writer_put(json->writer, ",", 1);
	}
	json->host_size = json->writer->size;
	write_labels(json);
	if (parts[STREAM_ID].text) {
		writer_string(json->writer, ",\"stream_id\":");
		json_hex(json->writer, (const uint8_t *)parts[STREAM_ID].text,
			 parts[STREAM_ID].size);
	}
	return 1;
}

void json_header_done(struct json_header *json)
{
	json->writer = writer_free(json->writer);
	free(json->taken);
}

void json_header_put_host(const struct json_header *json, struct writer *writer)
{
	writer_put(writer, json->writer->buf, json->host_size);
}

void json_header_put_rest(const struct json_header *json, struct writer *writer)
{
	writer_put(writer, json->writer->buf + json->host_size,
		   json->writer->size - json->host_size);
}
