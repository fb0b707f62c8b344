/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/full-rows.h"

#include <string.h>
#include <xxhash.h>

static uint64_t hash_of(const Ringside__V1__Header *header, const struct kind *kind,
			const Ringside__V1__CounterRow *row, unsigned which)
{
	const Ringside__V1__Container *container = kind->number ? NULL : row->container;
	const uint64_t key[] = {
		kind->number ? kind->number(row) : 0,        container ? container->cgroup_id : 0,
		container ? container->hierarchy_id : 0,     which,
		XXH3_64bits(kind->name, strlen(kind->name)),
	};
	const uint64_t stream =
		header ? XXH3_64bits(header->stream_id.data, header->stream_id.len) : 0;

	return XXH3_64bits_withSeed(key, sizeof(key), stream) | 1;
}

bool full_rows_take(struct full_rows *rows, const Ringside__V1__Header *header,
		    const struct kind *kind, const Ringside__V1__CounterRow *row, unsigned which,
		    bool full)
{
	const uint64_t hash = hash_of(header, kind, row, which);
	uint64_t *said = &rows->said[hash / 2 % FULL_ROWS_SLOTS];
	const bool before = *said == hash;

	if (full)
		*said = hash;
	else if (before)
		*said = 0;
	return full && !before;
}

size_t full_rows_next(struct full_rows *rows, const Ringside__V1__Header *header,
		      const struct kind *kind, const Ringside__V1__CounterRow *row, unsigned *which,
		      char *buf, size_t size)
{
	for (;;) {
		struct line words = line_make(buf, size);
		const unsigned i = *which;
		const enum kind_fill fill = kind->fill(row, i, &words);

		if (fill == KIND_FILL_NONE)
			return 0;
		++*which;
		if (fill != KIND_FILL_UNKNOWN &&
		    full_rows_take(rows, header, kind, row, i, fill == KIND_FILL_HIGH))
			return line_end(&words);
	}
}
