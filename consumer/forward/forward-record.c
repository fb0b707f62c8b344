/* SPDX-License-Identifier: Apache-2.0 */
/* A record on its way to the target: whose it is, what is missing before it, whether it is wanted.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "consumer/forward/forward-internal.h"
#include "consumer/read/body.h"
#include "consumer/read/derived.h"
#include "proto/base/count.h"

#define WORK_EVERY 256u /* records that are put before the target may work */

static const uint8_t no_stream[TARGET_ID];

/* One for each of the bookmark. 0 or -ENOMEM. */
static int know_streams(struct forward *forward)
{
	while (forward->n_streams < forward->bookmark.n) {
		const struct bookmark_stream *mark = &forward->bookmark.streams[forward->n_streams];

		if (GROW(forward->streams, forward->n_streams, &forward->streams_room))
			return -ENOMEM;
		forward->streams[forward->n_streams] = (struct forward_stream){
			.last_put = mark->seq,
			.left_out = mark->left_out,
		};
		if (mark->seq)
			stretches_add(&forward->streams[forward->n_streams].given, 1, mark->seq);
		forward->n_streams++;
	}
	return 0;
}

int forward_resume(struct forward *forward)
{
	return know_streams(forward);
}

/* Another stream, or a file of one, is at hand. 0 or -errno. */
static int find_stream(struct forward *forward, const struct reader *reader)
{
	const Ringside__V1__Header *header = reader_header(reader);
	const uint8_t *id =
		header && header->stream_id.len == TARGET_ID ? header->stream_id.data : no_stream;
	int r = bookmark_add(&forward->bookmark, id, &forward->stream);

	if (r == -ENOSPC)
		forward_say(forward,
			    "the cursor has no room for more than %u streams: begin a new "
			    "one with --cursor",
			    BOOKMARK_STREAMS);
	if (!r)
		r = know_streams(forward);
	if (r)
		return r;
	forward->reader = reader;
	forward->other_host =
		forward->filtered &&
		!filter_wants_host(forward->options->filter, header ? header->host_name : NULL);
	return 0;
}

/* Takes the host's name and machine from the first Header that has them: a cursor is of one. */
static void note_host(struct bookmark *bookmark, const Ringside__V1__Header *header)
{
	if (!*bookmark->host && header->host_name && !strchr(header->host_name, '\n'))
		(void)snprintf(bookmark->host, sizeof(bookmark->host), "%s", header->host_name);
	if (!*bookmark->machine && header->machine_id && !strchr(header->machine_id, '\n'))
		(void)snprintf(bookmark->machine, sizeof(bookmark->machine), "%s",
			       header->machine_id);
}

/* Waits for room. 0, -ECANCELED or another -errno. */
static int offer(struct forward *forward, const struct target_item *item)
{
	const struct target_ops *ops = forward->options->ops;
	int r = pending_is_full(forward->pending) ? -EAGAIN : ops->put(forward->target, item);

	while (r == -EAGAIN) {
		if (forward_is_stopped(forward))
			return -ECANCELED;
		r = forward_work(forward, FORWARD_WAIT_MS, false);
		if (!r)
			r = pending_is_full(forward->pending) ? -EAGAIN
							      : ops->put(forward->target, item);
	}
	if (r)
		return r;
	pending_add(forward->pending, (struct pending_record){
					      .seq = item->last_seq,
					      .time_unix_nano = item->time_unix_nano,
					      .left_out = item->left_out,
					      .stream = forward->stream,
				      });
	return forward->pending->end % WORK_EVERY ? 0 : forward_work(forward, 0, false);
}

static struct target_item item_at_hand(const struct forward *forward, struct reader *reader,
				       const struct reader_record *record)
{
	const struct forward_stream *stream = &forward->streams[forward->stream];
	const Ringside__V1__Header *header = reader_header(reader);
	const ProtobufCFieldDescriptor *body =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							record->peek.kind);

	return (struct target_item){
		.stream_id = forward->bookmark.streams[forward->stream].id,
		.seq = record->peek.seq,
		.last_seq = record->peek.seq,
		.kind = body && body->type == PROTOBUF_C_TYPE_MESSAGE ? body->name : "",
		.host = header && header->host_name ? header->host_name : "",
		.time_unix_nano = record->peek.has_time ? record->peek.time_unix_nano : 0,
		.frame = record->frame,
		.size = record->size,
		.record = record->record,
		.header = header,
		.reader = reader,
		.event = body_kind_is_event(record->peek.kind),
		.filtered = forward->filtered,
		.previous_seq = stream->last_put,
		.left_out = stream->left_out,
		.redacted = "",
	};
}

