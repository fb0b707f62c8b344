/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/recording/source.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"

int source_init(struct source *source, int fd)
{
	uint8_t *buf = malloc(SOURCE_SIZE);
	struct stat st;
	off_t at;

	if (!buf)
		return -ENOMEM;
	*source = (struct source){.fd = fd, .chunk = SOURCE_CHUNK, .buf = buf};
	at = lseek(fd, 0, SEEK_CUR);
	source->seekable = at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (source->seekable)
		source->start = source->offset = (uint64_t)at;
	return 0;
}

void source_done(struct source *source)
{
	free(source->buf);
	source->buf = NULL;
}

bool source_would_wait(const struct source *source, int ms)
{
	struct pollfd pollfd = {.fd = source->fd, .events = POLLIN};

	return !source->seekable && poll(&pollfd, 1, ms) == 0;
}

/* @offset: in the file, where it is one. Returns 0, SOURCE_END or -errno. */
static int read_some(struct source *source, void *buf, size_t size, uint64_t offset, size_t *ret_n)
{
	ssize_t n;

	if (source->idle && source_would_wait(source, 0))
		source->idle(source->idle_data);
	do
		n = source->seekable ? pread(source->fd, buf, size, (off_t)offset)
				     : read(source->fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return SOURCE_END;
	*ret_n = (size_t)n;
	return 0;
}

static void make_room(struct source *source)
{
	size_t back = source->seekable ? 0 : SOURCE_BACK, drop;

	if (SOURCE_SIZE - source->end >= SOURCE_CHUNK)
		return;
	drop = source->begin > back ? source->begin - back : 0;
	memmove(source->buf, source->buf + drop, source->end - drop);
	source->begin -= drop;
	source->end -= drop;
}

int source_fill(struct source *source)
{
	size_t n;
	int r;

	make_room(source);
	r = read_some(source, source->buf + source->end, source->chunk,
		      source->offset + (source->end - source->begin), &n);
	if (r)
		return r;
	source->end += n;
	source->chunk = source->chunk < SOURCE_CHUNK / 2 ? 2 * source->chunk : SOURCE_CHUNK;
	return 0;
}

int source_read(struct source *source, void *buf, size_t size, size_t *ret_n)
{
	int r = read_some(source, buf, size, source->offset, ret_n);

	if (!r) {
		source->offset += *ret_n;
		source->begin = source->end = 0; /* what was before is not next to it any more */
	}
	return r;
}

void source_go(struct source *source, uint64_t offset)
{
	uint64_t first = source->offset - source->begin, end = first + source->end;

	if (offset >= first && offset <= end) {
		source->begin = (size_t)(offset - first);
	} else if (source->seekable) {
		source->begin = source->end = 0;
		source->chunk = SOURCE_FIRST; /* it may be gone from at once */
	} else {
		source->begin = offset < first ? 0 : source->end;
		offset = offset < first ? first : end;
	}
	source->offset = offset;
}

void source_forget(struct source *source)
{
	if (source->seekable)
		source->begin = source->end = 0;
}

bool source_has(struct source *source, uint64_t end)
{
	if (end > source->size)
		source->size = source_size(source);
	return end <= source->size;
}

uint64_t source_size(const struct source *source)
{
	struct stat st;

	return source->seekable && fstat(source->fd, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
}
