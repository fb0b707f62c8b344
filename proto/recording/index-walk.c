/* SPDX-License-Identifier: Apache-2.0 */
/* Nearly always the frame before ends exactly where it is looked for, and one small read finds it.
 * Otherwise larger ones search for the magic of an index frame; what makes sure is its hash, and
 * that a data frame begins where it says. */
#include "proto/recording/index-walk.h"

#include <string.h>

#include "proto/base/util.h"
#include "proto/record/pb-read.h"
#include "proto/recording/recording.h"
#include "proto/recording/zstd-header.h"

#define CHECKSUM 4u
#define FRAME_MIN (ZFRAME_SKIP_HEADER + CHECKSUM)
#define FRAME_MAX_BYTES (ZFRAME_SKIP_HEADER + RECORDING_INDEX_MAX)
#define NEAR (2 * FRAME_MAX_BYTES) /* the first read; later ones are FAR and overlap */
#define FAR (256u * 1024)

/* Whether the index frame, of @size bytes at @p and @offset in the file, is one, and right. */
static int check_index(int fd, const uint8_t *p, size_t size, uint64_t offset,
		       struct recording_frame *ret)
{
	struct recording_frame frame = {0};
	uint8_t magic[4];
	uint64_t payload;
	ssize_t n;

	payload = pb_get_little(p + 4, 4);
	if (payload > size - ZFRAME_SKIP_HEADER || payload > RECORDING_INDEX_MAX ||
	    recording_index_unpack(&frame.index, p + ZFRAME_SKIP_HEADER, payload))
		return RECORDING_FRAMES_NONE;
	if (frame.index.compressed_bytes > offset || !frame.index.compressed_bytes)
		return RECORDING_FRAMES_NONE;
	frame.offset = offset - frame.index.compressed_bytes;
	frame.end = offset + ZFRAME_SKIP_HEADER + payload;
	n = pread_full(fd, magic, sizeof(magic), frame.offset);
	if (n < 0)
		return (int)n;
	if (n != sizeof(magic) || pb_get_little(magic, 4) != RECORDING_ZSTD_MAGIC)
		return RECORDING_FRAMES_NONE;
	*ret = frame;
	return 0;
}

/* The last index frame within @size bytes at @p, which lie at @offset. */
static int find_last(int fd, const uint8_t *p, size_t size, uint64_t offset,
		     struct recording_frame *ret)
{
	static const uint8_t magic[] = {RECORDING_INDEX_MAGIC & 0xff, 0x2a, 0x4d, 0x18};
	size_t end = size < FRAME_MIN ? 0 : size - FRAME_MIN + 1; /* of where it may begin */

	while (end) {
		const uint8_t *at = memrchr(p, magic[0], end);
		int r;

		if (!at)
			break;
		end = (size_t)(at - p);
		if (memcmp(at, magic, sizeof(magic)) != 0)
			continue;
		r = check_index(fd, at, size - end, offset + end, ret);
		if (r != RECORDING_FRAMES_NONE)
			return r;
	}
	return RECORDING_FRAMES_NONE;
}

int recording_frames_before(int fd, uint64_t end, struct recording_frame *ret)
{
	_cleanup_free_ uint8_t *buf = NULL;
	uint64_t at = end, stop = end > RECORDING_FRAMES_SEARCH ? end - RECORDING_FRAMES_SEARCH : 0;
	uint8_t near[NEAR];
	size_t size = end < NEAR ? (size_t)end : NEAR;
	ssize_t n;
	int r;

	n = pread_full(fd, near, size, end - size);
	r = n < 0 ? (int)n : find_last(fd, near, (size_t)n, end - size, ret);
	if (r != RECORDING_FRAMES_NONE || size == end)
		return r;
	buf = malloc(FAR);
	if (!buf)
		return -ENOMEM;
	at -= size - FRAME_MAX_BYTES; /* one may begin before what was read */
	do {
		size = at < FAR ? (size_t)at : FAR;
		n = pread_full(fd, buf, size, at - size);
		r = n < 0 ? (int)n : find_last(fd, buf, (size_t)n, at - size, ret);
		if (r != RECORDING_FRAMES_NONE || size == at)
			return r;
		at -= size - FRAME_MAX_BYTES;
	} while (at > stop);
	return RECORDING_FRAMES_NONE;
}

/* Closes the smallest gap. */
static void join_nearest(struct recording_ranges *ranges)
{
	uint64_t least = UINT64_MAX;
	size_t best = 0;

	for (size_t i = 0; i + 1 < ranges->n; i++) {
		uint64_t gap = ranges->all[i + 1].begin - ranges->all[i].end;

		if (gap < least) {
			least = gap;
			best = i;
		}
	}
	ranges->all[best].end = ranges->all[best + 1].end;
	ranges->n--;
	memmove(ranges->all + best + 1, ranges->all + best + 2,
		(ranges->n - best - 1) * sizeof(ranges->all[0]));
}

void recording_ranges_add_before(struct recording_ranges *ranges, uint64_t begin, uint64_t end)
{
	if (begin == end)
		return;
	if (ranges->n && ranges->all[0].begin == end) {
		ranges->all[0].begin = begin;
		return;
	}
	if (ranges->n == RECORDING_RANGES_MAX)
		join_nearest(ranges);
	memmove(ranges->all + 1, ranges->all, ranges->n * sizeof(ranges->all[0]));
	ranges->all[0].begin = begin;
	ranges->all[0].end = end;
	ranges->n++;
}
