/* SPDX-License-Identifier: Apache-2.0 */
/* Reads protobuf's wire format where it lies, field by field, without allocation: for who needs
 * two numbers of a message and not the message. Groups are malformed here: nobody writes them. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/record/pb.h"

#define PB_FIXED32 5u

struct pb_field {
	unsigned number, type;
	uint64_t value;      /* PB_VARINT, PB_FIXED64, PB_FIXED32 */
	const uint8_t *data; /* PB_BYTES */
	size_t size;
};

static inline uint64_t pb_get_little(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static inline uint64_t pb_get_little64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint32_t pb_get_little32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

/* Of the bytes' low seven bits the number they make: 4 times 14, 2 times 28, 56 bits. */
static inline uint64_t pb_join_sevens(uint64_t v)
{
	v = (v & 0x007f007f007f007f) | (v & 0x7f007f007f007f00) >> 1;
	v = (v & 0x00003fff00003fff) | (v & 0x3fff00003fff0000) >> 2;
	return (v & 0x000000000fffffff) | (v & 0x0fffffff00000000) >> 4;
}

/* As pb_get_varint, of two bytes or more. */
static inline const uint8_t *pb_get_long_varint(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	uint64_t v = 0;

	if (end - p >= 8) {
		uint64_t bytes = pb_get_little64(p), last = ~bytes & 0x8080808080808080;

		if (last) {
			/* up to the bit that ends it */
			*ret = pb_join_sevens(bytes & (last ^ (last - 1)));
			return p + __builtin_ctzll(last) / 8 + 1;
		}
	}
	for (unsigned shift = 0; p < end && shift < 70; shift += 7) {
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80)) {
			*ret = v;
			return p;
		}
	}
	return NULL;
}

/* Returns the byte behind the number, NULL if it is malformed or does not end. */
static inline const uint8_t *pb_get_varint(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	if (p < end && *p < 0x80) {
		*ret = *p;
		return p + 1;
	}
	return pb_get_long_varint(p, end, ret);
}

/* The field at @p. Returns the byte behind it, NULL if it is malformed. */
static inline const uint8_t *pb_get_field(const uint8_t *p, const uint8_t *end,
					  struct pb_field *ret)
{
	uint64_t key;

	p = pb_get_varint(p, end, &key);
	if (!p || key >> 3 == 0 || key >> 32)
		return NULL;
	ret->number = (unsigned)(key >> 3);
	ret->type = (unsigned)key & 7;
	switch (ret->type) {
	case PB_VARINT:
		return pb_get_varint(p, end, &ret->value);
	case PB_FIXED64:
		if (end - p < 8)
			return NULL;
		ret->value = pb_get_little64(p);
		return p + 8;
	case PB_FIXED32:
		if (end - p < 4)
			return NULL;
		ret->value = pb_get_little32(p);
		return p + 4;
	case PB_BYTES:
		p = pb_get_varint(p, end, &ret->value);
		if (!p || (uint64_t)(end - p) < ret->value)
			return NULL;
		ret->data = p;
		ret->size = (size_t)ret->value;
		return p + ret->size;
	default:
		return NULL;
	}
}
