/* SPDX-License-Identifier: Apache-2.0 */
/* The outside of zstd's frames (RFC 8878, 3.1): where they begin, what their blocks measure.
 * What is in the blocks is libzstd's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZFRAME_HEADER_MAX 18
#define ZFRAME_SKIP_HEADER 8
#define ZFRAME_BLOCK_HEADER 3
#define ZFRAME_BLOCK_MAX (128u * 1024)
#define ZFRAME_CHECKSUM 4

#define ZFRAME_MORE 1 /* not enough bytes to tell */
#define ZFRAME_BAD 2  /* no frame, or no block, begins here */

struct zframe {
	bool skippable;
	uint32_t magic;
	size_t header;       /* bytes before the first block, or before the skippable content */
	uint64_t content;    /* skippable: its bytes */
	uint64_t window;     /* bytes a decoder has to keep */
	uint32_t dictionary; /* 0: needs none */
	bool checksum;
};

struct zframe_block {
	bool last;
	size_t size; /* of the block, with its header */
};

/* Whether an input that begins with these bytes consists of zstd frames; at least 4 are needed. */
bool zframe_begins(const uint8_t *p, size_t size);

/* All return 0, ZFRAME_MORE or ZFRAME_BAD. */
int zframe_parse(const uint8_t *p, size_t size, struct zframe *ret);
int zframe_block(const uint8_t *p, size_t size, struct zframe_block *ret);
