/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/events.h"

#include <inttypes.h>
#include <string.h>

#include "proto/base/hex.h"
#include "proto/base/util.h"

#define ID_SIZE (2 * 16 + 1 + 20 + 1) /* stream_id:seq */

struct events_client {
	struct filter *filter;
	struct events_wait wait;
	bool sleeping, displaced;
	uint64_t dropped; /* since it was told last */
	uint64_t behind;  /* the order in which clients became too slow; 0: it keeps up */
	size_t begin, size;
	char buf[EVENTS_BUFFER]; /* a ring */
};

int events_init(struct events *events)
{
	int r;

	/* what is left out is up to the client's filter */
	*events = (struct events){.output = {.ops = &output_json, .all = true}};
	(void)pthread_mutex_init(&events->lock, NULL);
	r = writer_new(&events->writer, -1);
	events->output.writer = events->writer;
	return r ? r : output_open(&events->output);
}

void events_done(struct events *events)
{
	while (events->n)
		events_leave(events, events->clients[0]);
	(void)output_close(&events->output);
	events->writer = writer_free(events->writer);
	(void)pthread_mutex_destroy(&events->lock);
}

static void append_bytes(struct events_client *client, const void *data, size_t size)
{
	size_t end = (client->begin + client->size) % EVENTS_BUFFER;
	size_t first = size < EVENTS_BUFFER - end ? size : EVENTS_BUFFER - end;

	memcpy(client->buf + end, data, first);
	memcpy(client->buf, (const char *)data + first, size - first);
	client->size += size;
}

static void format_id(const uint8_t stream_id[16], uint64_t seq, char id[ID_SIZE])
{
	(void)snprintf(hex_put(id, stream_id, 16), ID_SIZE - 32, ":%" PRIu64, seq);
}

/* Another id than that of the latest record, of which nobody made anything up. */
static void tell_missed(const struct events *events, struct events_client *client,
			const char *after)
{
	char latest[ID_SIZE], told[2 * ID_SIZE + 64];
	int n;

	if (!*after || strlen(after) >= ID_SIZE || after[strspn(after, "0123456789abcdef:")])
		return;
	format_id(events->stream_id, events->seq, latest);
	if (!events->seq || !strcmp(after, latest))
		return;
	n = snprintf(told, sizeof(told),
		     "event: missed\ndata: {\"after\":\"%s\",\"until\":\"%s\"}\n\n", after, latest);
	append_bytes(client, told, (size_t)n);
}

static void remove_client(struct events *events, const struct events_client *client)
{
	for (unsigned i = 0; i < events->n; i++)
		if (events->clients[i] == client)
			events->clients[i--] = events->clients[--events->n];
}

static void make_room(struct events *events)
{
	struct events_client *slowest = NULL;

	for (unsigned i = 0; i < events->n; i++) {
		struct events_client *client = events->clients[i];

		if (client->behind && (!slowest || client->behind < slowest->behind))
			slowest = client;
	}
	if (!slowest)
		return;
	slowest->displaced = true;
	remove_client(events, slowest);
	slowest->wait.end(slowest->wait.data);
}

struct events_client *events_join(struct events *events, struct filter *filter,
				  const struct events_wait *wait, const char *after)
{
	struct events_client *client = malloc(sizeof(*client));

	(void)pthread_mutex_lock(&events->lock);
	if (client && events->n == EVENTS_CLIENTS)
		make_room(events);
	if (!client || events->n == EVENTS_CLIENTS) {
		events->refused++;
		free(client);
		client = NULL;
		(void)filter_free(filter);
	} else {
		client->filter = filter;
		client->wait = *wait;
		client->sleeping = client->displaced = false;
		client->dropped = client->behind = client->begin = client->size = 0;
		events->clients[events->n++] = client;
		if (after)
			tell_missed(events, client, after);
	}
	(void)pthread_mutex_unlock(&events->lock);
	return client;
}

void events_leave(struct events *events, struct events_client *client)
{
	(void)pthread_mutex_lock(&events->lock);
	remove_client(events, client);
	(void)pthread_mutex_unlock(&events->lock);
	(void)filter_free(client->filter);
	free(client);
}

static void wake_client(struct events_client *client)
{
	if (client->sleeping)
		client->wait.wake(client->wait.data);
	client->sleeping = false;
}

