/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that were unpacked before, found by their bytes: in a storm nearly every event is of
 * the same few processes and containers. Each may keep what it was turned into, too (its note).
 * Memory is bounded: when it is full, memo_begin forgets all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMO_SIZE (4u * 1024 * 1024) /* of all entries; what is not used is never touched */
#define MEMO_SLOTS 16384u
#define MEMO_BYTES_MAX 2048u /* of one message: a longer one is not kept */

struct memo_note {
	const void *owner; /* who made it, and alone may read it; NULL: there is none */
	const uint8_t *text;
	size_t size;
};

struct memo_entry {
	const void *type;
	const uint8_t *bytes;
	size_t size;
	uint64_t hash;
	struct memo_note note;
	_Alignas(max_align_t) uint8_t message[];
};

struct memo {
	struct memo_entry *slots[MEMO_SLOTS];
	uint8_t *data; /* MEMO_SIZE, once something is kept */
	size_t used;
	bool full;
};

int memo_new(struct memo **ret);
struct memo *memo_free(struct memo *memo); /* NULL is fine; returns NULL */

/* Before each record: nothing of the one before is in use any more. */
void memo_begin(struct memo *memo);

uint64_t memo_hash(const uint8_t *bytes, size_t size);

/* What was kept for these bytes as a message of @type, NULL if nothing was. */
struct memo_entry *memo_find(const struct memo *memo, const void *type, const uint8_t *bytes,
			     size_t size, uint64_t hash);

/* A place for it: @message bytes and @text more behind them. It is found only after memo_keep.
 * NULL: full. @bytes are copied. */
struct memo_entry *memo_add(struct memo *memo, const void *type, const uint8_t *bytes, size_t size,
			    uint64_t hash, size_t message, size_t text);
void memo_keep(struct memo *memo, struct memo_entry *entry);

/* Keeps a copy of the text, if there is room. */
void memo_note_keep(struct memo *memo, struct memo_note *note, const void *owner, const void *text,
		    size_t size);

/* The note of a message, NULL if @message is none of the memo's. @memo may be NULL. */
static inline struct memo_note *memo_note(const struct memo *memo, const void *message)
{
	uintptr_t at;

	if (!memo || !memo->data)
		return NULL;
	at = (uintptr_t)message - (uintptr_t)memo->data;
	if (at >= MEMO_SIZE)
		return NULL;
	return &((struct memo_entry *)(memo->data + at - offsetof(struct memo_entry, message)))
			->note;
}

static inline void memo_freep(struct memo **memo)
{
	*memo = memo_free(*memo);
}
