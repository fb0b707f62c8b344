/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952) of what repeats itself in long stretches, as records in protobuf do: some five
 * times as fast as zlib's fastest, and as small. One block of deflate (RFC 1951) with its fixed
 * codes; any inflate reads it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define QUICK_GZIP_PLACES 16384u

#define QUICK_GZIP_SYMBOLS 286u
#define QUICK_GZIP_DISTANCES 30u

struct quick_gzip_code {
	uint16_t bits, size;
};

struct quick_gzip {
	struct quick_gzip_code codes[QUICK_GZIP_SYMBOLS]; /* of literals and lengths */
	uint16_t distances[QUICK_GZIP_DISTANCES];
	uint32_t places[QUICK_GZIP_PLACES]; /* by hash, where in the part such bytes were, from 1 on
					     */
	uint8_t *out;
	uint64_t bits;
	unsigned n_bits;
	uint32_t crc, size;
};

/* Bytes that @size bytes take at most, in however many parts. */
size_t quick_gzip_bound(size_t size);

/* Once. */
void quick_gzip_init(struct quick_gzip *gzip);

/* Begin, then all parts, then end; @out has room for the bound of all of them. end returns the
 * bytes written. */
void quick_gzip_begin(struct quick_gzip *gzip, uint8_t *out);
void quick_gzip_put(struct quick_gzip *gzip, const uint8_t *part, size_t size);
size_t quick_gzip_end(struct quick_gzip *gzip, const uint8_t *out);
