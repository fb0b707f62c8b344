/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-present.h"

#include <string.h>

#include "consumer/login/nats-subscription.h"
#include "consumer/nats/nats-last.h"
#include "consumer/nats/nats-subject.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define MINUTE INT64_C(60000000000)
#define SILENCE_MS 5000
#define FETCH 500
#define FETCH_MS 100
#define WAIT_MS 3000

void present_stop(struct present *present)
{
	nats_subscription_end(present->connection, present->reading);
	present->reading = NULL;
}

void present_done(struct present *present)
{
	present_stop(present);
	ids_done(&present->ids);
	ids_done(&present->ranges);
}

static natsStatus subscribe(natsSubscription **ret, jsCtx *js, const char *stream,
			    const char *subject, int64_t since)
{
	jsOptions options;
	jsSubOptions sub;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	(void)jsSubOptions_Init(&sub);
	sub.Stream = stream;
	sub.Config.HeadersOnly = true;
	sub.Config.AckPolicy = js_AckNone;
	sub.Config.DeliverPolicy = js_DeliverByStartTime;
	sub.Config.OptStartTime = since;
	/* pulled: what is pushed waits in memory, and may be a hundred thousand */
	return js_PullSubscribe(ret, js, subject, NULL, &options, &sub, NULL);
}

/* The servers' clock less ours, ns. */
static natsStatus look_at(natsSubscription *sub, int64_t *ret)
{
	jsConsumerInfo *info = NULL;
	natsStatus s = natsSubscription_GetConsumerInfo(&info, sub, NULL, NULL);

	if (s == NATS_OK)
		*ret = info->Created - (int64_t)clock_nano(CLOCK_REALTIME);
	jsConsumerInfo_Destroy(info);
	return s;
}

/* 0: nothing was stored since; -EINPROGRESS; -EAGAIN. @stored: when the last one was. */
static int begin_reading(struct present *present, jsCtx *js, const char *stream,
			 const char *subject, int64_t since, int64_t stored)
{
	int64_t skew = 0;

	if (subscribe(&present->reading, js, stream, subject, since) ||
	    look_at(present->reading, &skew))
		return -EAGAIN;
	/* what was stored is stamped by the servers' clock */
	if (skew < -MINUTE) {
		present_stop(present);
		since = since > -skew ? since + skew : 1;
		if (subscribe(&present->reading, js, stream, subject, since))
			return -EAGAIN;
	}
	present->heard = nats_Now();
	return stored < since ? 0 : -EINPROGRESS;
}

int present_begin(struct present *present, natsConnection *connection, jsCtx *js,
		  const char *stream, const char *token, uint64_t since)
{
	char subject[NATS_SUBJECT_MAX];
	int64_t stored;
	int r;

	present_stop(present);
	present->connection = connection;
	(void)nats_subject(token, ">", subject);
	if (nats_last(js, stream, subject, &present->last, &stored))
		return -EAGAIN;
	if (!present->last)
		return 0;
	r = begin_reading(present, js, stream, subject, (int64_t)since, stored);
	if (r != -EINPROGRESS)
		present_stop(present);
	return r;
}

static int take_id(struct present *present, natsMsg *message)
{
	uint8_t stream[IDS_STREAM];
	uint64_t seq, last;
	const char *name;

	if (natsMsgHeader_Get(message, "Nats-Msg-Id", &name) ||
	    !ids_parse(name, stream, &seq, &last))
		return 0;
	present->count++;
	if (last != seq)
		return ids_add(&present->ranges, stream, seq);
	return ids_add(&present->ids, stream, seq);
}

/* 1: more follow. */
static int take_message(struct present *present, natsMsg *message)
{
	int r = take_id(present, message);

	present->heard = nats_Now();
	return r ? r : nats_number(message) < present->last;
}

/* As take_message, of the next ones; -EINPROGRESS: none came in @timeout_ms. */
static int take_some(struct present *present, int64_t timeout_ms)
{
	natsMsgList list = {0};
	natsStatus s = natsSubscription_Fetch(&list, present->reading, FETCH, timeout_ms, NULL);
	int r = s == NATS_TIMEOUT ? -EINPROGRESS : s ? -EAGAIN : 1;

	for (int i = 0; r == 1 && i < list.Count; i++)
		r = take_message(present, list.Msgs[i]);
	natsMsgList_Destroy(&list);
	if (r == -EINPROGRESS && nats_Now() > present->heard + SILENCE_MS)
		r = -EAGAIN;
	return r;
}

int present_step(struct present *present, int timeout_ms)
{
	int64_t until = nats_Now() + timeout_ms, left;
	int r;

	do {
		left = until - nats_Now();
		r = take_some(present, left > FETCH_MS ? left : FETCH_MS);
	} while (r == 1 && nats_Now() < until);
	if (r == 1 || r == -EINPROGRESS)
		return -EINPROGRESS;
	present_stop(present);
	return r;
}

bool present_has(const struct present *present, const uint8_t *stream_id, uint64_t seq,
		 uint64_t last)
{
	return ids_has(last > seq ? &present->ranges : &present->ids, stream_id, seq);
}
