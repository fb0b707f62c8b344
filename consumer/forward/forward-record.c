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

#define WORK_EVERY 256u  /* records that are put before the target may work */
#define SEEN_EVERY 4096u /* ... and that are passed over */

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
	*forward->chosen = '\0';
	if (forward->filtered && forward->options->chosen &&
	    excerpt_is_any(forward->options->chosen))
		excerpt_text(forward->options->chosen, header ? header->excerpt : NULL,
			     forward->chosen);
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
	const struct bookmark_stream *mark = &forward->bookmark.streams[forward->stream];
	const Ringside__V1__Header *header = reader_header(reader);
	const ProtobufCFieldDescriptor *body =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							record->peek.kind);

	return (struct target_item){
		.stream_id = mark->id,
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
		.previous_seq = stream->last_put >= mark->from ? stream->last_put : 0,
		.left_out = stream->left_out,
		.filter = forward->chosen,
		.redacted = "",
	};
}

static void say_missing(struct forward *forward, uint64_t count, bool torn)
{
	const char *were = count == 1 ? "was" : "were", *they = count == 1 ? "it" : "they";

	if (torn)
		forward_say(forward,
			    "%s %s damaged or cut off, and cannot be sent: the target is told",
			    COUNTED(count, "record"), were);
	else
		forward_say(forward, "%s %s deleted before %s could be sent: the target is told",
			    COUNTED(count, "record"), were, they);
}

/* The records from @first on to the one at hand are in no file any more, or, where the file that
 * had them is @torn, not readable. 0 or -errno. */
static int put_missing(struct forward *forward, struct reader *reader,
		       const struct reader_record *record, uint64_t first, bool torn)
{
	Ringside__V1__Record lost_record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	struct target_item item = item_at_hand(forward, reader, record);
	uint64_t count = record->peek.seq - first;
	uint8_t frame[256];

	lost.has_reason = lost.has_count = 1;
	lost.reason =
		torn ? RINGSIDE__V1__LOST__REASON__DAMAGED : RINGSIDE__V1__LOST__REASON__RETENTION;
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
	if (!torn)
		forward->deleted += count;
	say_missing(forward, count, torn);
	return offer(forward, &item);
}

/* The first record of the stream that was neither given nor left out. */
static uint64_t next_of(const struct forward_stream *stream)
{
	return max_u64(stream->told, max_u64(stream->last_put, stretches_top(&stream->given))) + 1;
}

/* Whether records are missing before the one at hand, of which nothing is told in the recording:
 * before a file, or where it is damaged. */
static bool has_gap(const struct forward *forward, const Ringside__V1__Header *header,
		    const struct reader_record *record)
{
	const struct forward_stream *stream = &forward->streams[forward->stream];

	return record->peek.seq > next_of(stream) && (record->header || stream->torn) &&
	       !header->excerpt && (stream->last_put || forward->continues);
}

/* What retention deleted of the stream before this file, and nobody acknowledged; what cannot be
 * read of it. */
static int check_missing(struct forward *forward, struct reader *reader,
			 const struct reader_record *record)
{
	const Ringside__V1__Header *header = reader_header(reader);
	const uint64_t seq = record->peek.seq;
	struct forward_stream *stream = &forward->streams[forward->stream];
	uint64_t first = next_of(stream);
	int r = 0;

	if (!has_gap(forward, header, record))
		return 0;
	if (!stream->torn)
		r = forward_look(forward, forward->bookmark.streams[forward->stream].id, first,
				 seq);
	stream = &forward->streams[forward->stream]; /* there may be more of them now */
	first = next_of(stream);
	if (r || !has_gap(forward, header, record))
		return r;
	r = put_missing(forward, reader, record, first, stream->torn);
	if (r)
		return r;
	stretches_add(&stream->given, first, seq - 1);
	stream->last_put = seq - 1;
	return 0;
}

/* A repair's Lost stands for records that are missing behind it; with no count for any number. */
static void note_told(struct forward *forward, struct reader *reader, struct reader_record *record)
{
	struct forward_stream *stream = &forward->streams[forward->stream];
	const Ringside__V1__Lost *lost;

	if (record->peek.kind != RINGSIDE__V1__RECORD__BODY_LOST || reader_unpack(reader, record) ||
	    !body_stands_in(record->record))
		return;
	lost = record->record->lost;
	stream->told = lost->count ? record->peek.seq + lost->count - 1 : UINT64_MAX - 1;
}

