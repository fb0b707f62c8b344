/* SPDX-License-Identifier: Apache-2.0 */
/* As pb.h, for the few messages whose size is bounded beforehand: no checks, and up to
 * PUT_SLACK bytes behind the end may be overwritten. Little-endian machines only (as BPF here).
 * The field number is below 16, so that its tag is one byte, known to the compiler. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "pb.h"

#define PUT_SLACK 64

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are stored as they are");

/* Spreads groups of 7 bits over the bytes of a word: no loop, no branch for the size. */
static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	unsigned size;
	uint64_t x;

	if (v < 0x80) {
		*p = (uint8_t)v;
		return p + 1;
	}
	if (__builtin_expect(v >> 56, 0))
		return pb_put_varint(p, v);
	size = (unsigned)pb_varint_size(v);
	x = (v & 0x000000000fffffff) | (v & 0x00fffffff0000000) << 4;
	x = (x & 0x00003fff00003fff) | (x & 0x0fffc0000fffc000) << 2;
	x = (x & 0x007f007f007f007f) | (x & 0x3f803f803f803f80) << 1;
	x |= 0x8080808080808080 & ((1ull << 8 * (size - 1)) - 1);
	memcpy(p, &x, sizeof(x));
	return p + size;
}

#define put_tag(p, field, type)                                                                    \
	({                                                                                         \
		uint8_t *put_p_ = (p);                                                             \
		_Static_assert((field) < 16, "a tag of one byte");                                 \
		*put_p_ = (uint8_t)((field) << 3 | (type));                                        \
		put_p_ + 1;                                                                        \
	})
#define put_uint(p, field, v) put_varint(put_tag(p, field, PB_VARINT), v)
#define put_sint(p, field, v) put_uint(p, field, put_zigzag(v))
#define put_bool(p, field, v) put_uint(p, field, !!(v))
#define put_fixed64(p, field, v) put_word(put_tag(p, field, PB_FIXED64), v)
#define put_bytes(p, field, data, size) put_sized(put_tag(p, field, PB_BYTES), data, size)

static inline uint64_t put_zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline uint8_t *put_word(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static inline uint8_t *put_raw(uint8_t *p, const void *data, size_t size)
{
	memcpy(p, data, size);
	return p + size;
}

static inline uint8_t *put_sized(uint8_t *p, const void *data, size_t size)
{
	return put_raw(put_varint(p, size), data, size);
}

/* Closes a message that begins at @mark, with @room bytes left before it for its length. */
static inline uint8_t *put_close(uint8_t *mark, unsigned room, uint8_t *end)
{
	size_t size = (size_t)(end - mark);
	unsigned need = (unsigned)pb_varint_size(size);

	if (__builtin_expect(need != room, 0)) {
		memmove(mark - room + need, mark, size);
		end = mark - room + need + size;
	}
	(void)pb_put_varint(mark - room, size);
	return end;
}
