/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-latest.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "consumer/login/nats-subscription.h"
#include "consumer/nats/nats-body.h"
#include "consumer/nats/nats-last.h"
#include "consumer/nats/nats-subject.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "proto/ringside-fields.h"

#define WAIT_MS 10000
#define SILENCE_MS 10000
#define FETCH 100 /* messages, which wait in memory */
#define SECOND INT64_C(1000000000)

/* Counters of which the first part is to be looked for. */
struct later_part {
	char token[NATS_TOKEN_MAX];
	uint64_t number;
	int64_t stored;
};

struct reading {
	struct nats_latest *latest;
	natsConnection *connection;
	jsCtx *js;
	const char *stream;
	struct later_part *parts;
	size_t n, room;
	natsMsg *found; /* looking back: the latest first part so far */
	bool looks_back;
	int failed; /* of take() */
	jsErrCode code;
};

static natsStatus subscribe(natsSubscription **ret, struct reading *reading, const char *subject,
			    int64_t since)
{
	jsOptions options;
	jsSubOptions sub;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	(void)jsSubOptions_Init(&sub);
	sub.Stream = reading->stream;
	sub.Config.AckPolicy = js_AckNone;
	sub.Config.DeliverPolicy = since ? js_DeliverByStartTime : js_DeliverLastPerSubject;
	sub.Config.OptStartTime = since;
	return js_PullSubscribe(ret, reading->js, subject, NULL, &options, &sub, &reading->code);
}

/* Of a Counters record; 1 of others. */
static uint64_t part_of(natsMsg *message)
{
	struct pb_field field;

	return nats_body_field(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message),
			       FIELD_COUNTERS_PART, PB_VARINT, &field)
		       ? field.value
		       : 1;
}

/* "ringside.v1.TOKEN.KIND"; false: it is no such subject. */
static bool split_subject(const char *subject, char token[NATS_TOKEN_MAX], const char **ret_kind)
{
	const char *start = subject + strlen(NATS_PREFIX), *dot;

	if (strncmp(subject, NATS_PREFIX, strlen(NATS_PREFIX)) != 0)
		return false;
	dot = strchr(start, '.');
	if (!dot || (size_t)(dot - start) >= NATS_TOKEN_MAX)
		return false;
	memcpy(token, start, (size_t)(dot - start));
	token[dot - start] = '\0';
	*ret_kind = dot + 1;
	return true;
}

static int note_part(struct reading *reading, const char *token, natsMsg *message)
{
	struct later_part *part;

	if (GROW(reading->parts, reading->n, &reading->room))
		return -ENOMEM;
	part = &reading->parts[reading->n++];
	*part = (struct later_part){.number = nats_number(message), .stored = nats_stored(message)};
	(void)strcpy(part->token, token);
	return 0;
}

/* Takes the message: it is destroyed, or kept. */
static int take_message(struct reading *reading, natsMsg *message)
{
	char token[NATS_TOKEN_MAX];
	const char *kind;
	int r = 0;

	if (reading->looks_back) {
		if (part_of(message) == 1) {
			natsMsg_Destroy(reading->found);
			reading->found = message;
			return 0;
		}
	} else if (split_subject(natsMsg_GetSubject(message), token, &kind)) {
		r = reading->latest->take(reading->latest->data, token, message);
		if (!r && !strcmp(kind, "counters") && part_of(message) != 1)
			r = note_part(reading, token, message);
	}
	natsMsg_Destroy(message);
	return r;
}

/* All up to the message @last. What a take() says goes to failed. */
static natsStatus read_messages(struct reading *reading, natsSubscription *sub, uint64_t last)
{
	int64_t heard = nats_Now();
	bool more = true;

	while (more && !reading->failed) {
		natsMsgList list = {0};
		natsStatus s = natsSubscription_Fetch(&list, sub, FETCH, WAIT_MS, NULL);

		if (s && !(s == NATS_TIMEOUT && nats_Now() < heard + SILENCE_MS))
			return s;
		for (int i = 0; i < list.Count; i++) {
			heard = nats_Now();
			more = more && nats_number(list.Msgs[i]) < last;
			if (!reading->failed) {
				reading->failed = take_message(reading, list.Msgs[i]);
				list.Msgs[i] = NULL;
			}
		}
		natsMsgList_Destroy(&list);
	}
	return NATS_OK;
}

static int64_t server_time(natsSubscription *sub)
{
	int64_t now = (int64_t)clock_nano(CLOCK_REALTIME);
	jsConsumerInfo *info = NULL;

	if (natsSubscription_GetConsumerInfo(&info, sub, NULL, NULL) == NATS_OK)
		now = info->Created;
	jsConsumerInfo_Destroy(info);
	return now;
}

static natsStatus read_latest(struct reading *reading)
{
	natsSubscription *sub = NULL;
	uint64_t last = 0;
	int64_t stored;
	natsStatus s = subscribe(&sub, reading, NATS_PREFIX ">", 0);

	if (!s) {
		reading->latest->now = server_time(sub);
		/* behind the subscription: what it stands for is before this one */
		s = nats_last(reading->js, reading->stream, NATS_PREFIX ">", &last, &stored);
	}
	if (!s && last)
		s = read_messages(reading, sub, last);
	nats_subscription_end(reading->connection, sub);
	return s;
}

/* The first part of @part's set, or of the set before it, if it is at most @span ns older. */
static natsStatus look_back(struct reading *reading, const struct later_part *part, int64_t span)
{
	char subject[NATS_SUBJECT_MAX];
	natsSubscription *sub = NULL;
	natsStatus s = subscribe(&sub, reading, nats_subject(part->token, "counters", subject),
				 part->stored > span ? part->stored - span : 1);

	if (!s)
		s = read_messages(reading, sub, part->number);
	nats_subscription_end(reading->connection, sub);
	if (!s && reading->found)
		reading->failed =
			reading->latest->take(reading->latest->data, part->token, reading->found);
	return s;
}

static natsStatus find_first_parts(struct reading *reading)
{
	static const int64_t spans[] = {5 * SECOND, 120 * SECOND};
	natsStatus s = NATS_OK;

	reading->looks_back = true;
	for (size_t i = 0; !s && !reading->failed && i < reading->n; i++) {
		for (size_t k = 0; !s && !reading->found && k < ARRAY_SIZE(spans); k++)
			s = look_back(reading, &reading->parts[i], spans[k]);
		natsMsg_Destroy(reading->found);
		reading->found = NULL;
	}
	return s;
}

int nats_latest_read(struct nats_latest *latest, natsConnection *connection, jsCtx *js,
		     const char *stream, char *problem, size_t size)
{
	struct reading reading = {.latest = latest,
				  .connection = connection,
				  .js = js,
				  .stream = stream};
	natsStatus s = read_latest(&reading);

	if (!s && !reading.failed)
		s = find_first_parts(&reading);
	free(reading.parts);
	if (s && reading.code == JSStreamNotFoundErr)
		return refuse(problem, size, -ENOENT, "there is no stream %s", stream);
	if (s)
		return refuse(problem, size, -EIO, "stream %s: %s", stream,
			      nats_GetLastError(NULL) ?: natsStatus_GetText(s));
	return reading.failed;
}
