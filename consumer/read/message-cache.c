/* SPDX-License-Identifier: Apache-2.0 */
/* A table of four places per hash over one piece of memory that only grows. An entry that is
 * pushed out of the table leaves a hole until all is forgotten: there are more places than
 * there is memory for entries, so that this is rare. */
#include "consumer/read/message-cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL /* most are of a length that is known here */
#include <xxhash.h>

#include "proto/base/util.h"

#define WAYS 4u
#define HASHED 64u /* bytes at each end: ids stand first, numbers last */

int memo_new(struct memo **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct memo *memo_free(struct memo *memo)
{
	if (memo)
		free(memo->data);
	free(memo);
	return NULL;
}

void memo_begin(struct memo *memo)
{
	if (!memo->full || !memo->data)
		return;
	memset(memo->slots, 0, sizeof(memo->slots));
	memo->used = 0;
	memo->full = false;
}

/* Who makes messages that differ only in the middle gets them unpacked anew each time. */
uint64_t memo_hash(const uint8_t *bytes, size_t size)
{
	if (size <= 2 * HASHED)
		return XXH3_64bits(bytes, size);
	return XXH3_64bits(bytes, HASHED) * 31 + XXH3_64bits(bytes + size - HASHED, HASHED);
}

static unsigned first_way(uint64_t hash)
{
	return (unsigned)(hash % (MEMO_SLOTS / WAYS)) * WAYS;
}

struct memo_entry *memo_find(const struct memo *memo, const void *type, const uint8_t *bytes,
			     size_t size, uint64_t hash)
{
	struct memo_entry *const *slots = &memo->slots[first_way(hash)];

	for (unsigned way = 0; way < WAYS && slots[way]; way++) {
		struct memo_entry *entry = slots[way];

		if (entry->hash == hash && entry->type == type && entry->size == size &&
		    !memcmp(entry->bytes, bytes, size))
			return entry;
	}
	return NULL;
}

/* Not every reader unpacks messages. Without memory there is nothing to find, and no harm. */
static bool has_room(struct memo *memo, size_t size)
{
	if (!memo->data && !memo->full)
		memo->data = malloc(MEMO_SIZE);
	memo->full |= !memo->data || size > MEMO_SIZE - memo->used;
	return !memo->full;
}

static void *take(struct memo *memo, size_t size)
{
	void *p;

	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!has_room(memo, size))
		return NULL;
	p = memo->data + memo->used;
	memo->used += size;
	return p;
}

struct memo_entry *memo_add(struct memo *memo, const void *type, const uint8_t *bytes, size_t size,
			    uint64_t hash, size_t message, size_t text)
{
	struct memo_entry *entry;

	if (size > MEMO_BYTES_MAX)
		return NULL;
	entry = take(memo, sizeof(*entry) + message + text + size);
	if (!entry)
		return NULL;
	*entry = (struct memo_entry){
		.type = type,
		.bytes = entry->message + message + text,
		.size = size,
		.hash = hash,
	};
	memcpy(entry->message + message + text, bytes, size);
	return entry;
}

void memo_keep(struct memo *memo, struct memo_entry *entry)
{
	struct memo_entry **slots = &memo->slots[first_way(entry->hash)];
	unsigned way = 0;

	while (way < WAYS && slots[way])
		way++;
	slots[way < WAYS ? way : entry->hash >> 62] = entry;
}

void memo_note_keep(struct memo *memo, struct memo_note *note, const void *owner, const void *text,
		    size_t size)
{
	void *copy = take(memo, size);

	if (!copy)
		return;
	memcpy(copy, text, size);
	*note = (struct memo_note){.owner = owner, .text = copy, .size = size};
}
