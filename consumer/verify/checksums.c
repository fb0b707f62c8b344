/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/checksums.h"

#include <inttypes.h>

#include "proto/base/count.h"

static void restart_span(struct checksums *checksums)
{
	checksums->broken = false;
	checksums->hashed_first = checksums->added;
}

int checksums_init(struct checksums *checksums)
{
	*checksums = (struct checksums){0};
	return span_hash_init(&checksums->hash);
}

void checksums_done(struct checksums *checksums)
{
	span_hash_done(&checksums->hash);
	*checksums = (struct checksums){0};
}

void checksums_reset(struct checksums *checksums)
{
	*checksums = (struct checksums){.hash = checksums->hash};
	span_hash_reset(&checksums->hash);
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
		     "%s, %" PRIu64 " to %" PRIu64 " (%s, from byte %" PRIu64 " on)",
		     COUNTED(span->records, "record"), span->first_seq, span->latest_seq,
		     COUNTED(span->bytes, "byte"), span->offset);
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
	restart_span(checksums);
	span_hash_begin(&checksums->hash, offset);
}

void checksums_add(struct checksums *checksums, const struct reader_record *item)
{
	struct checksums_span span = {
		.records = 1,
		.bytes = span_hash_record_size(item),
		.first = checksums->added++,
		.offset = item->offset,
		.first_seq = item->record ? item->record->seq : checksums->open.latest_seq + 1,
	};

	span.latest = span.first;
	span.latest_seq = span.first_seq;
	span_hash_add(&checksums->hash, item);
	join_spans(&checksums->open, &span);
}

void checksums_empty(struct checksums *checksums, const struct reader_record *item)
{
	span_hash_empty(&checksums->hash, item);
}

bool checksums_compare(struct checksums *checksums, const struct reader_record *item,
		       uint64_t *ret_from)
{
	const uint64_t from = checksums->hash.from;
	const int answer = span_hash_compare(&checksums->hash, item);
	const bool same = answer == SPAN_HASH_RIGHT, broken = checksums->broken;

	if (answer == SPAN_HASH_NONE)
		return true;
	*ret_from = from;
	restart_span(checksums);
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
	restart_span(checksums);
	span_hash_restart(&checksums->hash, 0);
}
