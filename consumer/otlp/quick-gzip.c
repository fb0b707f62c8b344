/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/quick-gzip.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h> /* crc32 */

#include "proto/base/util.h"

#define WINDOW 32768u
#define MATCH_MAX 258u
#define MATCH_MIN 3u
#define LOOK 8u    /* bytes that are looked at, at once */
#define HASHED 5u  /* of these, what has to be the same for a match to be found */
#define STRIDE 32u /* inside a match, each such place may begin another one */
#define END_OF_BLOCK 256u

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static uint32_t place_of(const uint8_t *p)
{
	return (uint32_t)((load64(p) << (64 - 8 * HASHED)) * UINT64_C(0x9e3779b97f4a7c15) >> 50);
}
_Static_assert(QUICK_GZIP_PLACES == 1u << (64 - 50), "one for each hash");

/* Eight bytes are written where fewer are meant: the bound has room for them. */
static inline void put_bits(struct quick_gzip *gzip, uint64_t bits, unsigned n)
{
	uint64_t le;

	gzip->bits |= bits << gzip->n_bits;
	gzip->n_bits += n;
	le = htole64(gzip->bits);
	memcpy(gzip->out, &le, sizeof(le));
	gzip->out += gzip->n_bits / 8;
	gzip->bits >>= gzip->n_bits & ~7u;
	gzip->n_bits &= 7;
}

/* Huffman's codes begin with their highest bit. */
static uint16_t reverse(uint32_t code, unsigned n)
{
	uint32_t out = 0;

	for (unsigned i = 0; i < n; i++)
		out |= (code >> i & 1) << (n - 1 - i);
	return (uint16_t)out;
}

/* RFC 1951, 3.2.6 */
void quick_gzip_init(struct quick_gzip *gzip)
{
	for (uint32_t i = 0; i < QUICK_GZIP_SYMBOLS; i++) {
		struct quick_gzip_code *code = &gzip->codes[i];

		code->size = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
		code->bits = reverse(i < 144   ? 0x30 + i
				     : i < 256 ? 0x190 + i - 144
				     : i < 280 ? i - 256
					       : 0xc0 + i - 280,
				     code->size);
	}
	for (uint32_t i = 0; i < QUICK_GZIP_DISTANCES; i++)
		gzip->distances[i] = reverse(i, 5);
}

static inline void put_symbol(struct quick_gzip *gzip, uint32_t symbol)
{
	const struct quick_gzip_code code = gzip->codes[symbol];

	put_bits(gzip, code.bits, code.size);
}

/* 3.2.5: four lengths of each number of extra bits, and the longest by itself. */
static void put_length(struct quick_gzip *gzip, uint32_t length)
{
	const uint32_t v = length - MATCH_MIN;
	unsigned extra;

	if (length == MATCH_MAX) {
		put_symbol(gzip, 285);
		return;
	}
	extra = v < 8 ? 0 : 29 - (unsigned)__builtin_clz(v);
	put_symbol(gzip, 257 + 4 * extra + (v >> extra));
	put_bits(gzip, v & ((1u << extra) - 1), extra);
}

/* Likewise, two distances of each. */
static void put_distance(struct quick_gzip *gzip, uint32_t distance)
{
	const uint32_t v = distance - 1;
	const unsigned extra = v < 4 ? 0 : 30 - (unsigned)__builtin_clz(v);

	put_bits(gzip, gzip->distances[2 * extra + (v >> extra)], 5);
	put_bits(gzip, v & ((1u << extra) - 1), extra);
}

static void put_match(struct quick_gzip *gzip, size_t length, uint32_t distance)
{
	while (length) {
		size_t n = length < MATCH_MAX ? length : MATCH_MAX;

		if (length - n && length - n < MATCH_MIN)
			n -= MATCH_MIN;
		put_length(gzip, (uint32_t)n);
		put_distance(gzip, distance);
		length -= n;
	}
}

static size_t length_of(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	const uint8_t *start = b;

	for (; (size_t)(end - b) >= LOOK; a += LOOK, b += LOOK) {
		const uint64_t other = load64(a) ^ load64(b);

		if (other)
			return (size_t)(b - start) + (size_t)__builtin_ctzll(other) / 8;
	}
	while (b < end && *a == *b)
		a++, b++;
	return (size_t)(b - start);
}

/* How long what is at @p was somewhere before; 0: it was not. */
static size_t find_match(struct quick_gzip *gzip, const uint8_t *part, const uint8_t *p,
			 const uint8_t *end, uint32_t *ret_distance)
{
	uint32_t *place = &gzip->places[place_of(p)], at = *place;
	const uint32_t here = (uint32_t)(p - part) + 1;
	size_t length;

	*place = here;
	if (!at || here - at > WINDOW)
		return 0;
	length = length_of(part + at - 1, p, end);
	*ret_distance = here - at;
	return length < HASHED ? 0 : length;
}

size_t quick_gzip_bound(size_t size)
{
	/* nine bits a byte, gzip's frame, and what the block begins and ends with */
	return size + size / 8 + 64;
}

void quick_gzip_begin(struct quick_gzip *gzip, uint8_t *out)
{
	static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4 /* quick */, 255};

	memcpy(out, head, sizeof(head));
	gzip->out = out + sizeof(head);
	gzip->bits = gzip->n_bits = 0;
	gzip->crc = (uint32_t)crc32(0, NULL, 0);
	gzip->size = 0;
	put_bits(gzip, 1 | 1 << 1, 3); /* the last block, of fixed codes */
}

void quick_gzip_put(struct quick_gzip *gzip, const uint8_t *part, size_t size)
{
	const uint8_t *p = part, *end = part + size;
	uint32_t distance;

	memset(gzip->places, 0, sizeof(gzip->places));
	while ((size_t)(end - p) >= LOOK) {
		const size_t length = find_match(gzip, part, p, end, &distance);

		if (!length) {
			put_symbol(gzip, *p++);
			continue;
		}
		put_match(gzip, length, distance);
		for (size_t i = STRIDE; i < length && (size_t)(end - p) >= i + LOOK; i += STRIDE)
			gzip->places[place_of(p + i)] = (uint32_t)(p + i - part) + 1;
		p += length;
	}
	while (p < end)
		put_symbol(gzip, *p++);
	gzip->crc = (uint32_t)crc32(gzip->crc, part, (unsigned)size);
	gzip->size += (uint32_t)size;
}

size_t quick_gzip_end(struct quick_gzip *gzip, const uint8_t *out)
{
	put_symbol(gzip, END_OF_BLOCK);
	put_bits(gzip, 0, 7); /* up to the end of the byte */
	for (unsigned i = 0; i < 4; i++)
		gzip->out[i] = (uint8_t)(gzip->crc >> 8 * i);
	for (unsigned i = 0; i < 4; i++)
		gzip->out[4 + i] = (uint8_t)(gzip->size >> 8 * i);
	return (size_t)(gzip->out + 8 - out);
}
