/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/sequence.h"

#include "consumer/read/body.h"

static void begin_gap(struct sequence *sequence)
{
	sequence->part = sequence->parts = 0;
	sequence->part_free = true;
}

/* A Lost of a repair has the seq of the first record that is missing, and stands for all. */
static void take_repair(struct sequence *sequence, const Ringside__V1__Record *record)
{
	if (record->lost->count) {
		sequence->next = record->seq + record->lost->count;
	} else {
		sequence->open = true;
		sequence->open_from = record->seq;
	}
	begin_gap(sequence);
}

static int compare_seq(struct sequence *sequence, uint64_t seq, uint64_t *ret_missing)
{
	if (sequence->open && seq > sequence->open_from) {
		*ret_missing = seq - sequence->open_from;
		return SEQUENCE_LOST;
	}
	if (seq > sequence->next) {
		*ret_missing = seq - sequence->next;
		begin_gap(sequence);
		return SEQUENCE_GAP;
	}
	return seq < sequence->next ? SEQUENCE_BACK : 0;
}

int sequence_seq(struct sequence *sequence, const Ringside__V1__Record *record,
		 uint64_t *ret_missing)
{
	bool is_footer = record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER;
	int r = 0;

	if (!record->has_seq) {
		sequence->next++;
		return SEQUENCE_NONE;
	}
	/* the Footer that a repair adds says nothing about what was there */
	if (sequence->known && !(sequence->open && is_footer && record->seq == sequence->next))
		r = compare_seq(sequence, record->seq, ret_missing);
	if (r == SEQUENCE_LOST || !is_footer)
		sequence->open = false;
	sequence->known = true;
	sequence->next = record->seq + 1;
	if (body_stands_in(record))
		take_repair(sequence, record);
	return r;
}

bool sequence_part(struct sequence *sequence, const Ringside__V1__Record *record)
{
	bool is_counters = record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS;
	uint32_t part = is_counters ? record->counters->part : 0;
	uint32_t parts = is_counters ? record->counters->parts : 0;
	bool is_header = record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER;
	bool awaited = sequence->part < sequence->parts && !is_header, fine;

	fine = awaited ? part == sequence->part + 1 && parts == sequence->parts
		       : !is_counters || part == 1 || sequence->part_free;
	sequence->part_free = body_stands_in(record);
	sequence->part = part;
	sequence->parts = parts;
	return fine;
}

void sequence_skip(struct sequence *sequence)
{
	sequence->next++;
	begin_gap(sequence);
}
