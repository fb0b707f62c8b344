/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/arena.h"

#include "proto/base/util.h"

#define CHUNK_MIN (64u * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of data */
	_Alignas(ARENA_ALIGNMENT) uint8_t data[];
};

static struct arena_chunk *add_chunk(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk;

	if (size < CHUNK_MIN)
		size = CHUNK_MIN;
	if (arena->chunks && size < arena->total)
		size = arena->total; /* doubles: few chunks, however much it is */
	if (size > ARENA_MAX - arena->total)
		return NULL;
	chunk = malloc(sizeof(*chunk) + size);
	arena->starved |= !chunk;
	if (!chunk)
		return NULL;
	*chunk = (struct arena_chunk){.next = arena->chunks, .size = size};
	arena->chunks = chunk;
	arena->total += size;
	return chunk;
}

/* The chunk's memory, all of it free, is what is handed out from now on. */
static void use_chunk(struct arena *arena, struct arena_chunk *chunk)
{
	arena->p = chunk ? chunk->data : NULL;
	arena->end = chunk ? chunk->data + chunk->size : NULL;
}

void *arena_take_more(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = add_chunk(arena, size);

	if (!chunk)
		return NULL;
	use_chunk(arena, chunk);
	arena->p += size;
	return chunk->data;
}

static void *arena_alloc(void *data, size_t size)
{
	return arena_take(data, size);
}

static void arena_free(void *data, void *p)
{
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){
		.allocator = {.alloc = arena_alloc, .free = arena_free, .allocator_data = arena},
	};
}

/* Keeps the newest chunk of at most @keep bytes, and nothing else. */
static void free_chunks(struct arena *arena, size_t keep)
{
	struct arena_chunk *chunk = arena->chunks, *kept = NULL;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		if (!kept && chunk->size <= keep)
			kept = chunk;
		else
			free(chunk);
		chunk = next;
	}
	arena->chunks = kept;
	arena->total = kept ? kept->size : 0;
	if (kept)
		kept->next = NULL;
	use_chunk(arena, kept);
}

void arena_reset(struct arena *arena)
{
	free_chunks(arena, 16 * CHUNK_MIN);
	arena->starved = false;
}

void arena_done(struct arena *arena)
{
	free_chunks(arena, 0);
}
