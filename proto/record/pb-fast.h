/* SPDX-License-Identifier: Apache-2.0 */
/* As pb.h, for the few messages whose size is bounded beforehand: no checks, and up to
 * PUT_SLACK bytes behind the end may be overwritten. Little-endian machines only (as BPF here).
 * The field number is below 16, so that its tag is one byte, known to the compiler. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/record/pb.h"

#define PUT_SLACK 64

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are stored as they are");

static inline uint8_t *put_word(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

/* 14 bits as a varint of two bytes. */
static inline uint8_t *put_two(uint8_t *p, unsigned v)
{
	uint16_t x = (uint16_t)((v & 0x7f) | 0x80 | v >> 7 << 8);

	memcpy(p, &x, sizeof(x));
	return p + sizeof(x);
}

/* 15 bits and more. */
uint8_t *put_long(uint8_t *p, uint64_t v);

static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	if (v < 0x80) {
		*p = (uint8_t)v;
		return p + 1;
	}
	if (v < 0x4000)
		return put_two(p, (unsigned)v);
	return put_long(p, v);
}

#define put_tag(p, field, type)                                                                    \
	({                                                                                         \
		uint8_t *put_p_ = (p);                                                             \
		_Static_assert((field) < 16, "a tag of one byte");                                 \
		*put_p_ = (uint8_t)((field) << 3 | (type));                                        \
		put_p_ + 1;                                                                        \
	})
#define put_uint(p, field, v) put_varint(put_tag(p, field, PB_VARINT), v)
#define put_bool(p, field, v) put_uint(p, field, !!(v))
#define put_fixed64(p, field, v) put_word(put_tag(p, field, PB_FIXED64), v)
#define put_bytes(p, field, data, size) put_sized(put_tag(p, field, PB_BYTES), data, size)

static inline uint8_t *put_raw(uint8_t *p, const void *data, size_t size)
{
	memcpy(p, data, size);
	return p + size;
}

static inline uint8_t *put_sized(uint8_t *p, const void *data, size_t size)
{
	return put_raw(put_varint(p, size), data, size);
}

/* Closes a message that begins at @mark, with room for a length of two bytes before it. */
static inline uint8_t *put_close(uint8_t *mark, uint8_t *end)
{
	size_t size = (size_t)(end - mark);
	unsigned need;

	if (__builtin_expect(size >= 0x80 && size < 0x4000, 1)) {
		(void)put_two(mark - 2, (unsigned)size);
		return end;
	}
	need = (unsigned)pb_varint_size(size);
	memmove(mark - 2 + need, mark, size);
	return pb_put_varint(mark - 2, size) + size;
}
