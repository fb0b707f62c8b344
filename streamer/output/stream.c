/* SPDX-License-Identifier: Apache-2.0 */
/* buffer   |....|=======|-------------------|            |
 *               ^frame  ^head          ^hashed ^tail     ^size
 *
 * [head, tail) is what the sink has not taken; [frame, head) is the part it took of a record
 * that it has not taken whole, kept to know where that record began. [hashed, tail) is not in
 * the hash yet: hashing runs over whole batches. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "proto/record/pb-read.h"
#include "proto/record/stream-hash.h"
#include "proto/ringside-fields.h"
#include "streamer/output/stream.h"

/* The length of a frame up to STREAM_FRAME_MAX takes at most 3 bytes. */
#define LENGTH_MAX 3u
/* boottime, real time and seq */
#define STAMPS_SIZE 40u

int stream_new(struct stream **ret, struct sink *sink)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->sink = sink;
	s->size = STREAM_BUFFER;
	s->buf = malloc(s->size);
	s->hash = XXH3_createState();
	s->committed_hash = XXH3_createState();
	if (!s->buf || !s->hash || !s->committed_hash ||
	    getrandom(s->id, sizeof(s->id), 0) != sizeof(s->id)) {
		(void)stream_free(s);
		return -ENOMEM;
	}
	(void)XXH3_64bits_reset(s->hash);
	(void)XXH3_64bits_reset(s->committed_hash);
	*ret = s;
	return 0;
}

struct stream *stream_free(struct stream *s)
{
	if (!s)
		return NULL;
	(void)XXH3_freeState(s->hash);
	(void)XXH3_freeState(s->committed_hash);
	free(s->buf);
	free(s);
	return NULL;
}

static void hash_batch(struct stream *s)
{
	stream_hash_update(s->hash, s->buf + s->hashed, s->tail - s->hashed);
	s->now.hashed_bytes += s->tail - s->hashed;
	s->hashed = s->tail;
}

static void compact_buffer(struct stream *s)
{
	memmove(s->buf, s->buf + s->frame, s->tail - s->frame);
	s->head -= s->frame;
	s->hashed -= s->frame;
	s->tail -= s->frame;
	s->frame = 0;
}

int stream_make_room(struct stream *s, size_t room, size_t max)
{
	size_t need = s->tail - s->frame + room, size = s->size;
	uint8_t *buf;

	if (need > max)
		return -ENOBUFS;
	if (s->frame)
		compact_buffer(s);
	while (size < need)
		size *= 2;
	if (size == s->size)
		return 0;
	buf = realloc(s->buf, size);
	if (!buf)
		return -ENOBUFS;
	s->buf = buf;
	s->size = size;
	return 0;
}

int stream_begin(struct stream *s, size_t room, struct pb *ret_pb)
{
	const size_t whole = LENGTH_MAX + room + STAMPS_SIZE;
	int r = s->size - s->tail >= whole ? 0 : stream_make_room(s, whole, STREAM_BUFFER_MAX);

	if (r < 0)
		return r;
	*ret_pb = pb_make(s->buf + s->tail + LENGTH_MAX, room);
	return 0;
}

int stream_end(struct stream *s, struct pb *pb)
{
	uint8_t *body = s->buf + s->tail + LENGTH_MAX, *p;
	uint64_t boottime;
	size_t n;

	if (pb->overflow || (size_t)(pb->p - body) > STREAM_FRAME_MAX - STAMPS_SIZE)
		return -EMSGSIZE;
	boottime = clock_nano(CLOCK_BOOTTIME);
	pb->end += STAMPS_SIZE;
	pb_fixed64(pb, FIELD_RECORD_BOOTTIME_NANO, boottime);
	pb_fixed64(pb, FIELD_RECORD_TIME_UNIX_NANO, boottime + (uint64_t)s->realtime_offset);
	pb_uint(pb, FIELD_RECORD_SEQ, s->now.seq + 1);
	if (pb->overflow)
		return -EMSGSIZE;

	n = (size_t)(pb->p - body);
	p = pb_put_varint(s->buf + s->tail, n);
	if (p != body)
		memmove(p, body, n);
	s->tail = (size_t)(p - s->buf) + n;
	s->run.size = 0;
	s->now.seq++;
	return 0;
}

void stream_hash(struct stream *s, unsigned field_hash, unsigned field_bytes, struct pb *pb)
{
	hash_batch(s);
	pb_fixed64(pb, field_hash, XXH3_64bits_digest(s->hash));
	pb_uint(pb, field_bytes, s->now.hashed_bytes);
	(void)XXH3_64bits_reset(s->hash);
	s->now.hashed_bytes = 0;
}

/* Bytes of the frame at @at, its length included; our own frames are whole. */
static size_t frame_size(const struct stream *s, size_t at, const uint8_t **ret_body)
{
	uint64_t length = 0;

	*ret_body = pb_get_varint(s->buf + at, s->buf + s->tail, &length);
	return (size_t)(*ret_body - (s->buf + at)) + length;
}

static void take_back(struct stream *s, size_t n)
{
	const uint8_t *body;
	size_t size;

	s->now.taken += n;
	s->head += n;
	if (s->head == s->tail) {
		s->frame = s->head = s->hashed = s->tail = 0;
		return;
	}
	while (s->frame + (size = frame_size(s, s->frame, &body)) <= s->head)
		s->frame += size;
}

/* A large set of Counters has gone out: back to the usual size. */
static void shrink_buffer(struct stream *s)
{
	uint8_t *buf;

	if (s->size == STREAM_BUFFER || s->tail)
		return;
	buf = realloc(s->buf, STREAM_BUFFER);
	if (!buf)
		return;
	s->buf = buf;
	s->size = STREAM_BUFFER;
}

int stream_flush(struct stream *s)
{
	hash_batch(s);
	while (s->head < s->tail) {
		ssize_t n = sink_write(s->sink, s->buf + s->head, s->tail - s->head);

		if (n < 0)
			return (int)n;
		if (!n)
			return STREAM_BLOCKED;
		take_back(s, (size_t)n);
	}
	shrink_buffer(s);
	return 0;
}

void stream_next_file(struct stream *s)
{
	(void)XXH3_64bits_reset(s->hash);
	s->now.hashed_bytes = 0;
	s->now.taken = 0;
	s->now.file++;
}

void stream_commit(struct stream *s)
{
	s->committed = s->now;
	XXH3_copyState(s->committed_hash, s->hash);
	sink_commit(s->sink);
}

void stream_rollback(struct stream *s)
{
	if (s->run.taken_back < s->now.seq)
		s->run.taken_back = s->now.seq;
	s->now = s->committed;
	XXH3_copyState(s->hash, s->committed_hash);
	s->frame = s->head = s->hashed = s->tail = 0;
	s->run.size = 0;
	sink_rollback(s->sink);
}

void stream_abandon(struct stream *s, uint64_t records[RECORD_BODIES], bool *ret_torn)
{
	uint64_t partial = s->head - s->frame;
	const uint8_t *body;
	struct peek peek;

	memset(records, 0, RECORD_BODIES * sizeof(records[0]));
	for (size_t at = s->frame, n; at < s->tail; at += n) {
		n = frame_size(s, at, &body);
		if (peek_record(body, (size_t)(s->buf + at + n - body), &peek))
			records[peek.kind]++;
	}
	s->frame = s->head = s->hashed = s->tail = 0;
	*ret_torn =
		sink_torn(s->sink) || (partial && sink_cut(s->sink, s->now.taken - partial) < 0);
}
