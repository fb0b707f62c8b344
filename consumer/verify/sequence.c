/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/sequence.h"

void sequence_begin(struct sequence *order)
{
	*order = (struct sequence){0};
}

bool sequence_is_repair(const Ringside__V1__Record *record)
{
	return record->body_case == RINGSIDE__V1__RECORD__BODY_LOST &&
	       record->lost->reason == RINGSIDE__V1__LOST__REASON__DAMAGED && !record->lost->kind;
}

static void begin_gap(struct sequence *order)
{
	order->part = order->parts = 0;
	order->part_free = true;
}

/* A Lost of a repair has the seq of the first record that is missing, and stands for all. */
static void take_repair(struct sequence *order, const Ringside__V1__Record *record)
{
	if (record->lost->count) {
		order->next = record->seq + record->lost->count;
	} else {
		order->open = true;
		order->open_from = record->seq;
	}
	begin_gap(order);
}

static int compare_seq(struct sequence *order, uint64_t seq, uint64_t *ret_missing)
{
	if (order->open && seq > order->open_from) {
		*ret_missing = seq - order->open_from;
		return SEQUENCE_LOST;
	}
	if (seq > order->next) {
		*ret_missing = seq - order->next;
		begin_gap(order);
		return SEQUENCE_GAP;
	}
	return seq < order->next ? SEQUENCE_BACK : 0;
}

int sequence_seq(struct sequence *order, const Ringside__V1__Record *record, uint64_t *ret_missing)
{
	bool is_footer = record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER;
	int r = 0;

	if (!record->has_seq) {
		order->next++;
		return SEQUENCE_NONE;
	}
	/* the Footer that a repair adds says nothing about what was there */
	if (order->known && !(order->open && is_footer && record->seq == order->next))
		r = compare_seq(order, record->seq, ret_missing);
	if (r == SEQUENCE_LOST || !is_footer)
		order->open = false;
	order->known = true;
	order->next = record->seq + 1;
	if (sequence_is_repair(record))
		take_repair(order, record);
	return r;
}

bool sequence_part(struct sequence *order, const Ringside__V1__Record *record)
{
	bool is_counters = record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS;
	uint32_t part = is_counters ? record->counters->part : 0;
	uint32_t parts = is_counters ? record->counters->parts : 0;
	bool is_header = record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER;
	bool awaited = order->part < order->parts && !is_header, fine;

	fine = awaited ? part == order->part + 1 && parts == order->parts
		       : !is_counters || part == 1 || order->part_free;
	order->part_free = sequence_is_repair(record);
	order->part = part;
	order->parts = parts;
	return fine;
}

void sequence_skip(struct sequence *order)
{
	order->next++;
	begin_gap(order);
}
