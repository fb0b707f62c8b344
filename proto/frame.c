/* SPDX-License-Identifier: Apache-2.0 */
/* One buffer, which starts at 128 KiB and grows to the largest frame that came, at most
 * FRAME_MAX and its length. Frames are handed out where they lie; what is left of the last,
 * half-read one is moved to the front before the next read. */
#include "frame.h"

#include <poll.h>

#include "util.h"

#define BUFFER_MIN (128u * 1024)
#define BUFFER_MAX (FRAME_MAX + FRAME_PREFIX_MAX)

/* Reads a length of 1 to FRAME_PREFIX_MAX bytes in its shortest form. */
static int parse_length(const uint8_t *p, size_t size, uint64_t *ret, size_t *ret_bytes)
{
	uint64_t length = 0;

	for (size_t i = 0; i < FRAME_PREFIX_MAX; i++) {
		if (i == size)
			return FRAME_MORE;
		length |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] & 0x80)
			continue;
		if (i && !p[i])
			return FRAME_BAD; /* a superfluous byte */
		if (length > FRAME_MAX)
			return FRAME_BAD;
		*ret = length;
		*ret_bytes = i + 1;
		return 0;
	}
	return FRAME_BAD;
}

int frame_parse(const uint8_t *p, size_t size, struct frame *ret, size_t *ret_need)
{
	uint64_t length;
	size_t prefix;
	int r;

	r = parse_length(p, size, &length, &prefix);
	if (r) {
		if (r == FRAME_MORE)
			*ret_need = size + 1;
		return r;
	}
	if (size - prefix < length) {
		*ret_need = prefix + length;
		return FRAME_MORE;
	}
	ret->start = p;
	ret->data = p + prefix;
	ret->size = length;
	return 0;
}

int frame_reader_init(struct frame_reader *reader, int fd)
{
	uint8_t *buf = malloc(BUFFER_MIN);

	if (!buf)
		return -ENOMEM;
	*reader = (struct frame_reader){.fd = fd, .buf = buf, .size = BUFFER_MIN};
	return 0;
}

void frame_reader_done(struct frame_reader *reader)
{
	free(reader->buf);
	*reader = (struct frame_reader)FRAME_READER_NULL;
}

/* Makes room for @need bytes from begin on. */
static int make_room(struct frame_reader *reader, size_t need)
{
	if (reader->begin) {
		memmove(reader->buf, reader->buf + reader->begin, reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	if (need > reader->size) {
		uint8_t *buf = realloc(reader->buf, BUFFER_MAX);

		if (!buf)
			return -ENOMEM;
		reader->buf = buf;
		reader->size = BUFFER_MAX;
	}
	return 0;
}

static bool would_wait(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 0;
}

/* One read(2), of what is there. */
static int fill(struct frame_reader *reader, size_t need)
{
	ssize_t n;
	int r;

	r = make_room(reader, need);
	if (r)
		return r;
	if (reader->idle && would_wait(reader->fd))
		reader->idle(reader->idle_data);
	do
		n = read(reader->fd, reader->buf + reader->end, reader->size - reader->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->end += (size_t)n;
	reader->ended = n == 0;
	return 0;
}

int frame_next(struct frame_reader *reader, struct frame *ret)
{
	struct frame frame;
	size_t need = 1;
	int r;

	while ((r = frame_parse(reader->buf + reader->begin, reader->end - reader->begin, &frame,
				&need)) == FRAME_MORE) {
		if (reader->ended)
			return reader->begin == reader->end ? FRAME_END : FRAME_CUT;
		r = fill(reader, need);
		if (r)
			return r;
	}
	if (r)
		return r;
	frame.offset = reader->offset;
	reader->begin += (size_t)(frame.data - frame.start) + frame.size;
	reader->offset += (uint64_t)(frame.data - frame.start) + frame.size;
	*ret = frame;
	return 0;
}
