/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/checksums.h"

#include <inttypes.h>

#include "proto/base/count.h"

static void restart_span(struct checksums *checksums, uint64_t offset)
{
	(void)XXH3_64bits_reset(checksums->xxh3);
	(void)XXH64_reset(checksums->xxh64, 0);
	checksums->broken = false;
	checksums->hashed = 0;
	checksums->hashed_from = offset;
	checksums->hashed_first = checksums->added;
}

int checksums_init(struct checksums *checksums)
{
	*checksums = (struct checksums){.xxh3 = XXH3_createState(), .xxh64 = XXH64_createState()};
	if (!checksums->xxh3 || !checksums->xxh64) {
		checksums_done(checksums);
		return -ENOMEM;
	}
	restart_span(checksums, 0);
	return 0;
}

void checksums_done(struct checksums *checksums)
{
	(void)XXH3_freeState(checksums->xxh3);
	(void)XXH64_freeState(checksums->xxh64);
	*checksums = (struct checksums){0};
}

void checksums_reset(struct checksums *checksums)
{
	*checksums = (struct checksums){.xxh3 = checksums->xxh3,
					.xxh64 = checksums->xxh64,
					.hash_name = "xxh3"};
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
	restart_span(checksums, offset);
	checksums->not_xxh3 = checksums->not_xxh64 = false;
}

static void hash_bytes(struct checksums *checksums, const void *data, size_t size)
{
	if (!checksums->not_xxh3)
		stream_hash_update(checksums->xxh3, data, size);
	if (!checksums->not_xxh64)
		(void)XXH64_update(checksums->xxh64, data, size);
	checksums->hashed += size;
}

static size_t whole_size(const struct reader_record *item)
{
	return (size_t)(item->frame - item->start) + item->size;
}

static void hash_empty(struct checksums *checksums, size_t n)
{
	static const uint8_t zeros[64];

	for (; n; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		hash_bytes(checksums, zeros, n < sizeof(zeros) ? n : sizeof(zeros));
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
	hash_bytes(checksums, item->start, span.bytes);
	join_spans(&checksums->open, &span);
}

void checksums_empty(struct checksums *checksums, const struct reader_record *item)
{
	hash_empty(checksums, item->empty);
}

/* What a record says of the bytes before it. */
struct stated {
	bool has_xxh3, has_xxh64, has_bytes;
	uint64_t xxh3, xxh64, bytes;
};

#define STATED(message)                                                                            \
	(struct stated)                                                                            \
	{                                                                                          \
		(message)->has_xxh3, (message)->has_xxh64, (message)->has_hashed_bytes,            \
			(message)->xxh3, (message)->xxh64, (message)->hashed_bytes                 \
	}

static struct stated stated_hash(const Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS)
		return STATED(record->counters);
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		return STATED(record->footer);
	return (struct stated){0};
}

static bool is_right(struct checksums *checksums, const struct stated *stated)
{
	bool known = stated->has_xxh3 ? !checksums->not_xxh3 : !checksums->not_xxh64;
	uint64_t hash = stated->has_xxh3 ? XXH3_64bits_digest(checksums->xxh3)
					 : XXH64_digest(checksums->xxh64);

	checksums->not_xxh3 = !stated->has_xxh3;
	checksums->not_xxh64 = stated->has_xxh3;
	checksums->hash_name = stated->has_xxh3 ? "xxh3" : "xxh64";
	return known && hash == (stated->has_xxh3 ? stated->xxh3 : stated->xxh64) &&
	       (!stated->has_bytes || stated->bytes == checksums->hashed);
}

bool checksums_compare(struct checksums *checksums, const struct reader_record *item,
		       uint64_t *ret_from)
{
	const struct stated stated = stated_hash(item->record);
	bool same, broken = checksums->broken;

	if (!stated.has_xxh3 && !stated.has_xxh64)
		return true;
	same = is_right(checksums, &stated);
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
