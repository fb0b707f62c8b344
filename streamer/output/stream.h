/* SPDX-License-Identifier: Apache-2.0 */
/* The stream: numbers, stamps, hashes and frames records, and holds what the sink has not taken
 * yet. Events are encoded straight into that buffer; it is bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/record/pb.h"
#include "proto/record/peek.h"
#include "proto/record/stamp.h"
#include "streamer/output/sink.h"

struct XXH3_state_s;

#define STREAM_ID_SIZE 16
#define STREAM_BUFFER (1024u * 1024)          /* for events */
#define STREAM_BUFFER_MAX (16u * 1024 * 1024) /* with a set of Counters on top */
#define STREAM_RUN (32u * 1024)               /* a run of events ends with the one that fills it */
#define STREAM_FRAME_MAX (1024u * 1024)       /* longer ones no reader accepts (DESIGN §8) */

/* What a commit keeps, besides the hash. */
struct stream_state {
	uint64_t hashed_bytes;
	uint64_t taken; /* bytes the sink has taken since the file's start */
	uint64_t seq;   /* of the latest record, 0: none */
	uint32_t file;  /* index of the file */
};

/* What others read of it: id, now.seq, now.file, run.number; and realtime_offset, which they set.
 */
struct stream {
	struct sink *sink;
	struct XXH3_state_s *hash;
	struct XXH3_state_s *committed_hash;
	struct stream_state now;
	struct stream_state committed;
	/* CLOCK_REALTIME - CLOCK_BOOTTIME of the latest Clock: what all records are stamped with.
	 */
	int64_t realtime_offset;
	/* The run of events (FORMAT.md) that an event is reserved for. */
	struct {
		uint64_t number;
		int64_t realtime_offset;
		size_t size;         /* 0: the next event begins another */
		uint64_t taken_back; /* the greatest number that was: whoever read what had it
					must not take what has it now, or the next, for what
					goes on */
	} run;
	uint8_t id[STREAM_ID_SIZE];
	uint8_t *buf;
	size_t size;
	size_t frame;
	size_t head;
	size_t hashed;
	size_t tail;
};

int stream_new(struct stream **ret, struct sink *sink);
struct stream *stream_free(struct stream *stream); /* NULL is fine; returns NULL */

/* Bytes the sink has not taken yet. */
static inline size_t stream_pending(const struct stream *stream)
{
	return stream->tail - stream->head;
}

/* Whether the buffer for events takes @room more bytes. */
static inline bool stream_has_room(const struct stream *stream, size_t room)
{
	return stream->tail - stream->frame + room <= STREAM_BUFFER;
}

/* For the two below: makes room for @room bytes at the tail, where there is none; the buffer may
 * grow to @max. 0 or -ENOBUFS. */
int stream_make_room(struct stream *stream, size_t room, size_t max);

/* An event: @room bytes to write its frame to, NULL if there are none; then, of these, how many it
 * takes. */
static inline uint8_t *stream_reserve(struct stream *stream, size_t room,
				      struct record_stamp *ret_stamp)
{
	if (stream->size - stream->tail < room && stream_make_room(stream, room, STREAM_BUFFER) < 0)
		return NULL;
	*ret_stamp = (struct record_stamp){
		.seq = stream->now.seq + 1,
		.realtime_offset = stream->realtime_offset,
		.goes_on = stream->run.size && stream->run.size < STREAM_RUN &&
			   stream->now.seq > stream->run.taken_back &&
			   stream->run.realtime_offset == stream->realtime_offset,
	};
	if (!ret_stamp->goes_on) {
		stream->run.number++;
		stream->run.realtime_offset = stream->realtime_offset;
		stream->run.size = 0;
	}
	return stream->buf + stream->tail;
}

static inline void stream_append(struct stream *stream, size_t size)
{
	stream->tail += size;
	stream->run.size += size;
	stream->now.seq++;
}

/* Any other record: begin, write the body with @ret_pb (at most @room bytes), end. The stamps
 * and seq are added by stream_end. -ENOBUFS: no room; -EMSGSIZE: the body was longer. Nothing
 * was written then. */
int stream_begin(struct stream *stream, size_t room, struct pb *ret_pb);
int stream_end(struct stream *stream, struct pb *pb);

/* Appends the hash of the bytes since the previous one, up to this record's first byte. */
void stream_hash(struct stream *stream, unsigned field_hash, unsigned field_bytes, struct pb *pb);

/* Hands everything to the sink. Returns 0, STREAM_BLOCKED if the reader has no room, -EPIPE if
 * it is gone, or -errno. */
#define STREAM_BLOCKED 1
int stream_flush(struct stream *stream);

/* All is handed out, and the next record begins the next file. */
void stream_next_file(struct stream *stream);

/* All is handed out, and stays; and: of what came since, nothing stays, no number is used up and
 * no byte hashed. For files. */
void stream_commit(struct stream *stream);
void stream_rollback(struct stream *stream);

/* After a failure: counts, by number of the body's field, the records that did not get out whole,
 * drops them, and takes an incomplete one back from the end of a file. *ret_torn: the output ends
 * within a record. */
void stream_abandon(struct stream *stream, uint64_t records[RECORD_BODIES], bool *ret_torn);
