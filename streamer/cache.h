/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded map from two numbers to bytes; what was used longest ago goes first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cache_key {
	uint64_t a, b;
};

struct cache_entry {
	struct cache_key key;
	void *data;
	uint32_t room; /* of data, allocated */
	uint32_t next; /* in the bucket */
	uint32_t newer, older;
};

struct cache {
	struct cache_entry *entries; /* index 0 is none */
	uint32_t *buckets;
	uint32_t max_entries, n_entries, free;
	uint32_t newest, oldest;
	size_t bytes, max_bytes; /* of data */
};

/* @max_entries is a power of two. Nothing is allocated per entry before it is used. */
int cache_init(struct cache *cache, uint32_t max_entries, size_t max_bytes);
void cache_done(struct cache *cache); /* any time, also twice */

void *cache_search(struct cache *cache, const struct cache_key *key);

/* The entry becomes the newest. NULL if there is none; valid until the next cache_put. Storms
 * come from one place: mostly the newest entry is the one. */
static inline void *cache_get(struct cache *cache, const struct cache_key *key)
{
	const struct cache_entry *newest = &cache->entries[cache->newest];

	if (newest->key.a == key->a && newest->key.b == key->b && cache->newest)
		return newest->data;
	return cache_search(cache, key);
}

/* As cache_get, but ages are left as they are. */
const void *cache_peek(const struct cache *cache, const struct cache_key *key);

/* Stores a copy. Returns it, or NULL if there is no memory: then the key has no entry. @data may
 * be what cache_get returned for @key. */
void *cache_put(struct cache *cache, const struct cache_key *key, const void *data, size_t size);
