/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the stream, and records in order of them. */
#include <errno.h>
#include <string.h>

#include "consumer/login/nats-subscription.h"
#include "consumer/nats/from-nats-internal.h"
#include "consumer/nats/nats-last.h"
#include "proto/base/util.h"
#include "proto/record/frame.h"

#define WAIT_MS 5000

/* ---- out ---- */

/* reorder_put_fn: a record with its length. */
static int put_record(void *data, const void *record, size_t size)
{
	uint8_t length[FRAME_PREFIX_MAX];
	int r = from_nats_put(data, length, (size_t)(frame_put_length(length, size) - length));

	return r ? r : from_nats_put(data, record, size);
}

/* ---- in ---- */

natsStatus from_nats_subscribe(struct session *session, const char *subject,
			       struct from_nats_start start, natsSubscription **ret)
{
	jsSubOptions sub;
	jsOptions options;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	(void)jsSubOptions_Init(&sub);
	sub.Stream = session->url.stream;
	sub.Ordered = true;
	sub.Config.DeliverPolicy = start.latest  ? js_DeliverLastPerSubject
				   : start.since ? js_DeliverByStartTime
				   : start.first ? js_DeliverByStartSequence
				   : start.all   ? js_DeliverAll
						 : js_DeliverNew;
	sub.Config.OptStartTime = (int64_t)start.since;
	if (!start.since)
		sub.Config.OptStartSeq = start.first;
	return js_SubscribeSync(ret, session->js, subject, &options, &sub, NULL);
}

/* The token of the host in "ringside.v1.<host token>.<kind>". */
static void note_token(struct session *session, const char *subject)
{
	const size_t prefix = strlen(NATS_PREFIX);

	if (!strncmp(subject, NATS_PREFIX, prefix))
		(void)snprintf(session->latest, sizeof(session->latest), "%.*s",
			       (int)strcspn(subject + prefix, "."), subject + prefix);
}

int from_nats_each(struct session *session, const char *subject, struct from_nats_start start,
		   uint64_t last, from_nats_take_fn *take, void *data)
{
	natsSubscription *sub = NULL;
	uint64_t number = 0;
	int r = 0;

	while (!r && number < last) {
		natsMsg *message = NULL;
		natsStatus s = sub ? NATS_OK : from_nats_subscribe(session, subject, start, &sub);

		if (!s)
			s = natsSubscription_NextMsg(&message, sub, WAIT_MS);
		if (s) {
			nats_subscription_end(session->connection, TAKE_PTR(sub));
			r = from_nats_again(session, s)
				    ? 0
				    : from_nats_fail(session, s, "cannot read on");
			continue;
		}
		from_nats_heard(session);
		number = nats_number(message);
		if (!number)
			r = -EBADMSG;
		start = (struct from_nats_start){.first = number + 1};
		if (!r && number <= last)
			r = take(session, message, data);
		natsMsg_Destroy(message);
	}
	nats_subscription_end(session->connection, sub);
	return r == 1 ? 0 : r;
}

int from_nats_take(struct session *session, natsMsg *message)
{
	struct reorder_message record;
	uint8_t stream[IDS_STREAM];
	int r;

	if (!from_nats_read(message, &record, stream) ||
	    (session->options->token && memcmp(stream, session->options->stream, IDS_STREAM) != 0))
		return 0;
	note_token(session, natsMsg_GetSubject(message));
	r = reorder_take(session->reorder, &record);
	return r ? r : session->failure;
}

static bool is_denied(struct session *session)
{
	char denial[NATS_DENIAL];

	return *nats_denials_explain(&session->denials, &session->client, denial);
}

/* The header of a stream that is looked for: the latest one before a record. */
struct wanted_header {
	const uint8_t *stream;
	uint64_t seq, best;
};

/* from_nats_take_fn */
static int take_earlier_header(struct session *session, natsMsg *message, void *data)
{
	struct wanted_header *wanted = data;
	struct reorder_message record;
	uint8_t id[IDS_STREAM];

	if (!from_nats_read(message, &record, id) || memcmp(id, wanted->stream, IDS_STREAM) != 0 ||
	    record.seq >= wanted->seq || record.seq <= wanted->best)
		return 0;
	wanted->best = record.seq;
	return reorder_header(session->reorder, &record);
}

/* reorder_find_fn: streams that began before what is read have their Header there, too. */
static void find_header(void *data, const uint8_t *stream, uint64_t seq)
{
	struct session *session = data;
	struct wanted_header wanted = {stream, seq, 0};
	char subject[NATS_SUBJECT_MAX];
	uint64_t last = 0;
	int64_t stored;
	natsStatus s;
	int r;

	(void)nats_subject(session->token ? session->token : session->latest, "header", subject);
	/* who may not read Headers alone gets the records without */
	nats_denials_bear(&session->denials, true);
	s = from_nats_last(session, subject, &last, &stored);
	r = s      ? from_nats_fail(session, s, "cannot read its Headers")
	    : last ? from_nats_each(session, subject, (struct from_nats_start){.all = true}, last,
				    take_earlier_header, &wanted)
		   : 0;
	nats_denials_bear(&session->denials, false);
	if (r && !session->following && !is_denied(session))
		session->failure = r;
}

int from_nats_begin(struct session *session, bool live)
{
	session->reorder = reorder_free(session->reorder);
	return reorder_new(&session->reorder, live, !live && !session->options->since, put_record,
			   find_header, session);
}
