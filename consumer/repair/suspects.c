/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/repair/suspects.h"

#include <string.h>

#include "consumer/verify/checksums.h"
#include "proto/base/util.h"

struct search {
	struct suspects *suspects;
	struct checksums checksums;
	bool strict;
	bool excerpt;         /* the stream at hand */
	uint64_t frame_first; /* the first record of the zstd frame at hand */
};

static void add_suspects(struct suspects *suspects, uint64_t first, uint64_t end)
{
	if (first == end)
		return;
	if (suspects->n == SUSPECTS_MAX) {
		suspects->ranges[suspects->n - 1].end = UINT64_MAX;
		return;
	}
	suspects->ranges[suspects->n++] = (struct suspects_range){first, end};
}

static void take_uncovered(void *data, const struct checksums_span *span)
{
	struct search *search = data;

	if (search->strict)
		add_suspects(search->suspects, span->first, span->latest + 1);
}

static void take_record(struct search *search, const struct reader_record *item)
{
	uint64_t first, from;

	if (item->header)
		search->excerpt = item->record->header->excerpt != NULL;
	if (search->excerpt) { /* its hashes are of what was chosen from */
		search->checksums.added++;
		return;
	}
	checksums_empty(&search->checksums, item);
	if (item->header)
		checksums_begin(&search->checksums, item->offset);
	first = search->checksums.hashed_first;
	if (!checksums_compare(&search->checksums, item, &from))
		add_suspects(search->suspects, first, search->checksums.added);
	checksums_add(&search->checksums, item);
}

/* Whose frames these are, by the first index that says it. */
static void note_stream(struct suspects *suspects, const struct recording_index *index)
{
	if (suspects->has_stream_id)
		return;
	suspects->has_stream_id = index->has_stream_id;
	memcpy(suspects->stream_id, index->stream_id, sizeof(suspects->stream_id));
}

static void take_hole(struct search *search, const struct damaged_reader_hole *hole)
{
	struct suspects *suspects = search->suspects;
	const struct recording_index *index;

	checksums_break(&search->checksums);
	/* a frame so large that some of it was given before its checksum was found to be wrong */
	if (hole->damage && hole->damage->given)
		add_suspects(suspects, search->frame_first, search->checksums.added);
	search->frame_first = search->checksums.added;
	if (!hole->damage || !hole->damage->indexed)
		return;
	index = &hole->damage->index;
	if (!search->checksums.added && !suspects->first_seq)
		suspects->first_seq = index->first_seq;
	note_stream(suspects, index);
}

static void take_mark(struct search *search, const struct input_mark *mark)
{
	checksums_seal(&search->checksums, mark->checksum);
	search->frame_first = search->checksums.added;
	if (mark->indexed)
		note_stream(search->suspects, &mark->index);
}

/* Returns what ended the input. */
static int read_all(struct search *search, struct damaged_reader *damaged)
{
	struct reader_record item;
	int r;

	for (;;) {
		r = damaged_reader_next(damaged, &item);
		if (r == 0)
			take_record(search, &item);
		else if (r == DAMAGED_READER_HOLE)
			take_hole(search, damaged_reader_hole(damaged));
		else if (r == READER_DAMAGED)
			checksums_break(&search->checksums);
		else if (r == READER_MARK)
			take_mark(search, item.mark);
		else
			return r;
	}
}

static int by_first(const void *a, const void *b)
{
	const struct suspects_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void merge_suspects(struct suspects *suspects)
{
	size_t n = 0;

	qsort(suspects->ranges, suspects->n, sizeof(suspects->ranges[0]), by_first);
	for (size_t i = 0; i < suspects->n; i++) {
		const struct suspects_range *range = &suspects->ranges[i];

		if (n && range->first <= suspects->ranges[n - 1].end) {
			if (suspects->ranges[n - 1].end < range->end)
				suspects->ranges[n - 1].end = range->end;
		} else {
			suspects->ranges[n++] = *range;
		}
	}
	suspects->n = n;
}

int suspects_find(struct suspects *suspects, struct damaged_reader *damaged, bool strict)
{
	struct search search = {.suspects = suspects, .strict = strict};
	int r;

	*suspects = (struct suspects){.ranges = calloc(SUSPECTS_MAX, sizeof(*suspects->ranges))};
	if (!suspects->ranges)
		return -ENOMEM;
	r = checksums_init(&search.checksums);
	if (r)
		return r;
	search.checksums.framed = damaged_reader_is_compressed(damaged);
	search.checksums.uncovered = take_uncovered;
	search.checksums.data = &search;
	r = read_all(&search, damaged);
	checksums_end(&search.checksums);
	suspects->records = search.checksums.added;
	checksums_done(&search.checksums);
	merge_suspects(suspects);
	return r < 0 || r == READER_FOREIGN ? r : 0;
}

void suspects_done(struct suspects *suspects)
{
	free(suspects->ranges);
	*suspects = (struct suspects){0};
}

bool suspects_about(struct suspects *suspects, uint64_t record)
{
	while (suspects->at < suspects->n && record >= suspects->ranges[suspects->at].end)
		suspects->at++;
	return suspects->at < suspects->n && record >= suspects->ranges[suspects->at].first;
}
