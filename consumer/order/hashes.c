/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/hashes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "proto/ringside.pb-c.h"

/* Whether it had one. */
static bool drop_from(Ringside__V1__Record *record)
{
	Ringside__V1__Counters *counters;
	Ringside__V1__Footer *footer;
	bool had = false;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS) {
		counters = record->counters;
		had = counters->has_xxh3 || counters->has_xxh64;
		counters->has_xxh3 = counters->has_xxh64 = counters->has_hashed_bytes = false;
	} else if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER) {
		footer = record->footer;
		had = footer->has_xxh3 || footer->has_xxh64;
		footer->has_xxh3 = footer->has_xxh64 = footer->has_hashed_bytes = false;
	}
	return had;
}

int hashes_drop(const void *data, size_t size, uint8_t **ret, size_t *ret_size)
{
	Ringside__V1__Record *record = ringside__v1__record__unpack(NULL, size, data);
	int r = record && drop_from(record) ? 0 : -EBADMSG;

	if (!r) {
		*ret_size = ringside__v1__record__get_packed_size(record);
		*ret = malloc(*ret_size);
		r = *ret ? 0 : -ENOMEM;
	}
	if (!r)
		(void)ringside__v1__record__pack(record, *ret);
	if (record)
		ringside__v1__record__free_unpacked(record, NULL);
	return r;
}
