/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/stats/toplist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

static void add_count(struct toplist_count *sum, const struct toplist_count *count)
{
	sum->delivered += count->delivered;
	sum->limited += count->limited;
}

/* What is cut off has its hash in the place of the end. */
static void keep_name(struct toplist_row *row, const char *name, size_t size)
{
	char hash[sizeof("…#0123456789abcdef")];
	struct line line;
	int n = 0;

	line = line_make(row->name, sizeof(row->name));
	if (size > (size_t)(line.end - line.p)) {
		n = snprintf(hash, sizeof(hash), "…#%016llx",
			     (unsigned long long)XXH64(name, size, 0));
		size = (size_t)(line.end - line.p) - (size_t)n;
		while (size && ((unsigned char)name[size] & 0xc0) == 0x80)
			size--;
	}
	line_put(&line, name, size);
	line_put(&line, hash, (size_t)n);
	(void)line_end(&line);
}

static struct toplist_count *add_row(struct toplist *list, const char *path, uint16_t *slot,
				     const char *name, size_t size, const struct toplist_more *more)
{
	struct toplist_row *row;

	if (!slot_shares_take(&list->shares, path ? path : "", path ? strlen(path) : 0,
			      TOPLIST_KEYS))
		return &list->others;
	row = &list->rows[list->n++];
	row->hash = more->key;
	keep_name(row, name, size);
	if (more->rest && more->rest_at <= strlen(row->name)) {
		row->rest_at = (uint16_t)more->rest_at;
		(void)snprintf(row->rest, sizeof(row->rest), "%s", more->rest);
	}
	*slot = (uint16_t)list->n;
	return &row->count;
}

/* Where the row of @key is, or would be. */
static uint16_t *find_slot(struct toplist *list, uint64_t key)
{
	for (size_t i = key;; i++) {
		uint16_t *slot = &list->slots[i % ARRAY_SIZE(list->slots)];

		if (!*slot || list->rows[*slot - 1].hash == key)
			return slot;
	}
}

bool toplist_add_again(struct toplist *list, uint64_t key, struct toplist_count count)
{
	const uint16_t *slot = find_slot(list, key);

	if (*slot)
		add_count(&list->rows[*slot - 1].count, &count);
	return *slot;
}

void toplist_add_more(struct toplist *list, const char *path, const char *name, size_t size,
		      const struct toplist_more *more, struct toplist_count count)
{
	if (!toplist_add_again(list, more->key, count))
		add_count(add_row(list, path, find_slot(list, more->key), name, size, more),
			  &count);
}

void toplist_add(struct toplist *list, const char *path, const char *name, size_t size,
		 struct toplist_count count)
{
	struct toplist_more more = {0};

	if (!name) {
		add_count(&list->unknown, &count);
		return;
	}
	/* Names are told apart by the hash of all of them: only the beginning is kept. */
	more.key = XXH64(name, size, list->seed);
	toplist_add_more(list, path, name, size, &more, count);
}

/* There are no more rows than there were: each has room, whose share it was of. */
static void join_row(struct toplist *list, const struct toplist_row *from)
{
	const char *name = strchr(from->name, '\t');
	struct toplist_row *row;
	uint16_t *slot;
	uint64_t key;

	name = name ? name : "";
	key = XXH64(name, strlen(name), list->seed);
	slot = find_slot(list, key);
	if (!*slot) {
		row = &list->rows[list->n++];
		row->hash = key;
		keep_name(row, name, strlen(name));
		*slot = (uint16_t)list->n;
	}
	add_count(&list->rows[*slot - 1].count, &from->count);
}

struct toplist *toplist_join(const struct toplist *list)
{
	struct toplist *joined = calloc(1, sizeof(*joined));

	if (!joined)
		return NULL;
	joined->seed = list->seed;
	joined->others = list->others;
	joined->unknown = list->unknown;
	for (size_t i = 0; i < list->n; i++)
		join_row(joined, &list->rows[i]);
	return joined;
}

const char *toplist_name(const struct toplist_row *const *rows, size_t n, size_t i,
			 char buf[TOPLIST_SHOWN_NAME])
{
	const struct toplist_row *row = rows[i];
	bool alike = false;

	for (size_t j = 0; j < n && !alike; j++)
		alike = j != i && !strcmp(rows[j]->name, row->name);
	(void)snprintf(buf, TOPLIST_SHOWN_NAME, "%.*s%s%s", (int)row->rest_at, row->name,
		       alike ? row->rest : "", row->name + row->rest_at);
	return buf;
}

void toplist_done(struct toplist *list)
{
	slot_shares_done(&list->shares);
}

static uint64_t count_events(const struct toplist_row *row)
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

		while (at && count_events(ret[at - 1]) < count_events(row))
			at--;
		if (at == TOPLIST_SHOWN) {
			add_count(&others, &row->count);
			continue;
		}
		if (n == TOPLIST_SHOWN)
			add_count(&others, &ret[--n]->count);
		memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(*ret));
		ret[at] = row;
		n++;
	}
	*ret_others = others;
	return n;
}
