/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include "util.h"

#define ALIGNMENT _Alignof(max_align_t)
#define CHUNK_MIN (64u * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size; /* of data */
	_Alignas(ALIGNMENT) uint8_t data[];
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
	if (!chunk)
		return NULL;
	*chunk = (struct arena_chunk){.next = arena->chunks, .size = size};
	arena->chunks = chunk;
	arena->total += size;
	return chunk;
}

static void *arena_alloc(void *data, size_t size)
{
	struct arena *arena = data;
	struct arena_chunk *chunk = arena->chunks;
	void *p;

	if (size > ARENA_MAX)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!chunk || chunk->size - chunk->used < size)
		chunk = add_chunk(arena, size);
	if (!chunk)
		return NULL;
	p = chunk->data + chunk->used;
	chunk->used += size;
	return p;
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
	if (kept) {
		kept->next = NULL;
		kept->used = 0;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	if (chunk && !chunk->next && chunk->size <= 16 * CHUNK_MIN) {
		chunk->used = 0;
		return;
	}
	free_chunks(arena, 16 * CHUNK_MIN);
}

void arena_done(struct arena *arena)
{
	free_chunks(arena, 0);
}