/* The records from @first on to the one at hand are in no file any more. 0 or -errno. */
static int put_deleted(struct forward *forward, struct reader *reader,
		       const struct reader_record *record, uint64_t first)
{
	Ringside__V1__Record lost_record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	struct target_item item = item_at_hand(forward, reader, record);
	uint64_t count = record->peek.seq - first;
	uint8_t frame[256];

	lost.has_reason = lost.has_count = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__RETENTION;
	lost.count = count;
	lost.has_before_boottime_nano = record->peek.has_boottime;
	lost.before_boottime_nano = record->peek.boottime_nano;
	lost_record.has_seq = 1;
	lost_record.seq = first;
	lost_record.has_time_unix_nano = record->peek.has_time;
	lost_record.time_unix_nano = record->peek.time_unix_nano;
	lost_record.has_boottime_nano = record->peek.has_boottime;
	lost_record.boottime_nano = record->peek.boottime_nano;
	lost_record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	lost_record.lost = &lost;
	item.seq = first;
	item.last_seq = first + count - 1;
	item.kind = "lost";
	item.frame = frame;
	item.size = ringside__v1__record__pack(&lost_record, frame);
	item.record = forward->options->ops->wants_unpacked ? &lost_record : NULL;
	item.event = false;
	forward->deleted += count;
	forward_say(forward, "%s %s deleted before %s could be sent: the target is told",
		    COUNTED(count, "record"), count == 1 ? "was" : "were",
		    count == 1 ? "it" : "they");
	return offer(forward, &item);
}

/* What retention deleted of the stream before this file, and nobody acknowledged. */
static int check_deleted(struct forward *forward, struct reader *reader,
			 const struct reader_record *record)
{
	struct forward_stream *stream = &forward->streams[forward->stream];
	const Ringside__V1__Header *header = reader_header(reader);
	uint64_t first = stream->last_put + 1;
	int r;

	if (!header || header->excerpt || record->peek.seq <= first ||
	    (!stream->last_put && !forward->continues))
		return 0;
	r = put_deleted(forward, reader, record, first);
	if (r)
		return r;
	stretches_add(&stream->given, first, record->peek.seq - 1);
	stream->last_put = record->peek.seq - 1;
	return 0;
}

/* 1: wanted; 0, READER_DAMAGED. What tells of the stream itself always is: without it, nobody
 * could say whether the rest is complete. */
static int is_wanted(const struct forward *forward, struct reader *reader,
		     struct reader_record *record)
{
	if (forward->other_host)
		return 0;
	if (!forward->filtered || !body_kind_is_event(record->peek.kind))
		return 1;
	return filter_record(forward->options->filter, reader, record);
}

/* One without a number is another one each time. */
static void note_given(struct forward_stream *stream, const struct reader_record *record)
{
	if (record->peek.seq && !stretches_have(&stream->given, record->peek.seq))
		stretches_add(&stream->given, record->peek.seq, record->peek.seq);
}

static int give(struct forward *forward, struct reader *reader, struct reader_record *record)
{
	struct forward_stream *stream = &forward->streams[forward->stream];
	struct target_item item;
	int r = forward->options->ops->wants_unpacked ? reader_unpack(reader, record) : 0;

	if (r)
		return r;
	item = item_at_hand(forward, reader, record);
	if (item.event && (forward->filtered || forward->redact)) {
		item.frame = forward->complete;
		item.size = derived_complete(record->derived, record->frame, record->size,
					     forward->complete);
	}
	if (forward->redact)
		r = redact_item(forward->redact, &item);
	if (r)
		return r == -EBADMSG ? READER_DAMAGED : r;
	r = offer(forward, &item);
	if (r)
		return r;
	stream->last_put = max_u64(stream->last_put, record->peek.seq);
	note_given(stream, record);
	return 0;
}

int forward_put(void *data, struct reader *reader, struct reader_record *record)
{
	struct forward *forward = data;
	int r = 0;

	if (forward_is_stopped(forward))
		return -ECANCELED;
	if (record->header || reader != forward->reader)
		r = find_stream(forward, reader);
	if (!r && record->peek.seq &&
	    stretches_have(&forward->streams[forward->stream].given, record->peek.seq))
		return 0;
	if (!r && record->header) {
		note_host(&forward->bookmark, reader_header(reader));
		r = forward->other_host ? 0 : check_deleted(forward, reader, record);
	}
	if (!r)
		r = is_wanted(forward, reader, record);
	if (r == 1)
		return give(forward, reader, record);
	if (!r && !forward->other_host) {
		forward->streams[forward->stream].left_out++;
		note_given(&forward->streams[forward->stream], record);
	}
	return r;
}
