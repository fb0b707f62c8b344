/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded map from two numbers to bytes. What has to go is what was put longest ago and not
 * used since it was last spared: so that using it is no more than a mark on it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache_key {
	uint64_t a, b;
};

struct cache_entry {
	struct cache_key key;
	void *data;
	uint64_t version; /* of data; no other entry or data ever has the same */
	uint32_t room;    /* of data, allocated */
	uint32_t next;    /* in the bucket */
	uint32_t newer, older;
	uint32_t used;
};

struct cache {
	struct cache_entry *entries; /* index 0 is none */
	uint32_t *buckets;
	uint32_t max_entries, n_entries, free;
	uint32_t newest, oldest;
	uint32_t latest; /* what the latest cache_get or cache_put gave; 0: nothing */
	uint64_t versions;
	size_t bytes, max_bytes; /* of data */
};

/* @max_entries is a power of two. Nothing is allocated per entry before it is used. */
int cache_init(struct cache *cache, uint32_t max_entries, size_t max_bytes);
void cache_done(struct cache *cache); /* any time, also twice */

void *cache_search(struct cache *cache, const struct cache_key *key);

/* NULL if there is none; valid until the next cache_put. Storms come from one place: mostly the
 * latest entry is the one. */
static inline void *cache_get(struct cache *cache, const struct cache_key *key)
{
	struct cache_entry *latest = &cache->entries[cache->latest];

	if (latest->key.a != key->a || latest->key.b != key->b || !cache->latest)
		return cache_search(cache, key);
	latest->used = true;
	return latest->data;
}

/* What an entry has now, for whoever keeps something that was made of it. */
struct cache_ref {
	uint64_t version;
	uint64_t entry;
};

/* Of what the latest cache_get or cache_put gave; never held if they gave NULL. */
struct cache_ref cache_latest(const struct cache *cache);

/* Whether the entry still has it, which counts as a use. */
static inline bool cache_holds(struct cache *cache, const struct cache_ref *ref)
{
	struct cache_entry *entry = &cache->entries[ref->entry];

	entry->used = true;
	return entry->version == ref->version;
}

/* As cache_get, but does not count as a use. */
const void *cache_peek(const struct cache *cache, const struct cache_key *key);

/* Calls @fn for each entry, the one that would have to go first first. Stops when @fn returns
 * non-zero, and returns that. */
typedef int (*cache_fn)(void *data, const struct cache_key *key, const void *entry);
int cache_walk(const struct cache *cache, cache_fn fn, void *data);

/* Stores a copy of @data, which is not in the cache. Returns it, or NULL if there is no memory:
 * then the key has no entry. */
void *cache_put(struct cache *cache, const struct cache_key *key, const void *data, size_t size);
