/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that were unpacked before, found by their bytes: in a storm nearly every event is of
 * the same few processes and containers. Each may keep what it was turned into, too (its note).
 * Memory is bounded: when it is full, message_cache_begin forgets all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_CACHE_SIZE                                                                         \
	(4u * 1024 * 1024) /* of all entries; what is not used is never touched */
#define MESSAGE_CACHE_SLOTS 16384u
#define MESSAGE_CACHE_BYTES_MAX 2048u /* of one message: a longer one is not kept */

/* Each message has a note for each: of what it is called, and of the whole of it in JSON. Text
 * reads the first alone, which is therefore next to what the message is found by. */
enum message_cache_use { MESSAGE_CACHE_NAME, MESSAGE_CACHE_OBJECT, MESSAGE_CACHE_USES };

struct message_cache_note {
	const void *owner; /* who made it, and alone may read it; NULL: there is none */
	const uint8_t *text;
	size_t size;
};

struct message_cache_entry {
	const void *type;
	const uint8_t *bytes;
	size_t size;
	uint64_t hash;
	struct message_cache_note notes[MESSAGE_CACHE_USES];
	_Alignas(max_align_t) uint8_t message[];
};

/* All there is to it is to be zero. */
struct message_cache {
	struct message_cache_entry *slots[MESSAGE_CACHE_SLOTS];
	uint8_t *data; /* MESSAGE_CACHE_SIZE, once something is kept */
	size_t used;
	bool full;
};

void message_cache_done(struct message_cache *cache);

/* Before each record: nothing of the one before is in use any more. */
void message_cache_begin(struct message_cache *cache);

uint64_t message_cache_hash(const uint8_t *bytes, size_t size);

/* What was kept for these bytes as a message of @type, NULL if nothing was. */
struct message_cache_entry *message_cache_find(const struct message_cache *cache, const void *type,
					       const uint8_t *bytes, size_t size, uint64_t hash);

/* A place for it: @message bytes and @text more behind them. It is found only after
 * message_cache_keep. NULL: full. @bytes are copied. */
struct message_cache_entry *message_cache_add(struct message_cache *cache, const void *type,
					      const uint8_t *bytes, size_t size, uint64_t hash,
					      size_t message, size_t text);
void message_cache_keep(struct message_cache *cache, struct message_cache_entry *entry);

/* Keeps a copy of the text, if there is room. */
void message_cache_note_keep(struct message_cache *cache, struct message_cache_note *note,
			     const void *owner, const void *text, size_t size);

/* The note of a message, NULL if @message is none of the cache's. @cache may be NULL. */
static inline struct message_cache_note *message_cache_note(const struct message_cache *cache,
							    const void *message,
							    enum message_cache_use use)
{
	uintptr_t at;

	if (!cache || !cache->data)
		return NULL;
	at = (uintptr_t)message - (uintptr_t)cache->data;
	if (at >= MESSAGE_CACHE_SIZE)
		return NULL;
	return &((struct message_cache_entry *)(cache->data + at -
						offsetof(struct message_cache_entry, message)))
			->notes[use];
}
