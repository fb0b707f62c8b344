/* SPDX-License-Identifier: Apache-2.0 */
/* A table of four places per hash over one piece of memory that only grows. An entry that is
 * pushed out of the table leaves a hole until all is forgotten: there are more places than
 * there is memory for entries, so that this is rare. */
#include "consumer/read/message-cache.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL /* most are of a length that is known here */
#include <xxhash.h>

#include "proto/base/util.h"

#define WAYS 4u
#define HASHED 64u /* bytes at each end: ids stand first, numbers last */

void message_cache_done(struct message_cache *cache)
{
	free(cache->data);
}

void message_cache_begin(struct message_cache *cache)
{
	if (!cache->full || !cache->data)
		return;
	memset(cache->slots, 0, sizeof(cache->slots));
	cache->used = 0;
	cache->full = false;
}

/* Who makes messages that differ only in the middle gets them unpacked anew each time. */
uint64_t message_cache_hash(const uint8_t *bytes, size_t size)
{
	if (size <= 2 * HASHED)
		return XXH3_64bits(bytes, size);
	return XXH3_64bits(bytes, HASHED) * 31 + XXH3_64bits(bytes + size - HASHED, HASHED);
}

static unsigned first_way(uint64_t hash)
{
	return (unsigned)(hash % (MESSAGE_CACHE_SLOTS / WAYS)) * WAYS;
}

struct message_cache_entry *message_cache_find(const struct message_cache *cache, const void *type,
					       const uint8_t *bytes, size_t size, uint64_t hash)
{
	struct message_cache_entry *const *slots = &cache->slots[first_way(hash)];

	for (unsigned way = 0; way < WAYS && slots[way]; way++) {
		struct message_cache_entry *entry = slots[way];

		if (entry->hash == hash && entry->type == type && entry->size == size &&
		    !memcmp(entry->bytes, bytes, size))
			return entry;
	}
	return NULL;
}

/* Not every reader unpacks messages. Without memory there is nothing to find, and no harm. */
static bool has_room(struct message_cache *cache, size_t size)
{
	if (!cache->data && !cache->full)
		cache->data = malloc(MESSAGE_CACHE_SIZE);
	cache->full |= !cache->data || size > MESSAGE_CACHE_SIZE - cache->used;
	return !cache->full;
}

static void *take_room(struct message_cache *cache, size_t size)
{
	void *p;

	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!has_room(cache, size))
		return NULL;
	p = cache->data + cache->used;
	cache->used += size;
	return p;
}

struct message_cache_entry *message_cache_add(struct message_cache *cache, const void *type,
					      const uint8_t *bytes, size_t size, uint64_t hash,
					      size_t message, size_t text)
{
	struct message_cache_entry *entry;

	if (size > MESSAGE_CACHE_BYTES_MAX)
		return NULL;
	entry = take_room(cache, sizeof(*entry) + message + text + size);
	if (!entry)
		return NULL;
	*entry = (struct message_cache_entry){
		.type = type,
		.bytes = entry->message + message + text,
		.size = size,
		.hash = hash,
	};
	memcpy(entry->message + message + text, bytes, size);
	return entry;
}

void message_cache_keep(struct message_cache *cache, struct message_cache_entry *entry)
{
	struct message_cache_entry **slots = &cache->slots[first_way(entry->hash)];
	unsigned way = 0;

	while (way < WAYS && slots[way])
		way++;
	slots[way < WAYS ? way : entry->hash >> 62] = entry;
}

void message_cache_note_keep(struct message_cache *cache, struct message_cache_note *note,
			     const void *owner, const void *text, size_t size)
{
	void *copy = take_room(cache, size);

	if (!copy)
		return;
	memcpy(copy, text, size);
	*note = (struct message_cache_note){.owner = owner, .text = copy, .size = size};
}
