/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/sums/slot-shares.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/base/util.h"

#define DEPTH_MAX 64u /* what is nested deeper counts with what is above it */

/* Told apart by the hash of the path. */
struct node {
	uint64_t hash;
	size_t n; /* that it and all below it have */
};

/* A cgroup's ancestors, the topmost first; behind it what it has itself. */
struct chain {
	unsigned n;
	uint64_t hashes[DEPTH_MAX + 1];
};

static void make_chain(struct chain *chain, const char *path, size_t size)
{
	size_t at = size && *path == '/';

	chain->n = 0;
	while (at < size && chain->n < DEPTH_MAX) {
		const char *end = memchr(path + at, '/', size - at);

		at = end ? (size_t)(end - path) : size;
		chain->hashes[chain->n++] = XXH3_64bits(path, at);
		at++;
	}
	/* another seed: it is no other cgroup's */
	chain->hashes[chain->n++] = XXH3_64bits_withSeed(path, size, 1);
}

static bool is_same(const void *item, const void *key)
{
	return ((const struct node *)item)->hash == *(const uint64_t *)key;
}

static struct node *find_share(const struct slot_shares *shares, uint64_t hash)
{
	return table_find(&shares->nodes, hash, is_same, &hash);
}

static struct node *get_share(struct slot_shares *shares, uint64_t hash)
{
	_cleanup_free_ struct node *new = NULL;
	struct node *node = find_share(shares, hash);

	if (node)
		return node;
	new = calloc(1, sizeof(*new));
	if (!new || table_add(&shares->nodes, hash, new))
		return NULL;
	new->hash = hash;
	return TAKE_PTR(new);
}

/* From below: so that @needed are left here, of what is left above half has to be as much. */
static size_t needed_above(size_t needed, size_t taken)
{
	return 2 * needed - 1 + taken;
}

static bool fits_chain(const struct slot_shares *shares, const struct chain *chain, size_t limit)
{
	size_t needed = 1;

	for (unsigned i = chain->n; i-- && needed <= limit;) {
		const struct node *node = find_share(shares, chain->hashes[i]);

		needed = needed_above(needed, node ? node->n : 0);
	}
	return needed <= limit && shares->n <= limit - needed;
}

static bool is_empty(void *item, void *data)
{
	const struct node *node = item;
	const uint64_t *hash = data;

	if (node->hash != *hash || node->n)
		return false;
	free(item);
	return true;
}

static void drop_node(struct slot_shares *shares, uint64_t hash)
{
	const struct node *node = find_share(shares, hash);

	if (node && !node->n)
		table_sweep(&shares->nodes, is_empty, &hash);
}

bool slot_shares_take(struct slot_shares *shares, const char *path, size_t size, size_t limit)
{
	struct node *nodes[DEPTH_MAX + 1];
	struct chain chain;

	make_chain(&chain, path, size);
	if (!fits_chain(shares, &chain, limit))
		return false;
	for (unsigned i = 0; i < chain.n; i++) {
		nodes[i] = get_share(shares, chain.hashes[i]);
		if (!nodes[i])
			return false;
	}
	for (unsigned i = 0; i < chain.n; i++)
		nodes[i]->n++;
	shares->n++;
	return true;
}

void slot_shares_give(struct slot_shares *shares, const char *path, size_t size)
{
	struct chain chain;

	make_chain(&chain, path, size);
	for (unsigned i = 0; i < chain.n; i++) {
		struct node *node = find_share(shares, chain.hashes[i]);

		if (node && node->n)
			node->n--;
		drop_node(shares, chain.hashes[i]);
	}
	shares->n -= shares->n > 0;
}

void slot_shares_done(struct slot_shares *shares)
{
	table_done(&shares->nodes, free);
	*shares = (struct slot_shares){0};
}
