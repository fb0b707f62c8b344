/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/recording/zstd-header.h"

#include "proto/record/pb-read.h"
#include "proto/recording/recording.h"

#define SKIP_MAGIC 0x184D2A50u /* and the 15 behind it */

static bool is_skippable(uint32_t magic)
{
	return (magic & 0xfffffff0) == SKIP_MAGIC;
}

bool zframe_begins(const uint8_t *p, size_t size)
{
	uint32_t magic;

	if (size < 4)
		return false;
	magic = (uint32_t)pb_get_little(p, 4);
	return magic == RECORDING_ZSTD_MAGIC || is_skippable(magic);
}

/* Behind the magic: descriptor, window, dictionary, content size. */
static int parse_data(const uint8_t *p, size_t size, struct zframe *ret)
{
	static const uint8_t dictionary_sizes[] = {0, 1, 2, 4}, content_sizes[] = {0, 2, 4, 8};
	size_t at = 5, dictionary, content;
	uint64_t window = 0;
	unsigned descriptor;
	bool single;

	if (size < at)
		return ZFRAME_MORE;
	descriptor = p[4];
	single = descriptor & 0x20;
	if (descriptor & 0x08)
		return ZFRAME_BAD; /* reserved */
	dictionary = dictionary_sizes[descriptor & 3];
	content = content_sizes[descriptor >> 6];
	if (single && !content)
		content = 1;
	if (size < at + !single + dictionary + content)
		return ZFRAME_MORE;
	if (!single) {
		window = UINT64_C(1) << (10 + (p[at] >> 3));
		window += (window >> 3) * (p[at] & 7);
		at++;
	}
	ret->dictionary = (uint32_t)pb_get_little(p + at, dictionary);
	at += dictionary;
	if (single) {
		window = pb_get_little(p + at, content);
		window += content == 2 ? 256 : 0;
	}
	ret->window = window;
	ret->checksum = descriptor & 0x04;
	ret->header = at + content;
	return 0;
}

int zframe_parse(const uint8_t *p, size_t size, struct zframe *ret)
{
	struct zframe frame = {0};
	int r;

	if (size < 4)
		return ZFRAME_MORE;
	frame.magic = (uint32_t)pb_get_little(p, 4);
	if (is_skippable(frame.magic)) {
		if (size < ZFRAME_SKIP_HEADER)
			return ZFRAME_MORE;
		frame.skippable = true;
		frame.header = ZFRAME_SKIP_HEADER;
		frame.content = pb_get_little(p + 4, 4);
	} else if (frame.magic == RECORDING_ZSTD_MAGIC) {
		r = parse_data(p, size, &frame);
		if (r)
			return r;
	} else {
		return ZFRAME_BAD;
	}
	*ret = frame;
	return 0;
}

int zframe_block(const uint8_t *p, size_t size, struct zframe_block *ret)
{
	uint32_t header;
	unsigned type;
	size_t content;

	if (size < ZFRAME_BLOCK_HEADER)
		return ZFRAME_MORE;
	header = (uint32_t)pb_get_little(p, ZFRAME_BLOCK_HEADER);
	type = header >> 1 & 3;
	content = header >> 3;
	if (type == 3 || content > ZFRAME_BLOCK_MAX)
		return ZFRAME_BAD;
	ret->last = header & 1;
	ret->size = ZFRAME_BLOCK_HEADER + (type == 1 ? 1 : content); /* 1: one byte, repeated */
	return 0;
}
