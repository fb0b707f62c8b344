/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer of a BPF ring buffer (kernel/bpf/ringbuf.c), without copies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	int fd; /* the map's, borrowed; readable when there is something new */
	uint32_t mask;
	size_t page_bytes;
	uint64_t *consumer_pos;
	const uint64_t *producer_pos;
	const uint8_t *data; /* mapped twice in a row: a record never wraps */
	uint64_t pos;        /* up to which it is read */
	bool holds;          /* the kernel is told so by ring_release() alone */
};

#define RING_NULL                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Returns 0, RING_STOP if @fn wants no more (the record was taken), RING_KEEP if it wants no
 * more and the record has to stay, or -errno. */
#define RING_STOP 1
#define RING_KEEP 2

/* @record is valid only inside the call. */
typedef int (*ring_fn)(void *data, const void *record, size_t size);

int ring_init(struct ring *ring, int map_fd);
void ring_done(struct ring *ring); /* any time, also twice */

/* Hands ready records to @fn, at most @max. Sets *ret_n to those taken, also on failure.
 * Returns 0, RING_STOP, RING_KEEP or @fn's -errno (the failing record counts as taken). */
int ring_drain(struct ring *ring, unsigned max, ring_fn fn, void *data, unsigned *ret_n);

/* Of a ring that @holds: what was taken until now need not be kept. Returns whether there is more,
 * which nobody is woken for. */
bool ring_release(struct ring *ring);
/* Bytes that were taken, and not released. */
uint64_t ring_held(const struct ring *ring);
/* Goes on at @pos, up to which another process has read it. -EBADMSG: that cannot be. */
int ring_resume(struct ring *ring, uint64_t pos);

/* As ring_drain, but takes nothing: looks at all that is there now. */
int ring_peek(const struct ring *ring, ring_fn fn, void *data);
