/* SPDX-License-Identifier: Apache-2.0 */
/* The framing of a stream (FORMAT.md): each message is preceded by its length as a varint.
 * The reader takes its input in any pieces and holds at most one frame and what read(2) gave. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/record/pb.h"

/* Bytes of a message: a longer one is not written and not read. And of a length. */
#define FRAME_MAX (1024u * 1024)
#define FRAME_PREFIX_MAX 5

/* What the functions below say besides 0 and -errno. */
#define FRAME_MORE 1 /* not whole yet */
#define FRAME_END 2  /* the input ended behind a frame */
#define FRAME_CUT 3  /* the input ended inside a frame */
#define FRAME_BAD 4  /* what stands here is not a length: nothing after it can be read */
/* The reader only, out of input.h. After the last two the next frame begins anew. */
#define FRAME_WAIT 5
#define FRAME_MARK 6
#define FRAME_DAMAGED 7
#define FRAME_AGAIN 8

struct frame {
	const uint8_t *start; /* of the length */
	const uint8_t *data;  /* the message */
	size_t size;          /* of the message */
	uint64_t offset;      /* of start in what was read, uncompressed */
};

/* Its bytes, with the length; and what is behind it in what was read. */
static inline size_t frame_whole(const struct frame *frame)
{
	return (size_t)(frame->data - frame->start) + frame->size;
}

static inline uint64_t frame_end(const struct frame *frame)
{
	return frame->offset + frame_whole(frame);
}

/* Writes the length that goes before @size bytes; up to FRAME_PREFIX_MAX. Returns its end. */
static inline uint8_t *frame_put_length(uint8_t *p, size_t size)
{
	return pb_put_varint(p, size);
}

/* Finds the first frame of @size bytes at @p. Returns 0 (*ret is set, but for offset),
 * FRAME_MORE (*ret_need: bytes from @p on without which no more can be said), or FRAME_BAD. */
int frame_parse(const uint8_t *p, size_t size, struct frame *ret, size_t *ret_need);

struct input;

struct frame_reader {
	struct input *input; /* owned */
	uint8_t *buf;
	size_t size;
	const uint8_t *data; /* buf, or where the input has it */
	size_t begin, end;   /* of data; what is not handed out yet */
	const uint8_t *more; /* what the input has behind that, while buf is in use */
	size_t more_size;
	uint64_t offset; /* of begin: behind the last whole frame */
};

#define FRAME_READER_NULL                                                                          \
	{                                                                                          \
		.input = NULL                                                                      \
	}

/* @fd is borrowed. */
int frame_reader_init(struct frame_reader *reader, int fd);
void frame_reader_done(struct frame_reader *reader); /* any time, also twice */

/* The next frame; valid until the next call. Returns 0, FRAME_END, CUT, BAD, WAIT, MARK, DAMAGED,
 * AGAIN, or -errno. After FRAME_CUT and FRAME_BAD reader->offset is where the last whole frame
 * ended, and frame_rest is what stands there. END, CUT and BAD repeat. */
int frame_next(struct frame_reader *reader, struct frame *ret);

/* After FRAME_BAD: true if a part of the input can be left out (FRAME_DAMAGED comes next). */
bool frame_refuse(struct frame_reader *reader);

/* Plain files: the next frame is the one at @offset. False: it is no such input. */
bool frame_go(struct frame_reader *reader, uint64_t offset);

static inline const uint8_t *frame_rest(const struct frame_reader *reader, size_t *ret_size)
{
	*ret_size = reader->end - reader->begin;
	return reader->data + reader->begin;
}
