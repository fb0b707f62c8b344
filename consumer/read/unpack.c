/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the bytes. Strings get their NUL in one piece of memory as large as the message:
 * each has a tag and a length before it, so they cannot need more. Refused, and left to protobuf-c:
 * fields that are unknown or come twice where that means more than "the last one counts", packed
 * and repeated ones but for a few numbers, numbers in other forms than the shortest where that
 * would tell, and all that is malformed. */
#include "consumer/read/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/arena.h"
#include "consumer/read/message-cache.h"
#include "consumer/read/unpack-internal.h"
#include "proto/base/util.h"
#include "proto/record/pb-read.h"

#define REPEATED_MAX 32u
#define UNPACK_SLACK 16u

struct unpacker {
	struct message_cache cache;
	struct unpack_table table;
};

/* One call of unpacker_unpack. */
struct walk {
	struct message_cache *cache;
	struct arena *arena;
	char *text; /* where the next string goes */
};

static bool fill_message(struct walk *walk, const struct unpack_type *type, uint8_t *base,
			 const uint8_t *p, const uint8_t *end);

int unpacker_new(struct unpacker **ret, const ProtobufCMessageDescriptor *root)
{
	_cleanup_(unpacker_freep) struct unpacker *unpacker = calloc(1, sizeof(*unpacker));
	int r;

	if (!unpacker)
		return -ENOMEM;
	r = unpack_table_init(&unpacker->table, root);
	if (r)
		return r;
	*ret = TAKE_PTR(unpacker);
	return 0;
}

struct unpacker *unpacker_free(struct unpacker *unpacker)
{
	if (unpacker) {
		unpack_table_done(&unpacker->table);
		message_cache_done(&unpacker->cache);
		free(unpacker);
	}
	return NULL;
}

struct message_cache *unpacker_memo(struct unpacker *unpacker)
{
	return &unpacker->cache;
}

/* Tag and wire type, below UNPACK_KEYS. */
static inline const uint8_t *get_key(const uint8_t *p, const uint8_t *end, unsigned *ret)
{
	unsigned key = *p++;

	if (key & 0x80) {
		if (p == end || *p >= UNPACK_KEYS >> 7)
			return NULL;
		key = (key & 0x7f) | (unsigned)*p++ << 7;
	}
	*ret = key;
	return p;
}

/* Three bytes are enough: frames are smaller. */
static inline const uint8_t *get_bytes(const uint8_t *p, const uint8_t *end, size_t *ret_size)
{
	size_t size = 0;

	for (unsigned shift = 0; shift < 21 && p < end; shift += 7) {
		size |= (size_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80)) {
			*ret_size = size;
			return size <= (size_t)(end - p) ? p : NULL;
		}
	}
	return NULL;
}

/* A short string is copied with what is behind it, which is faster than the right number of bytes:
 * UNPACK_SLACK bytes are behind the last string's place. */
static inline void copy_text(char *text, const uint8_t *p, size_t size, const uint8_t *end)
{
	if (size <= UNPACK_SLACK && (size_t)(end - p) >= UNPACK_SLACK)
		memcpy(text, p, UNPACK_SLACK);
	else
		memcpy(text, p, size);
}

static inline void put_bytes(struct walk *walk, const struct unpack_field *field, void *member,
			     const uint8_t *p, size_t size, const uint8_t *end)
{
	char *text = walk->text;

	copy_text(text, p, size, end);
	if (field->op == UNPACK_BYTES) {
		ProtobufCBinaryData *bytes = member;

		bytes->len = size;
		bytes->data = size ? (uint8_t *)text : NULL;
		walk->text += size;
		return;
	}
	text[size] = '\0';
	walk->text += size + 1;
	*(char **)member = text;
}

/* The value of a field that is a number. */
static inline const uint8_t *get_number(unsigned op, void *member, const uint8_t *p,
					const uint8_t *end)
{
	const uint8_t *start = p;
	uint64_t v;

	if (op == UNPACK_FIXED64 || op == UNPACK_FIXED32) {
		size_t size = op == UNPACK_FIXED64 ? 8 : 4;

		if ((size_t)(end - p) < size)
			return NULL;
		if (op == UNPACK_FIXED64)
			*(uint64_t *)member = pb_get_little64(p);
		else
			*(uint32_t *)member = pb_get_little32(p);
		return p + size;
	}
	p = pb_get_varint(p, end, &v);
	if (!p)
		return NULL;
	switch (op) {
	case UNPACK_UINT32:
		*(uint32_t *)member = (uint32_t)v;
		return p;
	case UNPACK_SINT32:
		*(uint32_t *)member = (uint32_t)v >> 1 ^ -((uint32_t)v & 1);
		return p;
	case UNPACK_UINT64:
		*(uint64_t *)member = v;
		return p;
	case UNPACK_SINT64:
		*(uint64_t *)member = v >> 1 ^ -(v & 1);
		return p;
	case UNPACK_BOOL:
		*(protobuf_c_boolean *)member = (protobuf_c_boolean)v;
		return p - start == 1 && v < 2 ? p : NULL;
	default:
		return NULL;
	}
}

