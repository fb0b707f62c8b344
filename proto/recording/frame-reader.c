/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes come from input.c. Frames are handed out where they lie: in the input's own memory if
 * it has one, else in a buffer, which starts at 128 KiB and grows to the largest frame that came,
 * at most FRAME_MAX and its length. What is left of the last, half-read frame is moved to the front
 * of the buffer before the next read, and completed there. */
#include "proto/record/frame.h"

#include "proto/base/util.h"
#include "proto/recording/input.h"

#define BUFFER_MIN (128u * 1024)
#define BUFFER_MAX (FRAME_MAX + FRAME_PREFIX_MAX)

int frame_reader_init(struct frame_reader *reader, int fd)
{
	_cleanup_(input_freep) struct input *input = NULL;
	uint8_t *buf;
	int r;

	r = input_new(&input, fd);
	if (r < 0)
		return r;
	buf = malloc(BUFFER_MIN);
	if (!buf)
		return -ENOMEM;
	*reader = (struct frame_reader){.input = TAKE_PTR(input),
					.buf = buf,
					.size = BUFFER_MIN,
					.data = buf};
	return 0;
}

void frame_reader_done(struct frame_reader *reader)
{
	(void)input_free(reader->input);
	free(reader->buf);
	*reader = (struct frame_reader)FRAME_READER_NULL;
}

/* What is not handed out goes to the front of the buffer, which has room for @need bytes: no less
 * than that is. */
static int make_room(struct frame_reader *reader, size_t need)
{
	bool here = reader->data == reader->buf;
	uint8_t *buf = reader->buf;

	if (need > reader->size) {
		buf = realloc(buf, BUFFER_MAX);
		if (!buf)
			return -ENOMEM;
		reader->buf = buf;
		reader->size = BUFFER_MAX;
	}
	if (here)
		reader->data = buf;
	memmove(buf, reader->data + reader->begin, reader->end - reader->begin);
	reader->end -= reader->begin;
	reader->begin = 0;
	reader->data = buf;
	return 0;
}

/* What comes next has nothing to do with what is there. */
static void drop_taken(struct frame_reader *reader)
{
	reader->begin = reader->end = reader->more_size = 0;
}

/* The frame at hand is completed as far as there is more, or there is none at hand. */
static void use_more(struct frame_reader *reader, size_t need)
{
	size_t n = min_u64(reader->more_size, need - reader->end);

	if (!reader->end) {
		reader->data = reader->more;
		reader->end = n = reader->more_size;
	} else {
		memcpy(reader->buf + reader->end, reader->more, n);
		reader->end += n;
	}
	reader->more += n;
	reader->more_size -= n;
}

/* One read, of what is there. 0, FRAME_* or -errno. */
static int fill_buffer(struct frame_reader *reader, size_t need)
{
	const uint8_t *p;
	size_t n;
	int r;

	r = make_room(reader, need);
	if (r)
		return r;
	if (reader->more_size) {
		use_more(reader, need);
		return 0;
	}
	r = input_take(reader->input, &p, reader->buf + reader->end, reader->size - reader->end,
		       &n);
	if (!r && p == reader->buf + reader->end) {
		reader->end += n;
	} else if (!r) {
		reader->more = p;
		reader->more_size = n;
		use_more(reader, need);
	} else if (r == INPUT_END && reader->begin != reader->end) {
		r = FRAME_CUT;
	} else if (r == INPUT_DAMAGED || r == INPUT_AGAIN) {
		drop_taken(reader);
	} else if (r == INPUT_WAIT && input_unread(reader->input, reader->end - reader->begin)) {
		/* what is half written may be cut off, and written anew */
		drop_taken(reader);
	}
	if (r == INPUT_AGAIN)
		reader->offset = input_position(reader->input);
	return r;
}

int frame_next(struct frame_reader *reader, struct frame *ret)
{
	size_t need = 1;
	int r;

	while ((r = frame_parse(reader->data + reader->begin, reader->end - reader->begin, ret,
				&need)) == FRAME_MORE) {
		r = fill_buffer(reader, need);
		if (r)
			return r;
	}
	if (r)
		return r;
	ret->offset = reader->offset;
	reader->begin += frame_whole(ret);
	reader->offset += frame_whole(ret);
	return 0;
}

bool frame_refuse(struct frame_reader *reader)
{
	if (!input_refuse(reader->input))
		return false;
	drop_taken(reader);
	return true;
}

bool frame_go(struct frame_reader *reader, uint64_t offset)
{
	if (!input_go(reader->input, offset))
		return false;
	drop_taken(reader);
	reader->offset = offset;
	return true;
}
