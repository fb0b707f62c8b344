/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/repair/suspects.h"

#include <string.h>

#include "consumer/verify/checksums.h"
#include "proto/base/util.h"

#define PROGRESS_EVERY 4096

struct search {
	struct suspects *doubts;
	struct checksums coverage;
	bool strict;
	uint64_t frame_first; /* the first record of the zstd frame at hand */
};

static void add_suspects(struct suspects *doubts, uint64_t first, uint64_t end)
{
	if (first == end)
		return;
	if (doubts->n == SUSPECTS_MAX) {
		doubts->ranges[doubts->n - 1].end = UINT64_MAX;
		return;
	}
	doubts->ranges[doubts->n++] = (struct suspects_range){first, end};
}

static void take_uncovered(void *data, const struct checksums_span *span)
{
	struct search *search = data;

	if (search->strict)
		add_suspects(search->doubts, span->first, span->latest + 1);
}

static void take_record(struct search *search, const struct reader_record *item)
{
	uint64_t first, from;

	checksums_empty(&search->coverage, item);
	if (item->header)
		checksums_begin(&search->coverage, item->offset);
	first = search->coverage.hashed_first;
	if (!checksums_compare(&search->coverage, item, &from))
		add_suspects(search->doubts, first, search->coverage.added);
	checksums_add(&search->coverage, item);
}

/* Whose frames these are, by the first index that says it. */
static void note_stream(struct suspects *doubts, const struct recording_index *index)
{
	if (doubts->has_stream_id)
		return;
	doubts->has_stream_id = index->has_stream_id;
	memcpy(doubts->stream_id, index->stream_id, sizeof(doubts->stream_id));
}

static void take_hole(struct search *search, const struct damaged_reader_hole *hole)
{
	struct suspects *doubts = search->doubts;
	const struct recording_index *index;

	checksums_break(&search->coverage);
	/* a frame so large that some of it was given before its checksum was found to be wrong */
	if (hole->damage && hole->damage->given)
		add_suspects(doubts, search->frame_first, search->coverage.added);
	search->frame_first = search->coverage.added;
	if (!hole->damage || !hole->damage->indexed)
		return;
	index = &hole->damage->index;
	if (!search->coverage.added && !doubts->first_seq)
		doubts->first_seq = index->first_seq;
	note_stream(doubts, index);
}

static void take_mark(struct search *search, const struct input_mark *mark)
{
	checksums_seal(&search->coverage, mark->checksum);
	search->frame_first = search->coverage.added;
	if (mark->indexed)
		note_stream(search->doubts, &mark->index);
}

/* Returns what ended the input. */
static int read_all(struct search *search, struct damaged_reader *salvage,
		    const struct suspects_config *config)
{
	struct reader_record item;
	int r;

	for (uint64_t n = 1;; n++) {
		r = damaged_reader_next(salvage, &item);
		if (r == 0)
			take_record(search, &item);
		else if (r == DAMAGED_READER_HOLE)
			take_hole(search, damaged_reader_hole(salvage));
		else if (r == READER_DAMAGED)
			checksums_break(&search->coverage);
		else if (r == READER_MARK)
			take_mark(search, item.mark);
		else
			return r;
		if (config->progress && n % PROGRESS_EVERY == 0)
			config->progress(config->data, damaged_reader_position(salvage));
	}
}

static int by_first(const void *a, const void *b)
{
	const struct suspects_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void merge_suspects(struct suspects *doubts)
{
	size_t n = 0;

	qsort(doubts->ranges, doubts->n, sizeof(doubts->ranges[0]), by_first);
	for (size_t i = 0; i < doubts->n; i++) {
		const struct suspects_range *range = &doubts->ranges[i];

		if (n && range->first <= doubts->ranges[n - 1].end) {
			if (doubts->ranges[n - 1].end < range->end)
				doubts->ranges[n - 1].end = range->end;
		} else {
			doubts->ranges[n++] = *range;
		}
	}
	doubts->n = n;
}

int suspects_find(struct suspects *doubts, struct damaged_reader *salvage,
		  const struct suspects_config *config)
{
	struct search search = {.doubts = doubts, .strict = config->strict};
	int r;

	*doubts = (struct suspects){.ranges = calloc(SUSPECTS_MAX, sizeof(*doubts->ranges))};
	if (!doubts->ranges)
		return -ENOMEM;
	r = checksums_init(&search.coverage);
	if (r)
		return r;
	search.coverage.framed = damaged_reader_is_compressed(salvage);
	search.coverage.uncovered = take_uncovered;
	search.coverage.data = &search;
	r = read_all(&search, salvage, config);
	checksums_end(&search.coverage);
	doubts->records = search.coverage.added;
	checksums_done(&search.coverage);
	merge_suspects(doubts);
	return r < 0 || r == READER_FOREIGN ? r : 0;
}

void suspects_done(struct suspects *doubts)
{
	free(doubts->ranges);
	*doubts = (struct suspects){0};
}

bool suspects_about(struct suspects *doubts, uint64_t record)
{
	while (doubts->at < doubts->n && record >= doubts->ranges[doubts->at].end)
		doubts->at++;
	return doubts->at < doubts->n && record >= doubts->ranges[doubts->at].first;
}
