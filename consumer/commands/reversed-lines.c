/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/reversed-lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/out-buffer.h"
#include "proto/base/util.h"

static size_t begin_of(const struct reversed_lines *lines, size_t i)
{
	return i ? lines->ends[i - 1] : 0;
}

/* Gives the room back of what is not kept any more. */
static void drop_first(struct reversed_lines *lines)
{
	size_t begin = begin_of(lines, lines->first);

	memmove(lines->buf, lines->buf + begin, lines->size - begin);
	lines->size -= begin;
	lines->begun -= begin;
	for (size_t i = lines->first; i < lines->n; i++)
		lines->ends[i - lines->first] = lines->ends[i] - begin;
	lines->n -= lines->first;
	lines->first = 0;
}

static int make_room(struct reversed_lines *lines, size_t size)
{
	size_t room = lines->room ? lines->room : 64 * 1024;
	uint8_t *buf;

	if (lines->first && begin_of(lines, lines->first) > lines->size / 2)
		drop_first(lines);
	while (room - lines->size < size)
		room *= 2;
	if (room == lines->room)
		return 0;
	lines->full = room > REVERSED_MAX;
	buf = lines->full ? NULL : realloc(lines->buf, room);
	if (!buf)
		return lines->full ? -EFBIG : -ENOMEM;
	lines->buf = buf;
	lines->room = room;
	return 0;
}

int reversed_take(void *data, const uint8_t *buf, size_t size)
{
	struct reversed_lines *lines = data;
	int r = make_room(lines, size);

	if (r)
		return r;
	memcpy(lines->buf + lines->size, buf, size);
	lines->size += size;
	return 0;
}

int reversed_end_record(struct reversed_lines *lines)
{
	if (lines->size == lines->begun)
		return 0;
	if (lines->n == lines->ends_room) {
		size_t room = lines->ends_room ? 2 * lines->ends_room : 1024;
		size_t *ends = reallocarray(lines->ends, room, sizeof(*ends));

		if (!ends)
			return -ENOMEM;
		lines->ends = ends;
		lines->ends_room = room;
	}
	lines->ends[lines->n++] = lines->begun = lines->size;
	if (lines->n - lines->first > lines->keep)
		lines->first++;
	return 0;
}

int reversed_write(const struct reversed_lines *lines, int fd)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	int r = writer_new(&writer, fd);

	for (size_t i = lines->n; !r && i > lines->first; i--) {
		size_t begin = begin_of(lines, i - 1);

		writer_put(writer, lines->buf + begin, lines->ends[i - 1] - begin);
		r = writer->error;
	}
	return r ? r : writer_flush(writer);
}

void reversed_done(struct reversed_lines *lines)
{
	free(lines->buf);
	free(lines->ends);
}
