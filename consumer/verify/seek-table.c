/* SPDX-License-Identifier: Apache-2.0 */
/* https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 * The sizes of the content are in the index frames, which verify compares with the content. */
#include "consumer/verify/seek-table.h"

#include <stdbool.h>

#include "consumer/verify/read-ahead.h"
#include "proto/record/pb-read.h"
#include "proto/recording/index-walk.h"
#include "proto/recording/recording.h"
#include "proto/recording/zstd-header.h"

#define FOOTER 9u
#define HAS_CHECKSUMS 0x80u
#define RESERVED 0x7cu

struct table {
	struct read_ahead list, frames; /* the entries, and what they speak of */
	uint64_t entries;               /* where they begin */
	uint32_t n;
	unsigned entry_size;
};

struct entry {
	uint32_t compressed, content;
};

static bool read_at(struct read_ahead *file, void *buf, size_t size, uint64_t offset)
{
	return read_ahead(file, buf, size, offset) == (ssize_t)size;
}

static bool get_entry(struct table *table, uint32_t i, struct entry *ret)
{
	uint8_t buf[8];

	if (!read_at(&table->list, buf, sizeof(buf),
		     table->entries + (uint64_t)i * table->entry_size))
		return false;
	ret->compressed = (uint32_t)pb_get_little(buf, 4);
	ret->content = (uint32_t)pb_get_little(buf + 4, 4);
	return true;
}

static const char *open_table(struct table *table, uint64_t offset, uint64_t size)
{
	uint8_t footer[FOOTER];

	if (size < FOOTER ||
	    !read_at(&table->list, footer, FOOTER, offset + ZFRAME_SKIP_HEADER + size - FOOTER))
		return "it is too short";
	if (pb_get_little(footer + 5, 4) != RECORDING_SEEK_FOOTER || footer[4] & RESERVED)
		return "it has no footer";
	table->n = (uint32_t)pb_get_little(footer, 4);
	table->entry_size = footer[4] & HAS_CHECKSUMS ? 12 : 8;
	table->entries = offset + ZFRAME_SKIP_HEADER;
	if ((uint64_t)table->n * table->entry_size + FOOTER != size)
		return "its number of frames does not fit its size";
	return NULL;
}

static const char *find_begin(struct table *table, uint64_t offset, uint64_t *ret)
{
	uint64_t sum = 0;
	struct entry entry;

	for (uint32_t i = 0; i < table->n; i++) {
		if (!get_entry(table, i, &entry))
			return "it cannot be read";
		sum += entry.compressed;
	}
	if (sum > offset)
		return "its frames are longer than the file";
	*ret = offset - sum;
	return NULL;
}

/* The index frame at @offset against the entry of the data frame before it. */
static bool fits_index(struct read_ahead *file, uint64_t offset, uint64_t size,
		       const struct entry *data)
{
	uint8_t payload[RECORDING_INDEX_MAX];
	struct recording_index index;

	if (size > sizeof(payload) || !read_at(file, payload, size, offset + ZFRAME_SKIP_HEADER) ||
	    recording_index_unpack(&index, payload, size))
		return true; /* no index that could tell */
	return index.compressed_bytes == data->compressed &&
	       index.uncompressed_bytes == data->content;
}

static const char *check_entry(struct table *table, uint64_t at, const struct entry *before,
			       const struct entry *entry)
{
	uint8_t header[ZFRAME_HEADER_MAX];
	struct zframe frame;
	ssize_t n = read_ahead(&table->frames, header, sizeof(header), at);

	if (n < 0 || zframe_parse(header, (size_t)n, &frame))
		return "no frame begins where it says";
	if (!frame.skippable)
		return NULL;
	if (entry->content || frame.header + frame.content != entry->compressed)
		return "a skippable frame has another size";
	if (frame.magic == RECORDING_INDEX_MAGIC &&
	    !fits_index(&table->frames, at, frame.content, before))
		return "a frame has another size";
	return NULL;
}

const char *seek_table_check(int fd, uint64_t offset, uint64_t size)
{
	struct table table = {.list = {.fd = fd}, .frames = {.fd = fd}};
	struct entry before = {0}, entry;
	const char *wrong;
	uint64_t at = 0;

	wrong = open_table(&table, offset, size);
	if (!wrong)
		wrong = find_begin(&table, offset, &at);
	for (uint32_t i = 0; !wrong && i < table.n; i++) {
		if (!get_entry(&table, i, &entry))
			return "it cannot be read";
		wrong = check_entry(&table, at, &before, &entry);
		at += entry.compressed;
		before = entry;
	}
	return wrong;
}
