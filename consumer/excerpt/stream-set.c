/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/stream-set.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/base/util.h"

static bool is_same(const void *item, const void *key)
{
	return !memcmp(item, key, STREAM_SET_ID);
}

bool stream_set_add(struct stream_set *set, const uint8_t id[STREAM_SET_ID])
{
	const uint64_t hash = XXH64(id, STREAM_SET_ID, 0);
	_cleanup_free_ uint8_t *item = NULL;

	if (table_find(&set->table, hash, is_same, id))
		return false;
	item = set->table.n < STREAM_SET_MAX ? malloc(STREAM_SET_ID) : NULL;
	if (!item)
		return true;
	memcpy(item, id, STREAM_SET_ID);
	if (!table_add(&set->table, hash, item))
		TAKE_PTR(item);
	return true;
}

void stream_set_done(struct stream_set *set)
{
	table_done(&set->table, free);
}
