/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for one unpacked message after the other: given back all at once, bounded, and without
 * malloc once it is warm. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* A frame of 1 MiB can hold half a million empty messages: it stays readable up to here, and is
 * called damaged above. */
#define ARENA_MAX (64u * 1024 * 1024)

struct arena_chunk;

struct arena {
	ProtobufCAllocator allocator; /* for unpack; its free does nothing */
	struct arena_chunk *chunks;   /* the newest first */
	size_t total;                 /* bytes of all chunks */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena); /* all that was allocated is gone */
