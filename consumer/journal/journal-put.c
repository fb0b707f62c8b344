/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>

#include "consumer/journal/journal-entry.h"

static void grow(struct journal_entry *entry, size_t size)
{
	size_t room = entry->room ? entry->room : 2048;
	uint8_t *data;

	if (entry->failed || entry->room - entry->size >= size)
		return;
	while (room - entry->size < size)
		room *= 2;
	data = realloc(entry->data, room);
	entry->failed = !data;
	if (!data)
		return;
	entry->data = data;
	entry->room = room;
}

static void put_bytes(struct journal_entry *entry, const void *data, size_t size)
{
	grow(entry, size);
	if (entry->failed || !size)
		return;
	memcpy(entry->data + entry->size, data, size);
	entry->size += size;
}

void journal_entry_put(struct journal_entry *entry, const char *name, const void *value,
		       size_t size)
{
	uint64_t little = htole64(size);

	put_bytes(entry, name, strlen(name));
	if (size && memchr(value, '\n', size)) {
		put_bytes(entry, "\n", 1);
		put_bytes(entry, &little, sizeof(little));
	} else {
		put_bytes(entry, "=", 1);
	}
	put_bytes(entry, value, size);
	put_bytes(entry, "\n", 1);
}

void journal_entry_text(struct journal_entry *entry, const char *name, const char *value)
{
	journal_entry_put(entry, name, value, strlen(value));
}
