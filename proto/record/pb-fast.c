/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/pb-fast.h"

/* 15 to 28 bits. */
static uint8_t *put_medium(uint8_t *p, uint64_t v)
{
	uint32_t x = (uint32_t)((v & 0x7f) | (v << 1 & 0x7f00) | (v << 2 & 0x7f0000) |
				(v << 3 & 0x7f000000));
	bool three = v < 1u << 21;

	x |= three ? 0x8080 : 0x808080;
	memcpy(p, &x, sizeof(x));
	return p + (three ? 3 : 4);
}

/* The groups of 7 bits are spread over the bytes of a word without a loop. Its size comes from
 * branches on purpose: a field has numbers of the same size again and again, so they are
 * predicted, and the next field need not wait for the size to be worked out. User space's
 * addresses have 47 bits, or 48. */
uint8_t *put_long(uint8_t *p, uint64_t v)
{
	uint64_t x;

	if (v < 1u << 28)
		return put_medium(p, v);
	x = (v & 0x000000000fffffff) | (v & 0x00fffffff0000000) << 4;
	x = (x & 0x00003fff00003fff) | (x & 0x0fffc0000fffc000) << 2;
	x = (x & 0x007f007f007f007f) | (x & 0x3f803f803f803f80) << 1;
	if (v < 1ull << 49) {
		if (v >= 1ull << 42)
			return put_word(p, x | 0x808080808080) - 1;
		if (v < 1ull << 35)
			return put_word(p, x | 0x80808080) - 3;
		return put_word(p, x | 0x8080808080) - 2;
	}
	if (v < 1ull << 56)
		return put_word(p, x | 0x80808080808080);
	/* the last two bytes have 8 bits between them */
	p = put_word(p, x | 0x8080808080808080);
	return v >> 63 ? put_two(p, (unsigned)(v >> 56)) : put_varint(p, v >> 56);
}
