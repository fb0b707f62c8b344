/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/checksums.h"

#include <inttypes.h>

int checksums_init(struct checksums *coverage)
{
	*coverage = (struct checksums){.hash = XXH64_createState()};
	if (!coverage->hash)
		return -ENOMEM;
	(void)XXH64_reset(coverage->hash, 0);
	return 0;
}

void checksums_done(struct checksums *coverage)
{
	(void)XXH64_freeState(coverage->hash);
	*coverage = (struct checksums){0};
}

static void restart_span(struct checksums *coverage, uint64_t offset)
{
	(void)XXH64_reset(coverage->hash, 0);
	coverage->broken = false;
	coverage->hashed = 0;
	coverage->hashed_from = offset;
	coverage->hashed_first = coverage->added;
}

void checksums_reset(struct checksums *coverage)
{
	XXH64_state_t *hash = coverage->hash;

	*coverage = (struct checksums){.hash = hash};
	restart_span(coverage, 0);
}

static void name_span(struct checksums *coverage, struct checksums_span *span)
{
	if (!span->records)
		return;
	coverage->latest = *span;
	coverage->spans++;
	coverage->records += span->records;
	coverage->bytes += span->bytes;
	findings_add(&coverage->named,
		     "%" PRIu64 " record%s, %" PRIu64 " to %" PRIu64 " (%" PRIu64
		     " bytes, from byte %" PRIu64 " on)",
		     span->records, span->records == 1 ? "" : "s", span->first_seq,
		     span->latest_seq, span->bytes, span->offset);
	if (coverage->uncovered)
		coverage->uncovered(coverage->data, span);
	*span = (struct checksums_span){0};
}

static void join_spans(struct checksums_span *to, struct checksums_span *from)
{
	if (!to->records) {
		*to = *from;
	} else if (from->records) {
		to->records += from->records;
		to->bytes += from->bytes;
		to->latest_seq = from->latest_seq;
		to->latest = from->latest;
	}
	*from = (struct checksums_span){0};
}

/* No hash will come for what none has covered so far. */
static void give_up(struct checksums *coverage)
{
	if (coverage->framed) {
		name_span(coverage, &coverage->unsealed);
		join_spans(&coverage->hopeless, &coverage->open);
	} else {
		name_span(coverage, &coverage->open);
	}
}

void checksums_begin(struct checksums *coverage, uint64_t offset)
{
	give_up(coverage);
	restart_span(coverage, offset);
}

static size_t whole_size(const struct reader_record *item)
{
	return (size_t)(item->frame - item->start) + item->size;
}

static void hash_empty(struct checksums *coverage, size_t n)
{
	static const uint8_t zeros[64];

	coverage->hashed += n;
	for (; n; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		(void)XXH64_update(coverage->hash, zeros, n < sizeof(zeros) ? n : sizeof(zeros));
}

void checksums_add(struct checksums *coverage, const struct reader_record *item)
{
	struct checksums_span span = {
		.records = 1,
		.bytes = whole_size(item),
		.first = coverage->added++,
		.offset = item->offset,
		.first_seq = item->record ? item->record->seq : coverage->open.latest_seq + 1,
	};

	span.latest = span.first;
	span.latest_seq = span.first_seq;
	(void)XXH64_update(coverage->hash, item->start, span.bytes);
	coverage->hashed += span.bytes;
	join_spans(&coverage->open, &span);
}

void checksums_empty(struct checksums *coverage, const struct reader_record *item)
{
	hash_empty(coverage, item->empty);
}

/* The hash that a record carries, and over how many bytes if it says so; NULL: it carries none. */
static const uint64_t *stated_hash(const Ringside__V1__Record *record, const uint64_t **ret_bytes)
{
	const Ringside__V1__Counters *counters = record->counters;
	const Ringside__V1__Footer *footer = record->footer;

	*ret_bytes = NULL;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS && counters->has_xxh64) {
		*ret_bytes = counters->has_hashed_bytes ? &counters->hashed_bytes : NULL;
		return &counters->xxh64;
	}
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER && footer->has_xxh64) {
		*ret_bytes = footer->has_hashed_bytes ? &footer->hashed_bytes : NULL;
		return &footer->xxh64;
	}
	return NULL;
}

bool checksums_compare(struct checksums *coverage, const struct reader_record *item,
		       uint64_t *ret_from)
{
	const uint64_t *bytes, *stated = stated_hash(item->record, &bytes);
	bool same, broken = coverage->broken;

	if (!stated)
		return true;
	same = XXH64_digest(coverage->hash) == *stated && (!bytes || *bytes == coverage->hashed);
	*ret_from = coverage->hashed_from;
	restart_span(coverage, item->offset);
	if (broken || !same)
		give_up(coverage);
	if (broken)
		return true;
	coverage->hashes += same;
	coverage->unsealed = coverage->open = (struct checksums_span){0};
	return same;
}

void checksums_seal(struct checksums *coverage, bool right)
{
	if (right) {
		coverage->seals++;
		coverage->open = coverage->hopeless = (struct checksums_span){0};
		return;
	}
	name_span(coverage, &coverage->hopeless);
	join_spans(&coverage->unsealed, &coverage->open);
}

void checksums_break(struct checksums *coverage)
{
	give_up(coverage);
	name_span(coverage, &coverage->hopeless); /* its frame has not come to its end */
	coverage->broken = true;
}

void checksums_end(struct checksums *coverage)
{
	name_span(coverage, &coverage->hopeless);
	join_spans(&coverage->unsealed, &coverage->open);
	name_span(coverage, &coverage->unsealed);
	restart_span(coverage, 0);
}
