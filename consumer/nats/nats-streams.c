/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-streams.h"

#include <errno.h>
#include <string.h>

#include "consumer/login/nats-subscription.h"
#include "consumer/nats/nats-last.h"
#include "proto/base/util.h"

#define WAIT_MS 5000
#define HEADERS NATS_PREFIX "*.header"

static int by_id(const void *a, const void *b)
{
	const struct nats_stream_place *x = a, *y = b;
	int r = strcmp(x->token, y->token);

	if (!r)
		r = memcmp(x->id, y->id, IDS_STREAM);
	return r ? r : (x->stored > y->stored) - (x->stored < y->stored);
}

static int by_time(const void *a, const void *b)
{
	const struct nats_stream_place *x = a, *y = b;
	int r = strcmp(x->token, y->token);

	return r ? r : (x->stored > y->stored) - (x->stored < y->stored);
}

/* Of each stream the first Header. */
static void keep_first(struct nats_streams *streams)
{
	size_t kept = 0;

	if (!streams->n)
		return;
	qsort(streams->all, streams->n, sizeof(*streams->all), by_id);
	for (size_t i = 1; i < streams->n; i++) {
		const struct nats_stream_place *place = &streams->all[i];

		if (strcmp(streams->all[kept].token, place->token) != 0 ||
		    memcmp(streams->all[kept].id, place->id, IDS_STREAM) != 0)
			streams->all[++kept] = *place;
	}
	streams->n = kept + 1;
	qsort(streams->all, streams->n, sizeof(*streams->all), by_time);
}

static int take_header(struct nats_streams *streams, natsMsg *message)
{
	const char *subject = natsMsg_GetSubject(message) + strlen(NATS_PREFIX), *name;
	size_t size = strcspn(subject, ".");
	struct nats_stream_place *place;
	uint64_t seq;

	if (GROW(streams->all, streams->n, &streams->room))
		return -ENOMEM;
	place = &streams->all[streams->n];
	*place = (struct nats_stream_place){.stored = nats_stored(message)};
	if (size >= sizeof(place->token) || natsMsgHeader_Get(message, "Nats-Msg-Id", &name) ||
	    !ids_parse(name, place->id, &seq, &seq))
		return 0;
	memcpy(place->token, subject, size);
	streams->n++;
	return 0;
}

static natsStatus subscribe(natsSubscription **ret, jsCtx *js, const char *stream)
{
	jsSubOptions sub;
	jsOptions options;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	(void)jsSubOptions_Init(&sub);
	sub.Stream = stream;
	sub.Ordered = true;
	sub.Config.HeadersOnly = true;
	sub.Config.DeliverPolicy = js_DeliverAll;
	return js_SubscribeSync(ret, js, HEADERS, &options, &sub, NULL);
}

static natsStatus read_headers(struct nats_streams *streams, natsSubscription *sub, uint64_t last,
			       int *ret)
{
	bool more = true;

	while (more && !*ret) {
		natsMsg *message = NULL;
		natsStatus s = natsSubscription_NextMsg(&message, sub, WAIT_MS);

		if (s)
			return s;
		more = nats_number(message) < last;
		*ret = take_header(streams, message);
		natsMsg_Destroy(message);
	}
	return NATS_OK;
}

int nats_streams_find(struct nats_streams *ret, natsConnection *connection, jsCtx *js,
		      const char *stream, char *problem, size_t size)
{
	natsSubscription *sub = NULL;
	uint64_t last = 0;
	int64_t stored;
	natsStatus s = nats_last(js, stream, HEADERS, &last, &stored);
	int r = 0;

	if (!s && last)
		s = subscribe(&sub, js, stream);
	if (!s && last)
		s = read_headers(ret, sub, last, &r);
	nats_subscription_end(connection, sub);
	if (s)
		return refuse(problem, size, -EIO, "stream %s: %s", stream,
			      nats_GetLastError(NULL) ?: natsStatus_GetText(s));
	if (!r)
		keep_first(ret);
	return r;
}
