/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/sequence.h"

#include "consumer/read/body.h"
#include "tests/lib/test.h"

#define MESSAGE(TYPE) RINGSIDE__V1__##TYPE##__INIT

/* Takes an event; returns what is said of its seq. */
static int take(struct sequence *sequence, uint64_t seq, uint64_t *ret_missing)
{
	Ringside__V1__Record record = MESSAGE(RECORD);

	record.has_seq = seq > 0;
	record.seq = seq;
	*ret_missing = 0;
	return sequence_seq(sequence, &record, ret_missing);
}

/* What a repair writes where it left out @count records, or 0: it does not know how many. */
static int take_repair(struct sequence *sequence, uint64_t seq, uint64_t count)
{
	Ringside__V1__Lost lost = MESSAGE(LOST);
	Ringside__V1__Record record = MESSAGE(RECORD);
	uint64_t missing;
	int r;

	lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	lost.count = count;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	record.has_seq = 1;
	record.seq = seq;
	assert_true(body_stands_in(&record));
	r = sequence_seq(sequence, &record, &missing);
	assert_true(sequence_part(sequence, &record));
	return r;
}

static void what_is_missing_is_counted(void **state)
{
	struct sequence sequence = {0};
	uint64_t missing;

	assert_ok(take(&sequence, 5, &missing)); /* a file may begin anywhere */
	assert_ok(take(&sequence, 6, &missing));
	assert_int_equal(take(&sequence, 10, &missing), SEQUENCE_GAP);
	assert_int_equal(missing, 3);
	assert_int_equal(take(&sequence, 9, &missing), SEQUENCE_BACK);
	assert_ok(take(&sequence, 10, &missing));
	assert_int_equal(take(&sequence, 0, &missing), SEQUENCE_NONE); /* it was the 11th */
	assert_ok(take(&sequence, 12, &missing));
	sequence_skip(&sequence); /* and so was what could not be read the 13th */
	assert_ok(take(&sequence, 14, &missing));
}

static void what_a_repair_tells_is_no_gap(void **state)
{
	struct sequence sequence = {0};
	uint64_t missing;

	assert_ok(take(&sequence, 5, &missing));
	assert_ok(take_repair(&sequence, 6, 4));
	assert_ok(take(&sequence, 10, &missing));
	assert_ok(take_repair(&sequence, 11, 0));
	assert_int_equal(take(&sequence, 20, &missing), SEQUENCE_LOST);
	assert_int_equal(missing, 9);
	assert_ok(take(&sequence, 21, &missing));
}

static bool take_part(struct sequence *sequence, uint32_t part, uint32_t parts)
{
	Ringside__V1__Counters counters = MESSAGE(COUNTERS);
	Ringside__V1__Record record = MESSAGE(RECORD);

	counters.part = part;
	counters.parts = parts;
	record.counters = &counters;
	record.body_case =
		parts ? RINGSIDE__V1__RECORD__BODY_COUNTERS : RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	return sequence_part(sequence, &record);
}

static void a_set_of_counters_is_in_one_piece(void **state)
{
	struct sequence sequence = {0};
	uint64_t missing;

	assert_true(take_part(&sequence, 1, 2) && take_part(&sequence, 2, 2) &&
		    take_part(&sequence, 0, 0));
	assert_true(take_part(&sequence, 1, 3));
	assert_false(take_part(&sequence, 3, 3)); /* the second is missing */
	assert_true(take_part(&sequence, 1, 2));
	assert_false(take_part(&sequence, 0, 0)); /* an event is between */
	assert_false(take_part(&sequence, 2, 2));
	/* behind a gap it may have begun before */
	assert_ok(take(&sequence, 1, &missing));
	assert_int_equal(take(&sequence, 9, &missing), SEQUENCE_GAP);
	assert_true(take_part(&sequence, 2, 2));
	/* and so behind what a repair left out */
	assert_true(take_part(&sequence, 1, 3));
	assert_ok(take_repair(&sequence, 10, 1));
	assert_true(take_part(&sequence, 3, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_counted),
		cmocka_unit_test(what_a_repair_tells_is_no_gap),
		cmocka_unit_test(a_set_of_counters_is_in_one_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
