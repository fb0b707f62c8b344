/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/order/hashes.h"
#include "proto/base/util.h"

struct waiting {
	uint64_t seq, last;
	bool header, footer, redacted, hashed;
	struct chain_link link;
	size_t size;
	void *data; /* behind it is the link's filter */
};

struct stream {
	uint8_t id[IDS_STREAM];
	struct chain chain;
	bool begun, ended;
	bool redacted;   /* something is, since the latest Header: no hash fits */
	uint64_t latest; /* that was put */
	void *header;    /* the latest, for when its records go on behind others' */
	size_t header_size;
	uint64_t header_seq;
	bool header_linked;
	struct waiting *all; /* from first on, in order */
	size_t first, n, room;
};

struct reorder {
	bool live, from_start;
	reorder_put_fn *put;
	reorder_find_fn *find;
	void *data;
	struct stream *streams;
	size_t n, room;
	size_t current, latest; /* whose turn it is; whose message came last */
	size_t spoken;          /* whose record was put last; SIZE_MAX: none was */
	size_t bytes;
	struct ids done;
};

int reorder_new(struct reorder **ret, bool live, bool from_start, reorder_put_fn *put,
		reorder_find_fn *find, void *data)
{
	struct reorder *reorder = calloc(1, sizeof(*reorder));

	if (!reorder)
		return -ENOMEM;
	reorder->live = live;
	reorder->from_start = from_start;
	reorder->put = put;
	reorder->find = find;
	reorder->data = data;
	reorder->spoken = SIZE_MAX;
	*ret = reorder;
	return 0;
}

static void free_stream(struct stream *stream)
{
	for (size_t i = stream->first; i < stream->n; i++)
		free(stream->all[i].data);
	free(stream->all);
	free(stream->header);
	chain_done(&stream->chain);
}

struct reorder *reorder_free(struct reorder *reorder)
{
	if (reorder) {
		for (size_t i = 0; i < reorder->n; i++)
			free_stream(&reorder->streams[i]);
		free(reorder->streams);
		ids_done(&reorder->done);
		free(reorder);
	}
	return NULL;
}

static int find_stream(struct reorder *reorder, const uint8_t *id, size_t *ret)
{
	if (reorder->latest < reorder->n &&
	    !memcmp(reorder->streams[reorder->latest].id, id, IDS_STREAM)) {
		*ret = reorder->latest;
		return 0;
	}
	for (*ret = 0; *ret < reorder->n; (*ret)++)
		if (!memcmp(reorder->streams[*ret].id, id, IDS_STREAM)) {
			reorder->latest = *ret;
			return 0;
		}
	if (GROW(reorder->streams, reorder->n, &reorder->room))
		return -ENOMEM;
	reorder->streams[*ret] = (struct stream){
		.chain = {.next = reorder->from_start, .counts = reorder->from_start}};
	memcpy(reorder->streams[*ret].id, id, IDS_STREAM);
	reorder->latest = reorder->n++;
	return 0;
}

static int keep_header(struct stream *stream, uint64_t seq, bool linked, const void *data,
		       size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	free(stream->header);
	stream->header = copy;
	stream->header_size = size;
	stream->header_seq = seq;
	stream->header_linked = linked;
	return 0;
}

int reorder_header(struct reorder *reorder, const struct reorder_message *header)
{
	size_t at;
	int r = find_stream(reorder, header->stream, &at);

	return r ? r
		 : keep_header(&reorder->streams[at], header->seq, header->link.known, header->data,
			       header->size);
}

/* As what chooses now has it. */
static int put_header(struct reorder *reorder, const struct stream *stream, const void *data,
		      size_t size, bool linked)
{
	_cleanup_free_ uint8_t *marked = NULL;
	size_t marked_size;
	int r = chain_mark(&stream->chain, data, size, linked, &marked, &marked_size);

	if (r)
		return r == -EBADMSG ? reorder->put(reorder->data, data, size) : r;
	return reorder->put(reorder->data, marked, marked_size);
}

/* A Header that goes before says whose the records behind it are. */
static int speak_for(struct reorder *reorder, size_t at, const struct waiting *record)
{
	struct stream *stream = &reorder->streams[at];

	if (reorder->spoken == at || record->header)
		return 0;
	if ((!stream->header || stream->header_seq >= record->seq) && reorder->find)
		reorder->find(reorder->data, stream->id, record->seq);
	stream = &reorder->streams[at];
	return stream->header ? put_header(reorder, stream, stream->header, stream->header_size,
					   stream->header_linked)
			      : 0;
}

