/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/span-hash.h"

#include <errno.h>

int span_hash_init(struct span_hash *hash)
{
	*hash = (struct span_hash){.xxh3 = XXH3_createState(), .xxh64 = XXH64_createState()};
	if (!hash->xxh3 || !hash->xxh64) {
		span_hash_done(hash);
		return -ENOMEM;
	}
	span_hash_restart(hash, 0);
	return 0;
}

void span_hash_done(struct span_hash *hash)
{
	(void)XXH3_freeState(hash->xxh3);
	(void)XXH64_freeState(hash->xxh64);
	*hash = (struct span_hash){0};
}

void span_hash_reset(struct span_hash *hash)
{
	hash->name = "xxh3";
	span_hash_begin(hash, 0);
}

void span_hash_restart(struct span_hash *hash, uint64_t offset)
{
	(void)XXH3_64bits_reset(hash->xxh3);
	(void)XXH64_reset(hash->xxh64, 0);
	hash->size = 0;
	hash->from = offset;
}

void span_hash_begin(struct span_hash *hash, uint64_t offset)
{
	span_hash_restart(hash, offset);
	hash->not_xxh3 = hash->not_xxh64 = false;
}

static void hash_bytes(struct span_hash *hash, const void *data, size_t size)
{
	if (!hash->not_xxh3)
		stream_hash_update(hash->xxh3, data, size);
	if (!hash->not_xxh64)
		(void)XXH64_update(hash->xxh64, data, size);
	hash->size += size;
}

void span_hash_empty(struct span_hash *hash, const struct reader_record *item)
{
	static const uint8_t zeros[64];

	for (size_t n = item->empty; n; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		hash_bytes(hash, zeros, n < sizeof(zeros) ? n : sizeof(zeros));
}

void span_hash_add(struct span_hash *hash, const struct reader_record *item)
{
	hash_bytes(hash, item->start, span_hash_record_size(item));
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

static bool is_right(struct span_hash *hash, const struct stated *stated)
{
	bool known = stated->has_xxh3 ? !hash->not_xxh3 : !hash->not_xxh64;
	uint64_t digest =
		stated->has_xxh3 ? XXH3_64bits_digest(hash->xxh3) : XXH64_digest(hash->xxh64);

	hash->not_xxh3 = !stated->has_xxh3;
	hash->not_xxh64 = stated->has_xxh3;
	hash->name = stated->has_xxh3 ? "xxh3" : "xxh64";
	return known && digest == (stated->has_xxh3 ? stated->xxh3 : stated->xxh64) &&
	       (!stated->has_bytes || stated->bytes == hash->size);
}

int span_hash_compare(struct span_hash *hash, const struct reader_record *item)
{
	const struct stated stated = item->record ? stated_hash(item->record) : (struct stated){0};
	bool right;

	if (!stated.has_xxh3 && !stated.has_xxh64)
		return SPAN_HASH_NONE;
	right = is_right(hash, &stated);
	span_hash_restart(hash, item->offset);
	return right ? SPAN_HASH_RIGHT : SPAN_HASH_WRONG;
}
