/* SPDX-License-Identifier: Apache-2.0 */
/* Denials as they were encoded lately. In a storm a few threads are refused the same calls again
 * and again: what such a denial says, beside the sums and the times, is then one comparison and
 * one copy; two copies, where the registers are others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire/wire.h"
#include "streamer/encode/cache.h"

/* A record behind its head, as words. */
#define DENIAL_CACHE_WORDS 26u
#define DENIAL_CACHE_REGISTERS 17u /* the first of 7 */
#define DENIAL_CACHE_N_REGISTERS 7u
#define DENIAL_CACHE_VERDICT 24u /* the first of 2: ret_data, filters, flags */

/* What is before the registers; of longer ones no message is kept. */
#define DENIAL_CACHE_START_MAX 832u
#define DENIAL_CACHE_END_MAX 16u /* what is behind them */
#define DENIAL_CACHE_SIZE                                                                          \
	(DENIAL_CACHE_START_MAX + 11 * DENIAL_CACHE_N_REGISTERS + DENIAL_CACHE_END_MAX + 35)

/* A message, valid as long as the caches still hold what it was made of. */
struct denial_cache_entry {
	uint64_t words[DENIAL_CACHE_WORDS];
	uint64_t until; /* CLOCK_BOOTTIME: then the cgroup's names are looked for again */
	struct cache_ref executable;
	struct cache_ref cgroup;
	uint32_t changes;   /* of the registers */
	uint16_t registers; /* where they begin in the message */
	uint16_t end;       /* where they end */
	uint32_t size;      /* of the message */
	uint32_t pad;
	uint8_t message[DENIAL_CACHE_SIZE];
};

#define DENIAL_CACHE_BITS 10 /* 1.2 MiB, if all are used */

_Static_assert(sizeof(struct wire_seccomp_denial) == 48 + 8 * DENIAL_CACHE_WORDS &&
		       offsetof(struct wire_seccomp_denial, process) == 48 &&
		       offsetof(struct wire_seccomp_denial, ip) ==
			       48 + 8 * DENIAL_CACHE_REGISTERS &&
		       offsetof(struct wire_seccomp_denial, ret_data) ==
			       48 + 8 * DENIAL_CACHE_VERDICT,
	       "words");

static inline const uint64_t *denial_cache_words(const struct wire_seccomp_denial *denial)
{
	return (const uint64_t *)(const void *)&denial->process;
}

/* Where in the cache a denial is kept, if it is: found by hash. */
static inline struct denial_cache_entry *denial_cache_at(struct denial_cache_entry *cache,
							 const struct wire_seccomp_denial *denial)
{
	uint64_t hash = denial->process.tid ^ (uint64_t)(uint32_t)denial->key.nr << 24 ^
			(uint64_t)denial->key.error << 40;

	return &cache[hash * 0x9e3779b97f4a7c15u >> (64 - DENIAL_CACHE_BITS)];
}

typedef uint64_t denial_cache_pair __attribute__((vector_size(16), aligned(8), may_alias));

static inline denial_cache_pair denial_cache_differ(const uint64_t *a, const uint64_t *b)
{
	return *(const denial_cache_pair *)a ^ *(const denial_cache_pair *)b;
}

/* Whether the record says what the message does, but for the registers. One with a path never
 * does: no message is kept of those. */
static inline bool denial_cache_says(const struct denial_cache_entry *entry,
				     const struct wire_seccomp_denial *denial)
{
	const uint64_t *a = entry->words, *b = denial_cache_words(denial);
	denial_cache_pair d =
		denial_cache_differ(a, b) | denial_cache_differ(a + 2, b + 2) |
		denial_cache_differ(a + 4, b + 4) | denial_cache_differ(a + 6, b + 6) |
		denial_cache_differ(a + 8, b + 8) | denial_cache_differ(a + 10, b + 10) |
		denial_cache_differ(a + 12, b + 12) | denial_cache_differ(a + 14, b + 14) |
		denial_cache_differ(a + 15, b + 15) |
		denial_cache_differ(a + DENIAL_CACHE_VERDICT, b + DENIAL_CACHE_VERDICT);

	return !(d[0] | d[1]) && denial->head.boottime_nano < entry->until;
}

static inline bool denial_cache_same_registers(const struct denial_cache_entry *entry,
					       const struct wire_seccomp_denial *denial)
{
	const uint64_t *a = entry->words + DENIAL_CACHE_REGISTERS,
		       *b = denial_cache_words(denial) + DENIAL_CACHE_REGISTERS;
	denial_cache_pair d = denial_cache_differ(a, b) | denial_cache_differ(a + 2, b + 2) |
			      denial_cache_differ(a + 4, b + 4) | denial_cache_differ(a + 5, b + 5);

	return !(d[0] | d[1]);
}
