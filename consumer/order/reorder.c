/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/reorder.h"

#include <string.h>

#include "proto/base/util.h"

struct waiting {
	uint64_t seq, last;
	bool header, footer;
	struct chain_link link;
	size_t size;
	void *data;
};

struct stream {
	uint8_t id[IDS_STREAM];
	struct chain chain;
	bool begun, ended;
	void *header; /* the latest, for when its records go on behind others' */
	size_t header_size;
	uint64_t header_seq;
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

static int keep_header(struct stream *stream, uint64_t seq, const void *data, size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	free(stream->header);
	stream->header = copy;
	stream->header_size = size;
	stream->header_seq = seq;
	return 0;
}

int reorder_header(struct reorder *reorder, const uint8_t *id, uint64_t seq, const void *data,
		   size_t size)
{
	size_t at;
	int r = find_stream(reorder, id, &at);

	return r ? r : keep_header(&reorder->streams[at], seq, data, size);
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
	return stream->header ? reorder->put(reorder->data, stream->header, stream->header_size)
			      : 0;
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

	stream = &reorder->streams[at];
	if (!r && record->header)
		r = keep_header(stream, record->seq, record->data, record->size);
	if (!r)
		r = speak_for(reorder, at, record);
	if (!r)
		r = reorder->put(reorder->data, record->data, record->size);
	stream = &reorder->streams[at];
	if (!r && ids_add(&reorder->done, stream->id, record->seq) == -ENOMEM)
		r = -ENOMEM;
	reorder->spoken = at;
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

/* In its place; nearly always the last. */
static int insert(struct reorder *reorder, struct stream *stream,
		  const struct reorder_message *message)
{
	struct waiting record = {.seq = message->seq,
				 .last = max_u64(message->last, message->seq),
				 .header = message->header,
				 .footer = message->footer,
				 .link = message->link,
				 .size = message->size};
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
	record.data = malloc(record.size + 1);
	if (!record.data)
		return -ENOMEM;
	memcpy(record.data, message->data, record.size);
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

/* Behind what is put already: a double, or so late that it stands where it stands. */
static int take_late(struct reorder *reorder, size_t at, const struct reorder_message *message)
{
	const struct waiting record = {.seq = message->seq,
				       .last = max_u64(message->last, message->seq),
				       .header = message->header,
				       .footer = message->footer,
				       .size = message->size,
				       .data = (void *)(uintptr_t)message->data};

	if (ids_has(&reorder->done, message->stream, message->seq))
		return 0;
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