static int pass_gap(struct forward *forward, struct reader *reader, struct reader_record *record)
{
	int r = check_missing(forward, reader, record);
	struct forward_stream *stream = &forward->streams[forward->stream];

	stream->torn = false;
	if (record->header)
		stream->told = 0;
	note_told(forward, reader, record);
	return r;
}

/* Nobody can tell by an identity what has none. */
static int leave_headless(struct forward *forward)
{
	forward->failed = true;
	if (!forward->headless_said)
		forward_say(forward, "what follows has lost its Header: whose records they are is "
				     "not known, and they are not forwarded");
	forward->headless_said = true;
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
static void note_given(struct forward *forward, const struct reader_record *record)
{
	struct forward_stream *stream = &forward->streams[forward->stream];

	if (!record->peek.seq)
		return;
	if (!stretches_have(&stream->given, record->peek.seq))
		stretches_add(&stream->given, record->peek.seq, record->peek.seq);
	if (record->peek.has_time)
		stamps_keep(forward->stamps, forward->stream, record->peek.seq,
			    record->peek.time_unix_nano);
}

/* One with this number was given, or left out: mostly this one. */
static int pass_double(struct forward *forward, const struct reader_record *record)
{
	if (forward->others_said || !record->peek.has_time ||
	    !stamps_differ(forward->stamps, forward->stream, record->peek.seq,
			   record->peek.time_unix_nano))
		return 0;
	forward->failed = forward->others_said = true;
	forward_say(forward,
		    "record %" PRIu64 " is another one than that which came before with its number "
		    "(was the machine cloned while it was recorded?): where there are two, the "
		    "first alone is forwarded",
		    record->peek.seq);
	return 0;
}

/* With a filter, what is sent is an excerpt, as each Header of it says. */
static int mark_header(struct forward *forward, struct reader *reader, struct reader_record *record,
		       struct target_item *item)
{
	struct excerpt_header marked;
	int r = reader_unpack(reader, record);

	if (r)
		return r;
	excerpt_mark(forward->options->chosen, record->record, 1, &marked);
	item->size = ringside__v1__record__get_packed_size(&marked.record);
	if (item->size > FRAME_MAX)
		return READER_DAMAGED;
	(void)ringside__v1__record__pack(&marked.record, forward->complete);
	item->frame = forward->complete;
	return 0;
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
	if (record->header && forward->filtered && forward->options->chosen)
		r = mark_header(forward, reader, record, &item);
	if (!r && forward->redact)
		r = redact_item(forward->redact, &item);
	if (r)
		return r == -EBADMSG ? READER_DAMAGED : r;
	r = offer(forward, &item);
	if (r)
		return r;
	stream->last_put = max_u64(stream->last_put, record->peek.seq);
	note_given(forward, record);
	return 0;
}

int forward_put(void *data, struct reader *reader, struct reader_record *record)
{
	struct forward *forward = data;
	int r = 0;

	if (forward_is_stopped(forward) || forward->refusal)
		return -ECANCELED;
	if (++forward->n_seen % SEEN_EVERY == 0)
		r = forward_work(forward, 0, false);
	if (r)
		return r;
	if (!reader_header(reader))
		return leave_headless(forward);
	if (record->header || reader != forward->reader)
		r = find_stream(forward, reader);
	if (!r && record->peek.seq &&
	    stretches_have(&forward->streams[forward->stream].given, record->peek.seq))
		return pass_double(forward, record);
	if (!r && record->header)
		note_host(&forward->bookmark, reader_header(reader));
	if (!r && !forward->other_host)
		r = pass_gap(forward, reader, record);
	if (!r)
		r = is_wanted(forward, reader, record);
	if (r == 1)
		return give(forward, reader, record);
	if (!r && !forward->other_host) {
		forward->streams[forward->stream].left_out++;
		note_given(forward, record);
	}
	return r;
}
