/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "consumer/nats/from-nats-internal.h"
#include "consumer/nats/nats-body.h"
#include "consumer/nats/nats-last.h"
#include "consumer/nats/nats-latest.h"
#include "consumer/nats/nats-streams.h"
#include "proto/base/hex.h"
#include "proto/base/util.h"
#include "proto/ringside-fields.h"

#define HOST_MAX 1024

int from_nats_list(struct session *session)
{
	struct nats_streams streams = {0};
	char why[256];
	natsStatus s = NATS_OK;
	int r;

	do {
		free(streams.all);
		streams = (struct nats_streams){0};
		r = nats_streams_find(&streams, session->connection, session->js,
				      session->url.stream, why, sizeof(why));
		if (r)
			(void)nats_GetLastError(&s);
	} while (r == -EIO && from_nats_again(session, s));
	if (r)
		(void)from_nats_tell(session, r, s, why);
	for (size_t i = 0; !r && i < streams.n; i++) {
		const struct nats_stream_place *place = &streams.all[i];
		char id[HEX_SIZE(IDS_STREAM)];

		hex_put(id, place->id, IDS_STREAM);
		if (dprintf(session->options->out, "%s?host=%s&stream=%s&from=%" PRId64 "\n",
			    session->options->url, place->token, id, place->stored) < 0)
			r = -errno;
	}
	free(streams.all);
	return r;
}

int from_nats_numbers(struct session *session)
{
	char subject[NATS_SUBJECT_MAX], line[64];
	jsStreamInfo *info = NULL;
	uint64_t first = 0, last = 0;
	int64_t stored;
	natsStatus s;

	do
		s = js_GetStreamInfo(&info, session->js, session->url.stream, NULL, NULL);
	while (s && from_nats_again(session, s));
	if (!s) {
		first = info->State.FirstSeq;
		s = from_nats_last(session, from_nats_subject(session, subject), &last, &stored);
	}
	jsStreamInfo_Destroy(info);
	if (s)
		return from_nats_fail(session, s, "cannot read it");
	(void)snprintf(line, sizeof(line), "%" PRIu64 " %" PRIu64 "\n", first, last);
	return from_nats_put(session, line, strlen(line));
}

/* A server lets a host publish what bears its own name only. So it is that host's, or it is none.
 */
static bool is_others_header(const struct reorder_message *record, const char *token)
{
	char name[HOST_MAX] = "", own[NATS_TOKEN_MAX];
	struct pb_field field;

	if (!record->header)
		return false;
	if (nats_body_field(record->data, record->size, FIELD_HEADER_HOST_NAME, PB_BYTES, &field))
		(void)snprintf(name, sizeof(name), "%.*s", (int)min_u64(field.size, HOST_MAX),
			       (const char *)field.data);
	return strcmp(nats_token(name, own), token) != 0;
}

/* nats_latest_fn: a line of what its record does not say, the record, and the end of a line. */
static int put_latest(void *data, const char *token, natsMsg *message)
{
	struct session *session = data;
	struct reorder_message record;
	uint8_t stream[IDS_STREAM];
	char id[HEX_SIZE(IDS_STREAM)], line[256];
	int n, r;

	if (!from_nats_read(message, &record, stream) || is_others_header(&record, token))
		return 0;
	hex_put(id, stream, IDS_STREAM);
	n = snprintf(line, sizeof(line), "%s %s %" PRIu64 " %" PRId64 " %zu\n", token, id,
		     record.seq, nats_stored(message), record.size);
	r = from_nats_put(session, line, (size_t)n);
	if (!r)
		r = from_nats_put(session, record.data, record.size);
	return r ? r : from_nats_put(session, "\n", 1);
}

/* The servers' time behind them all says that these are all. */
int from_nats_latest(struct session *session)
{
	struct nats_latest latest = {.take = put_latest, .data = session};
	char why[256], line[32];
	natsStatus s = NATS_OK;
	int r;

	do {
		r = nats_latest_read(&latest, session->connection, session->js, session->url.stream,
				     why, sizeof(why));
		if (r)
			(void)nats_GetLastError(&s);
		/* what was told once is not told again */
	} while (r == -EIO && !session->used && !session->written && from_nats_again(session, s));
	if (r == -ENOENT || r == -EIO)
		return from_nats_tell(session, r, s, why);
	(void)snprintf(line, sizeof(line), "%" PRId64 "\n", latest.now);
	return r ? r : from_nats_put(session, line, strlen(line));
}
