/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "consumer/nats/from-nats-internal.h"
#include "consumer/nats/nats-body.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"
#include "proto/ringside-fields.h"

static int write_out(struct session *session, const void *data, size_t size)
{
	session->written |= size;
	return size ? write_all(session->options->out, data, size) : 0;
}

int from_nats_flush(struct session *session)
{
	int r = write_out(session, session->buf, session->used);

	session->used = 0;
	return r < 0 ? r : 0;
}

int from_nats_put(struct session *session, const void *data, size_t size)
{
	int r = session->used + size > sizeof(session->buf) ? from_nats_flush(session) : 0;

	if (r || !size || size > sizeof(session->buf))
		return r ? r : write_out(session, data, size);
	memcpy(session->buf + session->used, data, size);
	session->used += size;
	return 0;
}

static bool is_kind(const char *subject, const char *kind)
{
	const char *dot = strrchr(subject, '.');

	return dot && !strcmp(dot + 1, kind);
}

/* A Footer says that the stream ends here, or only the file. */
static bool ends_stream(natsMsg *message)
{
	struct pb_field reason;

	return !nats_body_field(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message),
				FIELD_FOOTER_REASON, PB_BYTES, &reason) ||
	       reason.size != strlen(RECORDING_ROTATED) ||
	       memcmp(reason.data, RECORDING_ROTATED, reason.size) != 0;
}

static struct chain_link link_of(natsMsg *message)
{
	const char *previous, *left_out, *filter = NULL;

	/* who sends the first of these leaves the filter to the Header */
	if ((natsMsgHeader_Get(message, "Ringside-Previous-Seq", &previous) &&
	     (natsMsgHeader_Get(message, "Ringside-Sent-Before", &previous) ||
	      natsMsgHeader_Get(message, "Ringside-Filter", &filter))) ||
	    natsMsgHeader_Get(message, "Ringside-Left-Out", &left_out))
		return (struct chain_link){.known = false};
	return (struct chain_link){
		.known = true,
		.previous_seq = strtoull(previous, NULL, 10),
		.left_out = strtoull(left_out, NULL, 10),
		.filter = filter,
	};
}

bool from_nats_read(natsMsg *message, struct reorder_message *ret, uint8_t stream[IDS_STREAM])
{
	const char *name, *subject = natsMsg_GetSubject(message);
	const bool footer = is_kind(subject, "footer");

	*ret = (struct reorder_message){
		.stream = stream,
		.header = is_kind(subject, "header"),
		.footer = footer && ends_stream(message),
		.redacted = !natsMsgHeader_Get(message, "Ringside-Redacted", &name),
		.hashed = footer || is_kind(subject, "counters"),
		.link = link_of(message),
		.data = natsMsg_GetData(message),
		.size = (size_t)natsMsg_GetDataLength(message),
	};
	return !natsMsgHeader_Get(message, "Nats-Msg-Id", &name) &&
	       ids_parse(name, stream, &ret->seq, &ret->last);
}

const char *from_nats_subject(const struct session *session, char subject[NATS_SUBJECT_MAX])
{
	const struct from_nats_options *options = session->options;
	char token[NATS_TOKEN_MAX];

	return nats_subject(options->n_hosts == 1 ? nats_token(options->hosts[0], token) : "*", ">",
			    subject);
}
