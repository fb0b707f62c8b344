/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file descriptor, with a bounded look back. A file is read by position, so that
 * any place can be gone back to, and what grew at its end is simply there the next time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_CHUNK (128u * 1024) /* of one read, at most */
#define SOURCE_FIRST 4096u         /* of the first one somewhere else */
#define SOURCE_BACK (256u * 1024)  /* what a pipe keeps of what was consumed */
#define SOURCE_AHEAD (256u * 1024) /* what may be looked at before any of it is consumed */
#define SOURCE_SIZE (SOURCE_BACK + SOURCE_AHEAD + SOURCE_CHUNK)

#define SOURCE_END 1 /* no more bytes; of a file: for now */

struct source {
	int fd;
	bool seekable;
	uint64_t start;  /* of what is ours in the file */
	uint64_t offset; /* of the first byte that is not consumed */
	uint64_t size;   /* of the file, when it was last asked for */
	size_t chunk;    /* of the next read */
	uint8_t *buf;
	size_t begin, end; /* what is there and not consumed */
	void (*idle)(void *data);
	void *idle_data;
};

int source_init(struct source *source, int fd);
void source_done(struct source *source);

static inline const uint8_t *source_bytes(const struct source *source, size_t *ret_size)
{
	*ret_size = source->end - source->begin;
	return source->buf + source->begin;
}

static inline void source_consume(struct source *source, size_t size)
{
	source->begin += size;
	source->offset += size;
}

/* One read of what is there, behind what is there already; at most SOURCE_AHEAD may be. Returns 0,
 * SOURCE_END or -errno. */
int source_fill(struct source *source);

/* The same, into @buf: only when nothing is there that is not consumed. */
int source_read(struct source *source, void *buf, size_t size, size_t *ret_n);

/* A read would have to wait for more than @ms. */
bool source_would_wait(const struct source *source, int ms);

/* Goes to @offset, or as near behind it as is still there. */
void source_go(struct source *source, uint64_t offset);

/* Files: forgets what was read and not consumed; it may have changed. */
void source_forget(struct source *source);

/* Files: whether they reach to @end. */
bool source_has(struct source *source, uint64_t end);

/* Files: the size now; UINT64_MAX: not known. */
uint64_t source_size(const struct source *source);
