/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "streamer/report/lost.h"
#include "tests/lib/stream-fixture.h"

#define PROBE WIRE_SECCOMP_DENIAL

static struct wire_head event(uint64_t boottime, uint64_t dropped)
{
	return (struct wire_head){.probe = PROBE,
				  .cpu = 3,
				  .boottime_nano = boottime,
				  .dropped = dropped};
}

/* As the pipeline does: what the event tells, then the event. Returns the count told. */
static uint64_t pass(struct fixture *f, uint64_t boottime, uint64_t dropped)
{
	const struct wire_head head = event(boottime, dropped);
	struct lost lost = {0};
	uint64_t count = 0;

	if (lost_in_kernel(&f->totals, head.probe, head.cpu, head.dropped, boottime, &lost)) {
		count = lost.count;
		assert_ok(lost_write(f->stream, &f->totals, &lost));
	}
	totals_wrote(&f->totals, &head, 0);
	return count;
}

static uint64_t read_kernel(struct fixture *f, uint64_t dropped, uint64_t now)
{
	struct lost lost;

	if (!lost_in_kernel(&f->totals, PROBE, 3, dropped, now, &lost))
		return 0;
	assert_ok(lost_write(f->stream, &f->totals, &lost));
	return lost.count;
}

static void each_drop_is_told_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pass(f, 100, 0), 0);
	assert_int_equal(pass(f, 200, 5), 5);
	assert_int_equal(pass(f, 300, 5), 0);
	assert_int_equal(pass(f, 400, 6), 1);
}

static void sums_that_arrive_out_of_order_tell_nothing_twice(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pass(f, 100, 7), 7);
	assert_int_equal(pass(f, 90, 4), 0);
	assert_int_equal(pass(f, 110, 7), 0);
	assert_int_equal(pass(f, 120, 9), 2);
	assert_int_equal(totals_cpu(&f->totals, PROBE, 3)->carried_dropped, 9);
}

static void the_kernels_sum_tells_what_no_event_carried(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pass(f, 100, 2), 2);
	assert_int_equal(read_kernel(f, 10, 500), 8);
	assert_int_equal(read_kernel(f, 10, 600), 0);
	/* events that waited in the ring meanwhile */
	assert_int_equal(pass(f, 200, 6), 0);
	assert_int_equal(pass(f, 700, 11), 1);
}

static void another_cpu_and_probe_have_sums_of_their_own(void **state)
{
	struct fixture *f = *state;
	struct lost lost;

	assert_int_equal(pass(f, 100, 7), 7);
	assert_true(lost_in_kernel(&f->totals, PROBE, 4, 1, 200, &lost));
	assert_int_equal(lost.count, 1);
	assert_true(lost_in_kernel(&f->totals, WIRE_OOM_KILL, 3, 2, 200, &lost));
	assert_int_equal(lost.count, 2);
}

static void a_loss_lies_between_two_moments(void **state)
{
	struct fixture *f = *state;

	(void)pass(f, 100, 1);
	(void)pass(f, 300, 2);
	(void)pass(f, 250, 5); /* overtaken: its moment is before the previous one's */
	(void)read_kernel(f, 6, 900);
	{
		_cleanup_records_ struct records records = fixture_records(f);
		const Ringside__V1__Lost *lost[4];

		assert_int_equal(records.n, 4);
		for (size_t i = 0; i < 4; i++) {
			lost[i] = records_get(&records, BODY(LOST), i)->lost;
			assert_int_equal(lost[i]->reason, RINGSIDE__V1__LOST__REASON__RING_FULL);
			assert_string_equal(lost[i]->kind, "seccomp_denial");
			assert_int_equal(lost[i]->cpu, 3);
		}
		assert_false(lost[0]->has_after_boottime_nano);
		assert_int_equal(lost[0]->before_boottime_nano, 100);
		assert_int_equal(lost[1]->after_boottime_nano, 100);
		assert_int_equal(lost[1]->before_boottime_nano, 300);
		assert_int_equal(lost[2]->after_boottime_nano, 250);
		assert_int_equal(lost[2]->before_boottime_nano, 250);
		assert_int_equal(lost[2]->count, 3);
		assert_int_equal(lost[3]->after_boottime_nano, 300);
		assert_int_equal(lost[3]->before_boottime_nano, 900);
	}
}

static void what_could_not_be_written_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct lost lost;

	assert_false(lost_in_sink(&f->totals, PROBE, 1, &lost));
	f->totals.lost_in_sink[PROBE] = 4;
	assert_true(lost_in_sink(&f->totals, PROBE, 2, &lost));
	assert_ok(lost_write(f->stream, &f->totals, &lost));
	assert_false(lost_in_sink(&f->totals, PROBE, 3, &lost));
	f->totals.lost_in_sink[PROBE] = 5;
	assert_true(lost_in_sink(&f->totals, PROBE, 4, &lost));
	assert_int_equal(lost.count, 1);
	{
		_cleanup_records_ struct records records = fixture_records(f);

		assert_int_equal(records.all[0]->lost->reason, RINGSIDE__V1__LOST__REASON__SINK);
		assert_int_equal(records.all[0]->lost->count, 4);
		assert_false(records.all[0]->lost->has_cpu);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(each_drop_is_told_once),
		test_with_fixture(sums_that_arrive_out_of_order_tell_nothing_twice),
		test_with_fixture(the_kernels_sum_tells_what_no_event_carried),
		test_with_fixture(another_cpu_and_probe_have_sums_of_their_own),
		test_with_fixture(a_loss_lies_between_two_moments),
		test_with_fixture(what_could_not_be_written_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
