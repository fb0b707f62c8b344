/* SPDX-License-Identifier: Apache-2.0 */
/* Entries live in one array and are linked by index, in buckets and by age. The array is
 * calloc'ed whole, which costs address space alone: its pages appear as entries are used. */
#include "streamer/encode/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t *bucket_of(const struct cache *cache, const struct cache_key *key)
{
	/* Fibonacci hashing: the high bits of the product depend on all bits of the key */
	uint64_t hash = (key->a ^ key->b << 32 ^ key->b >> 32) * 0x9e3779b97f4a7c15u;

	return cache->buckets + ((hash >> 32) & (cache->max_entries - 1));
}

static uint32_t find_entry(const struct cache *cache, const struct cache_key *key)
{
	const struct cache_entry *entries = cache->entries;
	uint32_t i;

	for (i = *bucket_of(cache, key); i; i = entries[i].next)
		if (entries[i].key.a == key->a && entries[i].key.b == key->b)
			break;
	return i;
}

static void unlink_age(struct cache *cache, uint32_t i)
{
	struct cache_entry *entries = cache->entries, *entry = &entries[i];

	*(entry->newer ? &entries[entry->newer].older : &cache->newest) = entry->older;
	*(entry->older ? &entries[entry->older].newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct cache *cache, uint32_t i)
{
	struct cache_entry *entry = &cache->entries[i];

	entry->newer = 0;
	entry->older = cache->newest;
	*(cache->newest ? &cache->entries[cache->newest].newer : &cache->oldest) = i;
	cache->newest = i;
}

static void renew_entry(struct cache *cache, uint32_t i)
{
	if (i == cache->newest)
		return;
	unlink_age(cache, i);
	link_newest(cache, i);
}

static void drop_entry(struct cache *cache, uint32_t i)
{
	struct cache_entry *entry = &cache->entries[i];
	uint32_t *link = bucket_of(cache, &entry->key);

	while (*link != i)
		link = &cache->entries[*link].next;
	*link = entry->next;
	unlink_age(cache, i);
	cache->bytes -= entry->room;
	free(entry->data);
	*entry = (struct cache_entry){.next = cache->free};
	cache->free = i;
	if (cache->latest == i)
		cache->latest = 0;
}

/* There is one beside @keep. Nobody is spared twice without a use, so this ends. */
static void drop_oldest(struct cache *cache, uint32_t keep)
{
	struct cache_entry *entry;

	while (entry = &cache->entries[cache->oldest], entry->used || cache->oldest == keep) {
		entry->used = false;
		renew_entry(cache, cache->oldest);
	}
	drop_entry(cache, cache->oldest);
}

static uint32_t add_entry(struct cache *cache, const struct cache_key *key)
{
	uint32_t *head = bucket_of(cache, key), i;

	if (!cache->free && cache->n_entries == cache->max_entries)
		drop_oldest(cache, 0);
	i = cache->free;
	if (i)
		cache->free = cache->entries[i].next;
	else
		i = ++cache->n_entries;
	cache->entries[i] = (struct cache_entry){.key = *key, .next = *head};
	*head = i;
	link_newest(cache, i);
	return i;
}

static int make_room(struct cache *cache, struct cache_entry *entry, size_t size)
{
	size_t room = (size + 63) & ~(size_t)63;
	void *data;

	if (entry->room >= size)
		return 0;
	data = realloc(entry->data, room);
	if (!data)
		return -ENOMEM;
	cache->bytes += room - entry->room;
	entry->data = data;
	entry->room = (uint32_t)room;
	return 0;
}

int cache_init(struct cache *cache, uint32_t max_entries, size_t max_bytes)
{
	*cache = (struct cache){.max_entries = max_entries, .max_bytes = max_bytes};
	cache->entries = calloc(max_entries + 1, sizeof(*cache->entries));
	cache->buckets = calloc(max_entries, sizeof(*cache->buckets));
	if (!cache->entries || !cache->buckets) {
		cache_done(cache);
		return -ENOMEM;
	}
	cache->entries[0].version = ++cache->versions;
	return 0;
}

void cache_done(struct cache *cache)
{
	for (uint32_t i = 1; i <= cache->n_entries; i++)
		free(cache->entries[i].data);
	free(cache->entries);
	free(cache->buckets);
	*cache = (struct cache){};
}

void *cache_search(struct cache *cache, const struct cache_key *key)
{
	uint32_t i = find_entry(cache, key);

	cache->latest = i;
	if (!i)
		return NULL;
	cache->entries[i].used = true;
	return cache->entries[i].data;
}

struct cache_ref cache_latest(const struct cache *cache)
{
	uint32_t i = cache->latest;

	return (struct cache_ref){.version = i ? cache->entries[i].version : 0, .entry = i};
}

const void *cache_peek(const struct cache *cache, const struct cache_key *key)
{
	uint32_t i = find_entry(cache, key);

	return i ? cache->entries[i].data : NULL;
}

int cache_walk(const struct cache *cache, cache_fn fn, void *data)
{
	int r = 0;

	for (uint32_t i = cache->oldest; i && !r; i = cache->entries[i].newer)
		r = fn(data, &cache->entries[i].key, cache->entries[i].data);
	return r;
}

void *cache_put(struct cache *cache, const struct cache_key *key, const void *data, size_t size)
{
	uint32_t i = find_entry(cache, key);
	struct cache_entry *entry;

	if (i)
		renew_entry(cache, i);
	else
		i = add_entry(cache, key);
	entry = &cache->entries[i];
	if (make_room(cache, entry, size) < 0) {
		drop_entry(cache, i);
		cache->latest = 0;
		return NULL;
	}
	memcpy(entry->data, data, size);
	entry->version = ++cache->versions;
	cache->latest = i;
	while (cache->bytes > cache->max_bytes && cache->oldest != cache->newest)
		drop_oldest(cache, i);
	return entry->data;
}
