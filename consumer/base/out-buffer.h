/* SPDX-License-Identifier: Apache-2.0 */
/* Buffered bytes on their way to a file descriptor. The first error stays; what is written
 * after it is dropped, so that a caller may look once, at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/util.h"

#define WRITER_SIZE (128u * 1024)

struct writer {
	int fd;    /* borrowed */
	int error; /* 0 or the first -errno; -EPIPE: nobody reads any more */
	/* Takes what is flushed in the place of fd; NULL: nobody does. 0 or -errno. */
	int (*take)(void *data, const uint8_t *buf, size_t size);
	void *data;
	size_t size;
	uint8_t buf[WRITER_SIZE];
};

/* The buffer is large: allocate it, or make it static in main. */
int writer_new(struct writer **ret, int fd);
struct writer *writer_free(struct writer *writer); /* does not flush; NULL is fine; returns NULL */

/* Returns 0 or the first -errno since writer_new. */
int writer_flush(struct writer *writer);

/* Any size, behind what was put, without a copy of it. */
void writer_through(struct writer *writer, const void *data, size_t size);

void writer_put_large(struct writer *writer, const void *data, size_t size);

/* Any size. */
static inline void writer_put(struct writer *writer, const void *data, size_t size)
{
	if (__builtin_expect(WRITER_SIZE - writer->size <= size, 0)) {
		writer_put_large(writer, data, size);
		return;
	}
	memcpy(writer->buf + writer->size, data, size);
	writer->size += size;
}

static inline void writer_string(struct writer *writer, const char *s)
{
	writer_put(writer, s, strlen(s));
}

/* At least @size free bytes, at most WRITER_SIZE; writer_used says how many were filled. */
static inline uint8_t *writer_room(struct writer *writer, size_t size)
{
	if (__builtin_expect(WRITER_SIZE - writer->size < size, 0))
		(void)writer_flush(writer);
	return writer->buf + writer->size;
}

static inline void writer_used(struct writer *writer, const uint8_t *end)
{
	writer->size = (size_t)(end - writer->buf);
}

DEFINE_FREEP(writer);
