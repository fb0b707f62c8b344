/* SPDX-License-Identifier: Apache-2.0 */
/* Writes protobuf's wire format into a bounded buffer, without allocation.
 * https://protobuf.dev/programming-guides/encoding/
 *
 * What does not fit is not written and sets overflow; the caller looks once, at the end.
 * Field numbers are the FIELD_* of the generated ringside-fields.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pb {
	uint8_t *p; /* next byte to write */
	uint8_t *end;
	bool overflow;
};

#define PB_VARINT 0u
#define PB_FIXED64 1u
#define PB_BYTES 2u

static inline struct pb pb_make(void *buf, size_t size)
{
	return (struct pb){.p = buf, .end = (uint8_t *)buf + size};
}

static inline bool pb_room(struct pb *pb, size_t size)
{
	if (__builtin_expect((size_t)(pb->end - pb->p) >= size && !pb->overflow, 1))
		return true;
	pb->overflow = true;
	return false;
}

static inline size_t pb_varint_size(uint64_t v)
{
	/* 7 bits a byte, and 0 takes one */
	return (size_t)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

/* The caller has checked the room. */
static inline uint8_t *pb_put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline void pb_uint(struct pb *pb, unsigned field, uint64_t v)
{
	if (!pb_room(pb, 15))
		return;
	pb->p = pb_put_varint(pb->p, field << 3 | PB_VARINT);
	pb->p = pb_put_varint(pb->p, v);
}

/* sint32 and sint64: zigzag */
static inline void pb_sint(struct pb *pb, unsigned field, int64_t v)
{
	pb_uint(pb, field, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static inline void pb_bool(struct pb *pb, unsigned field, bool v)
{
	pb_uint(pb, field, v);
}

static inline void pb_fixed64(struct pb *pb, unsigned field, uint64_t v)
{
	if (!pb_room(pb, 5 + 8))
		return;
	pb->p = pb_put_varint(pb->p, field << 3 | PB_FIXED64);
	for (int i = 0; i < 8; i++)
		*pb->p++ = (uint8_t)(v >> (8 * i));
}

static inline void pb_raw(struct pb *pb, const void *data, size_t size)
{
	if (!pb_room(pb, size))
		return;
	memcpy(pb->p, data, size);
	pb->p += size;
}

/* bytes, string, or an encoded message */
static inline void pb_bytes(struct pb *pb, unsigned field, const void *data, size_t size)
{
	if (!pb_room(pb, 10 + size))
		return;
	pb->p = pb_put_varint(pb->p, field << 3 | PB_BYTES);
	pb->p = pb_put_varint(pb->p, size);
	pb_raw(pb, data, size);
}

static inline void pb_string(struct pb *pb, unsigned field, const char *s)
{
	pb_bytes(pb, field, s, strlen(s));
}

/* A message whose size is not known yet: everything up to pb_close is inside it.
 * uint8_t *mark = pb_open(pb, field); ...; pb_close(pb, mark); */
static inline uint8_t *pb_open(struct pb *pb, unsigned field)
{
	if (!pb_room(pb, 6))
		return pb->p;
	pb->p = pb_put_varint(pb->p, field << 3 | PB_BYTES);
	*pb->p++ = 0; /* room for a length below 128 */
	return pb->p;
}

static inline void pb_close(struct pb *pb, uint8_t *mark)
{
	size_t size = (size_t)(pb->p - mark), extra = pb_varint_size(size) - 1;

	if (!pb_room(pb, extra))
		return;
	if (extra)
		memmove(mark + extra, mark, size);
	(void)pb_put_varint(mark - 1, size);
	pb->p += extra;
}
