/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/hash-table.h"

#include "proto/base/util.h"

#define ROOM_MIN 64 /* a power of two, as all rooms are */

void *table_find(const struct table *table, uint64_t hash, table_same_fn same, const void *key)
{
	size_t mask = table->room - 1;

	if (!table->room)
		return NULL;
	for (size_t i = hash & mask; table->slots[i].item; i = (i + 1) & mask)
		if (table->slots[i].hash == hash && same(table->slots[i].item, key))
			return table->slots[i].item;
	return NULL;
}

static void put_item(struct table *table, uint64_t hash, void *item)
{
	size_t mask = table->room - 1, i = hash & mask;

	while (table->slots[i].item)
		i = (i + 1) & mask;
	table->slots[i] = (struct table_slot){hash, item};
}

int table_add(struct table *table, uint64_t hash, void *item)
{
	struct table more = {.n = table->n, .room = table->room ? 2 * table->room : ROOM_MIN};

	if (2 * (table->n + 1) > table->room) {
		more.slots = calloc(more.room, sizeof(*more.slots));
		if (!more.slots)
			return -ENOMEM;
		for (size_t i = 0; i < table->room; i++)
			if (table->slots[i].item)
				put_item(&more, table->slots[i].hash, table->slots[i].item);
		free(table->slots);
		*table = more;
	}
	put_item(table, hash, item);
	table->n++;
	return 0;
}

/* What stands behind a slot that becomes free has to be put anew, or it would not be found. */
static void take_out(struct table *table, size_t at)
{
	size_t mask = table->room - 1;

	table->slots[at].item = NULL;
	table->n--;
	for (size_t i = (at + 1) & mask; table->slots[i].item; i = (i + 1) & mask) {
		struct table_slot slot = table->slots[i];

		table->slots[i].item = NULL;
		put_item(table, slot.hash, slot.item);
	}
}

void table_sweep(struct table *table, bool (*drop)(void *item, void *data), void *data)
{
	for (size_t i = 0; i < table->room;) {
		if (table->slots[i].item && drop(table->slots[i].item, data))
			take_out(table, i); /* another may stand here now */
		else
			i++;
	}
}

void *table_next(const struct table *table, size_t *at)
{
	while (*at < table->room) {
		void *item = table->slots[(*at)++].item;

		if (item)
			return item;
	}
	return NULL;
}

void table_done(struct table *table, void (*free_item)(void *item))
{
	void *item;
	size_t at = 0;

	while (free_item && (item = table_next(table, &at)))
		free_item(item);
	free(table->slots);
	*table = (struct table){0};
}