/* What chooses from this record on: its Header is put once more, and says so. */
static int note_choice(struct reorder *reorder, size_t at, const struct waiting *record)
{
	struct chain *chain = &reorder->streams[at].chain;

	if (!chain_changes(chain, &record->link))
		return 0;
	if (reorder->spoken == at)
		reorder->spoken = SIZE_MAX;
	return chain_choose(chain, &record->link);
}

/* Behind its Header, or it is one. */
static int put_one(struct reorder *reorder, size_t at, const struct waiting *record)
{
	struct stream *stream = &reorder->streams[at];
	_cleanup_free_ uint8_t *other = NULL;
	size_t size;
	int r = -EBADMSG;

	stream->redacted = record->redacted || (stream->redacted && !record->header);
	if (record->header)
		return put_header(reorder, stream, record->data, record->size, record->link.known);
	if (record->hashed && stream->redacted)
		r = hashes_drop(record->data, record->size, &other, &size);
	if (r == -EBADMSG)
		return reorder->put(reorder->data, record->data, record->size);
	return r ? r : reorder->put(reorder->data, other, size);
}

/* Files of a stream, from which on it is there, are a part of it: nothing is missing before them.
 */
static bool has_gap(const struct stream *stream, const struct waiting *record,
		    struct chain_gap *ret)
{
	return !chain_goes_on(&stream->chain, &record->link, record->seq, ret) &&
	       (stream->begun || !record->header);
}

static int put_gap(struct reorder *reorder, size_t at, const struct waiting *record,
		   const struct chain_gap *gap)
{
	const struct waiting lost = {.seq = gap->first};
	uint8_t buf[CHAIN_LOST_MAX];
	size_t size = chain_lost(gap, record->data, record->size, buf);
	int r = speak_for(reorder, at, &lost);

	reorder->spoken = at;
	return r ? r : reorder->put(reorder->data, buf, size);
}

static int put_record(struct reorder *reorder, size_t at, const struct waiting *record)
{
	struct stream *stream = &reorder->streams[at];
	struct chain_gap gap;
	int r = has_gap(stream, record, &gap) ? put_gap(reorder, at, record, &gap) : 0;

	if (!r)
		r = note_choice(reorder, at, record);
	stream = &reorder->streams[at];
	if (!r && record->header)
		r = keep_header(stream, record->seq, record->link.known, record->data,
				record->size);
	if (!r)
		r = speak_for(reorder, at, record);
	if (!r)
		r = put_one(reorder, at, record);
	stream = &reorder->streams[at];
	if (!r && ids_add(&reorder->done, stream->id, record->seq) == -ENOMEM)
		r = -ENOMEM;
	reorder->spoken = at;
	stream->latest = record->seq;
	chain_take(&stream->chain, &record->link, record->last);
	stream->begun = true;
	stream->ended = stream->ended || record->footer;
	return r;
}

/* Nothing is missing before it. */
static bool is_next(const struct stream *stream, const struct waiting *record)
{
	struct chain_gap gap;

	return record->seq <= stream->chain.next ||
	       (record->link.known &&
		chain_goes_on(&stream->chain, &record->link, record->seq, &gap));
}

/* What can go: in order, or, @all, whatever is missing before it. */
static int drain(struct reorder *reorder, size_t at, bool all)
{
	struct stream *stream = &reorder->streams[at];
	int r = 0;

	while (!r && stream->first < stream->n) {
		struct waiting *record = &stream->all[stream->first];

		if (!all && !is_next(stream, record) &&
		    stream->n - stream->first < REORDER_BEHIND &&
		    !(reorder->live && !stream->chain.next))
			break;
		stream->first++;
		reorder->bytes -= record->size;
		r = put_record(reorder, at, record);
		stream = &reorder->streams[at];
		free(stream->all[stream->first - 1].data);
	}
	if (stream->first == stream->n)
		stream->first = stream->n = 0;
	return r;
}

/* Its data is the message's. */
static struct waiting waiting_of(const struct reorder_message *message)
{
	return (struct waiting){
		.seq = message->seq,
		.last = max_u64(message->last, message->seq),
		.header = message->header,
		.footer = message->footer,
		.redacted = message->redacted,
		.hashed = message->hashed,
		.link = message->link,
		.size = message->size,
		.data = (void *)(uintptr_t)message->data,
	};
}

