/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for one unpacked message after the other: given back all at once, bounded, and without
 * malloc once it is warm. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame of 1 MiB can hold half a million empty messages: it stays readable up to here, and is
 * called damaged above. */
#define ARENA_MAX (64u * 1024 * 1024)

#define ARENA_ALIGNMENT _Alignof(max_align_t)

struct arena_chunk;

struct arena {
	ProtobufCAllocator allocator; /* for unpack; its free does nothing */
	struct arena_chunk *chunks;   /* the newest first */
	size_t total;                 /* bytes of all chunks */
	uint8_t *p, *end;             /* what is free of the newest */
	bool starved;                 /* since it was reset: the system had no memory for it */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena); /* all that was allocated is gone */

void *arena_take_more(struct arena *arena, size_t size);

/* Aligned for everything. NULL: out of memory, or of the arena's. */
static inline void *arena_take(struct arena *arena, size_t size)
{
	uint8_t *p = arena->p;

	if (size > ARENA_MAX)
		return NULL;
	size = (size + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1);
	if ((size_t)(arena->end - p) < size)
		return arena_take_more(arena, size);
	arena->p += size;
	return p;
}
