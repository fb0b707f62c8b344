/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: nats-publisher PORT FILE [PER]
 *
 * For comparison: the records of FILE as messages that are ready before the clock starts, PER (1)
 * of them in each, published asynchronously as fast as the library can. Prints records a second. */
#include <inttypes.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/read/reader.h"
#include "proto/base/clock.h"
#include "proto/base/hex.h"

#define PENDING 4096
#define MESSAGES_MAX 1000000u
#define SUBJECT "ringside.v1.bench.seccomp_denial"

struct publisher {
	natsMsg *messages[MESSAGES_MAX];
	size_t n, records;
	uint8_t body[256 * 1024];
	size_t size, in_body;
	uint64_t first;
};

static void finish_message(struct publisher *publisher, const char *stream, uint64_t last)
{
	char id[128];

	(void)snprintf(id, sizeof(id),
		       publisher->first == last ? "%s:%" PRIu64 : "%s:%" PRIu64 "-%" PRIu64, stream,
		       publisher->first, last);
	if (natsMsg_Create(&publisher->messages[publisher->n], SUBJECT, NULL,
			   (const char *)publisher->body, (int)publisher->size) ||
	    natsMsgHeader_Set(publisher->messages[publisher->n], "Nats-Msg-Id", id) ||
	    natsMsgHeader_Set(publisher->messages[publisher->n], "Content-Type",
			      "application/x-protobuf; messageType=\"ringside.v1.Record\"") ||
	    natsMsgHeader_Set(publisher->messages[publisher->n], "Ringside-Schema-Version", "2"))
		exit(1);
	publisher->n++;
	publisher->size = publisher->in_body = 0;
}

static void make_messages(struct publisher *publisher, const char *path, size_t per)
{
	char stream[HEX_SIZE(16)] = "";
	struct reader_record item;
	struct reader *reader;

	if (reader_open(&reader, path))
		exit(1);
	reader_set_raw(reader, true);
	while (!reader_next(reader, &item) && publisher->n < MESSAGES_MAX) {
		if (item.header)
			hex_put(stream, reader_header(reader)->stream_id.data, 16);
		if (!publisher->in_body++)
			publisher->first = item.peek.seq;
		memcpy(publisher->body + publisher->size, item.start,
		       (size_t)(item.frame - item.start) + item.size);
		publisher->size += (size_t)(item.frame - item.start) + item.size;
		publisher->records++;
		if (publisher->in_body == per)
			finish_message(publisher, stream, item.peek.seq);
	}
	(void)reader_free(reader);
}

static natsStatus publish(struct publisher *publisher, const char *port)
{
	natsConnection *connection;
	jsPubOptions wait;
	jsOptions options;
	char url[64];
	natsStatus s;
	jsCtx *js;

	(void)snprintf(url, sizeof(url), "nats://127.0.0.1:%s", port);
	(void)jsOptions_Init(&options);
	options.PublishAsync.MaxPending = PENDING;
	options.PublishAsync.StallWait = 60000;
	s = natsConnection_ConnectTo(&connection, url);
	if (!s)
		s = natsConnection_JetStream(&js, connection, &options);
	for (size_t i = 0; !s && i < publisher->n; i++)
		s = js_PublishMsgAsync(js, &publisher->messages[i], NULL);
	(void)jsPubOptions_Init(&wait);
	wait.MaxWait = 60000;
	return s ? s : js_PublishAsyncComplete(js, &wait);
}

int main(int argc, char **argv)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	uint64_t start;
	natsStatus s;

	if (argc < 3 || !publisher)
		return 2;
	make_messages(publisher, argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
	start = clock_nano(CLOCK_MONOTONIC);
	s = publish(publisher, argv[1]);
	if (s) {
		(void)fprintf(stderr, "nats-publisher: %s\n", natsStatus_GetText(s));
		return 1;
	}
	(void)printf("%.0f\n", (double)publisher->records * 1e9 /
				       (double)(clock_nano(CLOCK_MONOTONIC) - start));
	return 0;
}
