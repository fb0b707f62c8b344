/* SPDX-License-Identifier: Apache-2.0 */
#include "put.h"

/* The groups of 7 bits are spread over the bytes of a word without a loop. Its size comes from
 * branches on purpose: a field has numbers of the same size again and again, so they are
 * predicted, and the next field need not wait for the size to be worked out. */
uint8_t *put_long(uint8_t *p, uint64_t v)
{
	uint64_t x = (v & 0x000000000fffffff) | (v & 0x00fffffff0000000) << 4;

	x = (x & 0x00003fff00003fff) | (x & 0x0fffc0000fffc000) << 2;
	x = (x & 0x007f007f007f007f) | (x & 0x3f803f803f803f80) << 1;
	if (v < 1ull << 21)
		return put_word(p, x | 0x8080) - 5;
	if (v < 1ull << 28)
		return put_word(p, x | 0x808080) - 4;
	if (v < 1ull << 35)
		return put_word(p, x | 0x80808080) - 3;
	if (v < 1ull << 42)
		return put_word(p, x | 0x8080808080) - 2;
	if (v < 1ull << 49)
		return put_word(p, x | 0x808080808080) - 1;
	if (v < 1ull << 56)
		return put_word(p, x | 0x80808080808080);
	return pb_put_varint(p, v);
}