/* Values of one field in a row; @p is behind the first key. */
static const uint8_t *get_repeated(struct walk *walk, const struct unpack_field *field,
				   uint8_t *base, unsigned key, const uint8_t *p,
				   const uint8_t *end)
{
	_Alignas(uint64_t) uint8_t values[8 * REPEATED_MAX];
	size_t *n = (size_t *)(base + field->quantifier);
	void **member = (void **)(base + field->offset);
	unsigned next = key;

	if (*n)
		return NULL; /* not in a row */
	for (size_t i = 0; i < REPEATED_MAX; i++) {
		const uint8_t *behind;

		p = get_number(field->value_op, values + i * field->size, p, end);
		if (!p)
			return NULL;
		behind = p < end ? get_key(p, end, &next) : NULL;
		if (behind && next == key) {
			p = behind;
			continue;
		}
		*member = arena_take(walk->arena, (i + 1) * field->size);
		if (!*member)
			return NULL;
		memcpy(*member, values, (i + 1) * field->size);
		*n = i + 1;
		return p;
	}
	return NULL;
}

static void *make_message(struct walk *walk, const struct unpack_type *type, const uint8_t *p,
			  size_t size)
{
	uint8_t *message = arena_take(walk->arena, type->desc->sizeof_message);

	if (!message)
		return NULL;
	type->desc->message_init((ProtobufCMessage *)message);
	return fill_message(walk, type, message, p, p + size) ? message : NULL;
}

/* As make, but out of the memo or into it. */
static void *make_known(struct walk *walk, const struct unpack_type *type, const uint8_t *p,
			size_t size)
{
	uint64_t hash = message_cache_hash(p, size);
	struct message_cache_entry *entry = message_cache_find(walk->cache, type, p, size, hash);
	size_t message = type->desc->sizeof_message;
	struct walk inner = *walk;

	if (entry)
		return entry->message;
	entry = message_cache_add(walk->cache, type, p, size, hash, message, size + UNPACK_SLACK);
	if (!entry)
		return make_message(walk, type, p, size);
	inner.text = (char *)entry->message + message;
	type->desc->message_init((ProtobufCMessage *)entry->message);
	if (!fill_message(&inner, type, entry->message, p, p + size))
		return NULL;
	message_cache_keep(walk->cache, entry);
	return entry->message;
}

static bool get_message(struct walk *walk, const struct unpack_field *field, void **member,
			const uint8_t *p, size_t size)
{
	if (field->mark == UNPACK_UNMARKED && *member)
		return false; /* would have to be merged */
	*member = field->memo ? make_known(walk, field->sub, p, size)
			      : make_message(walk, field->sub, p, size);
	return *member;
}

/* False: the field is one of a oneof that has one already. */
static inline bool mark_present(const struct unpack_field *field, uint8_t *base)
{
	uint32_t *quantifier = (uint32_t *)(base + field->quantifier);

	if (field->mark == UNPACK_HAS) {
		*(protobuf_c_boolean *)quantifier = 1;
	} else if (field->mark == UNPACK_CASE) {
		if (*quantifier)
			return false;
		*quantifier = field->id;
	}
	return true;
}

/* The field whose key is before @p. Returns the byte behind it, NULL: left to protobuf-c. */
static inline const uint8_t *get_field(struct walk *walk, const struct unpack_field *field,
				       uint8_t *base, unsigned key, const uint8_t *p,
				       const uint8_t *end)
{
	void *member = base + field->offset;
	size_t size;

	switch (field->op) {
	case UNPACK_REFUSE:
		return NULL;
	case UNPACK_REPEATED:
		return get_repeated(walk, field, base, key, p, end);
	case UNPACK_STRING:
	case UNPACK_BYTES:
	case UNPACK_MESSAGE:
		p = get_bytes(p, end, &size);
		if (!p || !mark_present(field, base))
			return NULL;
		if (field->op != UNPACK_MESSAGE)
			put_bytes(walk, field, member, p, size, end);
		else if (!get_message(walk, field, member, p, size))
			return NULL;
		return p + size;
	default:
		return mark_present(field, base) ? get_number(field->op, member, p, end) : NULL;
	}
}

static bool fill_message(struct walk *walk, const struct unpack_type *type, uint8_t *base,
			 const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		unsigned key;

		p = get_key(p, end, &key);
		if (!p)
			return false;
		p = get_field(walk, &type->fields[type->by_key[key]], base, key, p, end);
		if (!p)
			return false;
	}
	return true;
}

const void *unpacker_unpack(struct unpacker *unpacker, struct arena *arena, const uint8_t *data,
			    size_t size)
{
	const struct unpack_type *root = &unpacker->table.types[0];
	struct walk walk = {.cache = &unpacker->cache, .arena = arena};
	const void *message;

	message_cache_begin(&unpacker->cache);
	arena_reset(arena);
	walk.text = arena_take(arena, size + UNPACK_SLACK);
	message = walk.text ? make_message(&walk, root, data, size) : NULL;
	if (message)
		return message;
	arena_reset(arena);
	return protobuf_c_message_unpack(root->desc, &arena->allocator, size, data);
}
