/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/frame.h"

/* Reads a length of 1 to FRAME_PREFIX_MAX bytes in its shortest form. */
static int parse_length(const uint8_t *p, size_t size, uint64_t *ret, size_t *ret_bytes)
{
	uint64_t length = 0;

	for (size_t i = 0; i < FRAME_PREFIX_MAX; i++) {
		if (i == size)
			return FRAME_MORE;
		length |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] & 0x80)
			continue;
		if (i && !p[i])
			return FRAME_BAD; /* a superfluous byte */
		if (length > FRAME_MAX)
			return FRAME_BAD;
		*ret = length;
		*ret_bytes = i + 1;
		return 0;
	}
	return FRAME_BAD;
}

int frame_parse(const uint8_t *p, size_t size, struct frame *ret, size_t *ret_need)
{
	uint64_t length;
	size_t prefix;
	int r;

	r = parse_length(p, size, &length, &prefix);
	if (r) {
		if (r == FRAME_MORE)
			*ret_need = size + 1;
		return r;
	}
	if (size - prefix < length) {
		*ret_need = prefix + length;
		return FRAME_MORE;
	}
	ret->start = p;
	ret->data = p + prefix;
	ret->size = length;
	return 0;
}
