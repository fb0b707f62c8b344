/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/checksums.h"

#include <inttypes.h>

int checksums_init(struct checksums *checksums)
{
	*checksums = (struct checksums){.hash = XXH64_createState()};
	if (!checksums->hash)
		return -ENOMEM;
	(void)XXH64_reset(checksums->hash, 0);
	return 0;
}

void checksums_done(struct checksums *checksums)
{
	(void)XXH64_freeState(checksums->hash);
	*checksums = (struct checksums){0};
}

static void restart_span(struct checksums *checksums, uint64_t offset)
{
	(void)XXH64_reset(checksums->hash, 0);
	checksums->broken = false;
	checksums->hashed = 0;
	checksums->hashed_from = offset;
	checksums->hashed_first = checksums->added;
}

void checksums_reset(struct checksums *checksums)
{
	XXH64_state_t *hash = checksums->hash;

	*checksums = (struct checksums){.hash = hash};
	restart_span(checksums, 0);
}

static void name_span(struct checksums *checksums, struct checksums_span *span)
{
	if (!span->records)
		return;
	checksums->latest = *span;
	checksums->spans++;
	checksums->records += span->records;
	checksums->bytes += span->bytes;
	findings_add(&checksums->named,
		     "%" PRIu64 " record%s, %" PRIu64 " to %" PRIu64 " (%" PRIu64
		     " bytes, from byte %" PRIu64 " on)",
		     span->records, span->records == 1 ? "" : "s", span->first_seq,
		     span->latest_seq, span->bytes, span->offset);
	if (checksums->uncovered)
		checksums->uncovered(checksums->data, span);
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
static void give_up(struct checksums *checksums)
{
	if (checksums->framed) {
		name_span(checksums, &checksums->unsealed);
		join_spans(&checksums->hopeless, &checksums->open);
	} else {
		name_span(checksums, &checksums->open);
	}
}

void checksums_begin(struct checksums *checksums, uint64_t offset)
{
	give_up(checksums);
	restart_span(checksums, offset);
}

static size_t whole_size(const struct reader_record *item)
{
	return (size_t)(item->frame - item->start) + item->size;
}

static void hash_empty(struct checksums *checksums, size_t n)
{
	static const uint8_t zeros[64];

	checksums->hashed += n;
	for (; n; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		(void)XXH64_update(checksums->hash, zeros, n < sizeof(zeros) ? n : sizeof(zeros));
}

void checksums_add(struct checksums *checksums, const struct reader_record *item)
{
	struct checksums_span span = {
		.records = 1,
		.bytes = whole_size(item),
		.first = checksums->added++,
		.offset = item->offset,
		.first_seq = item->record ? item->record->seq : checksums->open.latest_seq + 1,
	};

	span.latest = span.first;
	span.latest_seq = span.first_seq;
	(void)XXH64_update(checksums->hash, item->start, span.bytes);
	checksums->hashed += span.bytes;
	join_spans(&checksums->open, &span);
}

void checksums_empty(struct checksums *checksums, const struct reader_record *item)
{
	hash_empty(checksums, item->empty);
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

bool checksums_compare(struct checksums *checksums, const struct reader_record *item,
		       uint64_t *ret_from)
{
	const uint64_t *bytes, *stated = stated_hash(item->record, &bytes);
	bool same, broken = checksums->broken;

	if (!stated)
		return true;
	same = XXH64_digest(checksums->hash) == *stated && (!bytes || *bytes == checksums->hashed);
	*ret_from = checksums->hashed_from;
	restart_span(checksums, item->offset);
	if (broken || !same)
		give_up(checksums);
	if (broken)
		return true;
	checksums->hashes += same;
	checksums->unsealed = checksums->open = (struct checksums_span){0};
	return same;
}

void checksums_seal(struct checksums *checksums, bool right)
{
	if (right) {
		checksums->seals++;
		checksums->open = checksums->hopeless = (struct checksums_span){0};
		return;
	}
	name_span(checksums, &checksums->hopeless);
	join_spans(&checksums->unsealed, &checksums->open);
}

void checksums_break(struct checksums *checksums)
{
	give_up(checksums);
	name_span(checksums, &checksums->hopeless); /* its frame has not come to its end */
	checksums->broken = true;
}

void checksums_end(struct checksums *checksums)
{
	name_span(checksums, &checksums->hopeless);
	join_spans(&checksums->unsealed, &checksums->open);
	name_span(checksums, &checksums->unsealed);
	restart_span(checksums, 0);
}
