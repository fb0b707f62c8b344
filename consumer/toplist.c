/* SPDX-License-Identifier: Apache-2.0 */
#include "toplist.h"

#include <string.h>
#include <xxhash.h>

#include "line.h"
#include "util.h"

static void add(struct toplist_count *sum, const struct toplist_count *count)
{
	sum->delivered += count->delivered;
	sum->limited += count->limited;
}

static struct toplist_count *add_row(struct toplist *list, const char *path, uint16_t *slot,
				     uint64_t hash, const char *name, size_t size)
{
	struct toplist_row *row;
	struct line line;

	if (!shares_take(&list->shares, path ? path : "", path ? strlen(path) : 0, TOPLIST_KEYS))
		return &list->others;
	row = &list->rows[list->n++];
	row->hash = hash;
	line = line_make(row->name, sizeof(row->name));
	line_put(&line, name, size);
	(void)line_end(&line);
	*slot = (uint16_t)list->n;
	return &row->count;
}

void toplist_add(struct toplist *list, const char *path, const char *name, size_t size,
		 struct toplist_count count)
{
	uint64_t hash;

	if (!name) {
		add(&list->unknown, &count);
		return;
	}
	/* Names are told apart by the hash of all of them: only the beginning is kept. */
	hash = XXH64(name, size, 0);
	for (size_t i = hash;; i++) {
		uint16_t *slot = &list->slots[i % ARRAY_SIZE(list->slots)];

		if (!*slot) {
			add(add_row(list, path, slot, hash, name, size), &count);
			return;
		}
		if (list->rows[*slot - 1].hash == hash) {
			add(&list->rows[*slot - 1].count, &count);
			return;
		}
	}
}

void toplist_done(struct toplist *list)
{
	shares_done(&list->shares);
}

static uint64_t events(const struct toplist_row *row)
{
	return row->count.delivered + row->count.limited;
}

size_t toplist_top(const struct toplist *list, const struct toplist_row *ret[TOPLIST_SHOWN],
		   struct toplist_count *ret_others)
{
	struct toplist_count others = list->others;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct toplist_row *row = &list->rows[i];
		size_t at = n;

		while (at && events(ret[at - 1]) < events(row))
			at--;
		if (at == TOPLIST_SHOWN) {
			add(&others, &row->count);
			continue;
		}
		if (n == TOPLIST_SHOWN)
			add(&others, &ret[--n]->count);
		memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(*ret));
		ret[at] = row;
		n++;
	}
	*ret_others = others;
	return n;
}