/* With what its link says, which stands behind it. */
static void *copy_data(const struct reorder_message *message, struct chain_link *link)
{
	const size_t more = link->filter ? strlen(link->filter) + 1 : 1;
	char *copy = malloc(message->size + more);

	if (!copy)
		return NULL;
	memcpy(copy, message->data, message->size);
	if (link->filter)
		link->filter = memcpy(copy + message->size, link->filter, more);
	return copy;
}

/* In its place; nearly always the last. */
static int insert(struct reorder *reorder, struct stream *stream,
		  const struct reorder_message *message)
{
	struct waiting record = waiting_of(message);
	size_t at;

	if (stream->first > 4096 && stream->first > stream->n / 2) {
		memmove(stream->all, stream->all + stream->first,
			(stream->n - stream->first) * sizeof(*stream->all));
		stream->n -= stream->first;
		stream->first = 0;
	}
	for (at = stream->n; at > stream->first && stream->all[at - 1].seq >= record.seq; at--)
		if (stream->all[at - 1].seq == record.seq)
			return 0; /* it was stored twice */
	if (GROW(stream->all, stream->n, &stream->room))
		return -ENOMEM;
	record.data = copy_data(message, &record.link);
	if (!record.data)
		return -ENOMEM;
	memmove(stream->all + at + 1, stream->all + at, (stream->n - at) * sizeof(*stream->all));
	stream->all[at] = record;
	stream->n++;
	reorder->bytes += record.size;
	return 0;
}

/* The next stream that has something, once the one whose turn it was has ended. */
static int take_turns(struct reorder *reorder)
{
	int r = 0;

	while (!r && reorder->streams[reorder->current].ended && reorder->current + 1 < reorder->n)
		r = drain(reorder, ++reorder->current, false);
	/* one that has not ended, and others that wait for it: it has ended without a Footer */
	while (!r && reorder->bytes > REORDER_BYTES) {
		r = drain(reorder, reorder->current, true);
		reorder->current = (reorder->current + 1) % reorder->n;
		if (!r)
			r = drain(reorder, reorder->current, false);
	}
	return r;
}

/* Of what is chosen by a filter such a record is no damage: with another filter, from the same
 * cursor or a new one, what the first one had left out comes behind it. It says nothing of what
 * else was left out there. */
static int put_late(struct reorder *reorder, size_t at, const struct waiting *record)
{
	struct stream *stream;
	int r;

	if (reorder->spoken == at && record->seq < reorder->streams[at].latest)
		reorder->spoken = SIZE_MAX;
	r = speak_for(reorder, at, record);
	if (!r)
		r = put_one(reorder, at, record);
	stream = &reorder->streams[at];
	if (!r && ids_add(&reorder->done, stream->id, record->seq) == -ENOMEM)
		r = -ENOMEM;
	reorder->spoken = at;
	stream->latest = record->seq;
	stream->ended = stream->ended || record->footer;
	return r;
}

/* Behind what is put already: a double, or so late that it stands where it stands. */
static int take_late(struct reorder *reorder, size_t at, const struct reorder_message *message)
{
	struct waiting record = waiting_of(message);

	if (ids_has(&reorder->done, message->stream, message->seq))
		return 0;
	if (reorder->streams[at].chain.linked)
		return put_late(reorder, at, &record);
	record.link.known = false; /* what it goes on with was before */
	return put_record(reorder, at, &record);
}

int reorder_take(struct reorder *reorder, const struct reorder_message *message)
{
	size_t at;
	int r = find_stream(reorder, message->stream, &at);

	if (r)
		return r;
	if (message->seq < reorder->streams[at].chain.next)
		return take_late(reorder, at, message);
	r = insert(reorder, &reorder->streams[at], message);
	if (!r && (reorder->live || at == reorder->current))
		r = drain(reorder, at, false);
	return r || reorder->live ? r : take_turns(reorder);
}

int reorder_flush(struct reorder *reorder)
{
	int r = 0;

	for (size_t i = 0; !r && i < reorder->n; i++)
		r = drain(reorder, i, true);
	return r;
}

bool reorder_ended(const struct reorder *reorder)
{
	return reorder->n && reorder->streams[0].ended;
}

bool reorder_waits(const struct reorder *reorder)
{
	return reorder->bytes > 0;
}
