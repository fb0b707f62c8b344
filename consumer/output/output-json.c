/* SPDX-License-Identifier: Apache-2.0 */
/* One object a line, for people, jq and agents: first what every record has (time, kind, host,
 * seq, stream_id, message), then the fields of its body. */
#include <time.h>

#include "consumer/base/json.h"
#include "consumer/kinds/sentence.h"
#include "consumer/output/message-json.h"
#include "consumer/output/output.h"

#define NANO 1000000000u
#define MESSAGE_SIZE 4096

struct json_state {
	struct shapes *shapes;
	uint64_t second; /* the one that is in stamp */
	char stamp[32];  /* 2026-11-22T03:04:05. */
	size_t stamp_size;
	char message[MESSAGE_SIZE];
};

static int open_json(struct output *output)
{
	struct json_state *state = output->state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return -ENOMEM;
	state->second = UINT64_MAX;
	r = shapes_new(&state->shapes, &ringside__v1__record__descriptor, MESSAGE_JSON_PLAIN);
	/* What a body calls by a name the envelope has: a Header's stream_id is there already; the
	 * kind that a Lost or Limited is about gives way to the record's own. */
	if (!r)
		r = shapes_rename(state->shapes, "stream_id", NULL);
	return r ? r : shapes_rename(state->shapes, "kind", "probe");
}

static void close_json(void *data)
{
	struct json_state *state = data;

	if (state)
		(void)shapes_free(state->shapes);
	free(state);
}

static void put_time(struct json_state *state, struct writer *writer, uint64_t nano)
{
	uint64_t second = nano / NANO;
	uint8_t *p = writer_room(writer, 64);

	if (second != state->second) {
		time_t t = (time_t)second; /* up to the year 2554 */
		struct tm tm;

		(void)gmtime_r(&t, &tm);
		state->stamp_size =
			strftime(state->stamp, sizeof(state->stamp), "%Y-%m-%dT%H:%M:%S.", &tm);
		state->second = second;
	}
	memcpy(p, state->stamp, sizeof(state->stamp));
	p = json_nano(p + state->stamp_size, (uint32_t)(nano % NANO));
	*p++ = 'Z';
	writer_used(writer, p);
}

static void put_host(struct writer *writer, const Ringside__V1__Header *header)
{
	if (!header || !header->host_name)
		return;
	writer_string(writer, ",\"host\":");
	json_string(writer, header->host_name, strlen(header->host_name));
}

static void put_stream_id(struct writer *writer, const Ringside__V1__Header *header)
{
	if (!header || !header->has_stream_id)
		return;
	writer_string(writer, ",\"stream_id\":");
	json_hex(writer, header->stream_id.data, header->stream_id.len);
}

/* The name of the body comes from newer versions, too: what this one does not know is "unknown". */
static void put_envelope(struct output *output, const Ringside__V1__Record *record,
			 const char *kind)
{
	struct json_state *state = output->state;
	struct writer *writer = output->writer;
	size_t size;

	if (record->has_time_unix_nano) {
		writer_string(writer, "\"time\":\"");
		put_time(state, writer, record->time_unix_nano);
		writer_string(writer, "\",");
	}
	writer_string(writer, "\"kind\":\"");
	writer_string(writer, kind);
	writer_string(writer, "\"");
	put_host(writer, output->header);
	if (record->has_seq) {
		writer_string(writer, ",\"seq\":");
		json_uint(writer, record->seq);
	}
	put_stream_id(writer, output->header);
	if (record->self_test)
		writer_string(writer, ",\"self_test\":true");
	size = text_message(state->message, sizeof(state->message), record, output->header);
	writer_string(writer, ",\"message\":");
	json_string(writer, state->message, size);
}

static int put_json(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
		    size_t size)
{
	const struct json_state *state = output->state;
	const struct message_json *root = shapes_root(state->shapes), *shape;
	const char *kind = "unknown";
	const void *body = message_json_oneof(root, record, &kind, &shape);

	shapes_use_memo(state->shapes, output->cache);
	writer_put(output->writer, "{", 1);
	put_envelope(output, record, kind);
	if (body)
		message_json_put_members(shape, output->writer, body);
	writer_put(output->writer, "}\n", 2);
	return 0;
}

const struct output_ops output_json = {
	.name = "json",
	.help = "one JSON object a line, for people, jq and agents",
	.apart = true,
	.open = open_json,
	.put = put_json,
	.close = close_json,
};
