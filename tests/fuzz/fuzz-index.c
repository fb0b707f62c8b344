/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around the data frames of a compressed recording: frame headers, indexes, and seek
 * tables. The first byte chooses. */
#include <string.h>
#include <xxhash.h>

#include "consumer/verify/seek-table.h"
#include "proto/recording/index-walk.h"
#include "proto/recording/recording.h"
#include "proto/recording/zstd-header.h"
#include "tests/fuzz/fuzz.h"

/* A fuzzer finds no hashes: the right one goes before the message. */
static void decode(const uint8_t *data, size_t size)
{
	uint8_t payload[RECORDING_INDEX_MAX + 4], again[RECORDING_INDEX_MAX];
	struct recording_index index, same;
	uint32_t sum = XXH32(data, size, 0);
	size_t n;

	if (size > RECORDING_INDEX_MAX - sizeof(sum))
		return;
	memcpy(payload, &sum, sizeof(sum));
	memcpy(payload + sizeof(sum), data, size);
	if (recording_index_unpack(&index, payload, sizeof(sum) + size))
		return;
	n = recording_index_pack(&index, again);
	fuzz_assert(!recording_index_unpack(&same, again, n));
	fuzz_assert(index.compressed_bytes == same.compressed_bytes);
	fuzz_assert(!memcmp(index.counts, same.counts, sizeof(same.counts)));
}

static void parse(const uint8_t *data, size_t size)
{
	struct zframe_block block;
	struct zframe frame;

	if (!zframe_parse(data, size, &frame))
		fuzz_assert(frame.header <= size && frame.header <= ZFRAME_HEADER_MAX);
	(void)zframe_block(data, size, &block);
	if (size >= 4)
		(void)zframe_begins(data, size);
}

/* A whole file, from whose end frames are looked for. */
static void search(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size);
	struct recording_frame frame;
	uint64_t end = size;

	while (!recording_frames_before(fd, end, &frame)) {
		fuzz_assert(frame.offset < frame.end && frame.end <= end);
		end = frame.offset;
	}
	for (size_t at = 0; at + ZFRAME_SKIP_HEADER < size && at < 64; at++)
		(void)seek_table_check(fd, at, size - at - ZFRAME_SKIP_HEADER);
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 3) {
	case 0:
		decode(data + 1, size - 1);
		break;
	case 1:
		parse(data + 1, size - 1);
		break;
	default:
		search(data + 1, size - 1);
		break;
	}
	return 0;
}
