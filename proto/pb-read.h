/* SPDX-License-Identifier: Apache-2.0 */
/* Reads protobuf's wire format where it lies, field by field, without allocation: for who needs
 * two numbers of a message and not the message. Groups are malformed here: nobody writes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pb.h"

#define PB_FIXED32 5u

struct pb_field {
	unsigned number, type;
	uint64_t value;      /* PB_VARINT, PB_FIXED64, PB_FIXED32 */
	const uint8_t *data; /* PB_BYTES */
	size_t size;
};

/* Returns the byte behind the number, NULL if it is malformed or does not end. */
static inline const uint8_t *pb_get_varint(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; p < end && shift < 70; shift += 7) {
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80)) {
			*ret = v;
			return p;
		}
	}
	return NULL;
}

static inline uint64_t pb_get_little(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
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
	ret->size = ret->type == PB_FIXED64 ? 8 : 4;
	switch (ret->type) {
	case PB_VARINT:
		return pb_get_varint(p, end, &ret->value);
	case PB_FIXED64:
	case PB_FIXED32:
		if ((size_t)(end - p) < ret->size)
			return NULL;
		ret->value = pb_get_little(p, ret->size);
		return p + ret->size;
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
