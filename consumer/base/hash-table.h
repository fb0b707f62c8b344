/* SPDX-License-Identifier: Apache-2.0 */
/* Items found by the hash of their key. Items are the caller's, and so is what makes two keys the
 * same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

/* All there is to it is to be zero. */
struct table {
	size_t n, room;
	struct table_slot *slots;
};

typedef bool (*table_same_fn)(const void *item, const void *key);

void *table_find(const struct table *table, uint64_t hash, table_same_fn same, const void *key);

/* Of an item that is not there. 0 or -ENOMEM. */
int table_add(struct table *table, uint64_t hash, void *item);

/* Takes out what @drop returns true for. */
void table_sweep(struct table *table, bool (*drop)(void *item, void *data), void *data);

/* Returns the item from place *at on, which becomes the one behind it; NULL: there is none left.
 * *at is 0 at first. */
void *table_next(const struct table *table, size_t *at);

void table_done(struct table *table, void (*free_item)(void *item)); /* NULL: they are left alone */