static bool offer_bytes(struct events *events, struct events_client *client, const void *data,
			size_t size)
{
	char told[96];
	int n = 0;

	if (client->dropped)
		n = snprintf(told, sizeof(told),
			     "event: dropped\ndata: {\"dropped\":%" PRIu64 "}\n\n",
			     client->dropped);
	if (client->size + size + (size_t)n > EVENTS_BUFFER) {
		client->dropped++;
		if (!client->behind)
			client->behind = ++events->fell_behind;
		return false;
	}
	append_bytes(client, told, (size_t)n);
	client->dropped = client->behind = 0;
	append_bytes(client, data, size);
	wake_client(client);
	return true;
}

/* The stream's own records are for those who name them. */
static bool wants_record(const struct events_client *client, struct reader *reader,
			 struct reader_record *item)
{
	switch (item->peek.kind) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
	case RINGSIDE__V1__RECORD__BODY_CLOCK:
		if (!filter_names_kinds(client->filter))
			return false;
		break;
	default:
		break;
	}
	return filter_record(client->filter, reader, item) == 1;
}

/* In the writer's buffer. False: it is too long, or not readable. */
static bool format_record(struct events *events, struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	struct writer *writer = events->writer;
	char id[ID_SIZE];

	writer->size = 0;
	writer->error = 0;
	if (reader_unpack(reader, item))
		return false;
	format_id(events->stream_id, item->peek.seq, id);
	writer_string(writer, "id: ");
	writer_string(writer, id);
	writer_string(writer, "\ndata: ");
	events->output.header = header;
	events->output.cache = reader_memo(reader);
	if (output_put(&events->output, item->record, item->frame, item->size))
		return false;
	writer_string(writer, "\n");
	return !writer->error;
}

static void publish_record(struct events *events, struct reader *reader, struct reader_record *item)
{
	bool formatted = false, fits = false;

	for (unsigned i = 0; i < events->n; i++) {
		struct events_client *client = events->clients[i];

		if (!wants_record(client, reader, item))
			continue;
		if (!formatted)
			fits = format_record(events, reader, item);
		formatted = true;
		if (fits && offer_bytes(events, client, events->writer->buf, events->writer->size))
			events->sent++;
		else
			events->dropped++;
	}
}

static void note_latest(struct events *events, const Ringside__V1__Header *header, uint64_t seq)
{
	const size_t size = sizeof(events->stream_id);

	if (header && header->stream_id.len == size)
		memcpy(events->stream_id, header->stream_id.data, size);
	else if (!header) /* it is nobody's that is known */
		memset(events->stream_id, 0, size);
	events->seq = seq;
}

void events_publish(struct events *events, struct reader *reader, struct reader_record *item)
{
	(void)pthread_mutex_lock(&events->lock);
	note_latest(events, reader_header(reader), item->peek.seq);
	if (events->n)
		publish_record(events, reader, item);
	(void)pthread_mutex_unlock(&events->lock);
}

static size_t take_bytes(struct events_client *client, char *to, size_t max)
{
	size_t n = client->size < max ? client->size : max;
	size_t first = n < EVENTS_BUFFER - client->begin ? n : EVENTS_BUFFER - client->begin;

	memcpy(to, client->buf + client->begin, first);
	memcpy(to + first, client->buf, n - first);
	client->begin = (client->begin + n) % EVENTS_BUFFER;
	client->size -= n;
	return n;
}

ssize_t events_read(struct events *events, struct events_client *client, char *to, size_t max)
{
	bool closing;
	size_t n;

	(void)pthread_mutex_lock(&events->lock);
	closing = events->closing || client->displaced;
	n = client->displaced ? 0 : take_bytes(client, to, max);
	if (!n && !closing) {
		/* with the lock held: who wakes it comes after */
		client->sleeping = true;
		client->wait.sleep(client->wait.data);
	}
	(void)pthread_mutex_unlock(&events->lock);
	return !n && closing ? EVENTS_END : (ssize_t)n;
}

void events_wake(struct events *events)
{
	(void)pthread_mutex_lock(&events->lock);
	events->closing = true;
	for (unsigned i = 0; i < events->n; i++)
		wake_client(events->clients[i]);
	(void)pthread_mutex_unlock(&events->lock);
}

void events_keep_alive(struct events *events)
{
	(void)pthread_mutex_lock(&events->lock);
	for (unsigned i = 0; i < events->n; i++)
		if (!events->clients[i]->size)
			(void)offer_bytes(events, events->clients[i], ":\n\n", 3);
	(void)pthread_mutex_unlock(&events->lock);
}
