/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/order/chain.h"

#include <errno.h>

#include "proto/base/util.h"
#include "proto/record/peek.h"
#include "proto/ringside.pb-c.h"

/* Of the numbers between, those that the filter left out are not missing. */
static uint64_t count_missing(const struct chain *chain, const struct chain_link *link,
			      uint64_t seq)
{
	uint64_t most = link->previous_seq - chain->next + 1, left_out;

	if (!chain->counts || link->left_out < chain->left_out)
		return 0;
	left_out = link->left_out - chain->left_out;
	return seq - chain->next > left_out ? min_u64(seq - chain->next - left_out, most) : 0;
}

bool chain_goes_on(const struct chain *chain, const struct chain_link *link, uint64_t seq,
		   struct chain_gap *ret)
{
	if (!link->known && chain->linked && seq > chain->next) {
		*ret = (struct chain_gap){
			.first = chain->next,
			.end = seq,
			.count = seq - chain->next,
		};
		return false;
	}
	if (!link->known || !chain->next || link->previous_seq < chain->next)
		return true;
	*ret = (struct chain_gap){
		.first = chain->next,
		.end = link->previous_seq + 1,
		.count = count_missing(chain, link, seq),
	};
	return false;
}

void chain_take(struct chain *chain, const struct chain_link *link, uint64_t last)
{
	chain->next = max_u64(chain->next, last + 1);
	if (!link->known)
		return;
	chain->left_out = link->left_out;
	chain->counts = chain->linked = true;
}

size_t chain_lost(const struct chain_gap *gap, const void *data, size_t size,
		  uint8_t buf[CHAIN_LOST_MAX])
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	struct peek peek;

	if (peek_record(data, size, &peek)) {
		lost.has_before_boottime_nano = peek.has_boottime;
		lost.before_boottime_nano = peek.boottime_nano;
		record.has_time_unix_nano = peek.has_time;
		record.time_unix_nano = peek.time_unix_nano;
		record.has_boottime_nano = peek.has_boottime;
		record.boottime_nano = peek.boottime_nano;
	}
	lost.has_reason = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	lost.has_count = gap->count > 0;
	lost.count = gap->count;
	record.has_seq = 1;
	record.seq = gap->first;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	return ringside__v1__record__pack(&record, buf);
}

int chain_mark(const void *header, size_t size, uint8_t **ret, size_t *ret_size)
{
	Ringside__V1__Record *record = ringside__v1__record__unpack(NULL, size, header);
	int r = 0;

	if (!record || record->body_case != RINGSIDE__V1__RECORD__BODY_HEADER ||
	    !record->header->excerpt) {
		r = -EBADMSG;
	} else {
		record->header->has_excerpt_checked = record->header->excerpt_checked = 1;
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
