/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/pipeline/drain-pause.h"
#include "tests/lib/test.h"

#define MS 1000000u

static void the_first_event_waits_for_nothing(void **state)
{
	struct drain_pause pace = drain_pause_of(8u << 20);

	assert_int_equal(drain_pause_wait(&pace, 5), 0);
	assert_int_equal(drain_pause_wait(&pace, 1000 * MS), 0);
	drain_pause_drained(&pace, 1000 * MS);
	assert_int_equal(drain_pause_wait(&pace, 1001 * MS), 0);
}

static void the_next_ones_are_gathered(void **state)
{
	struct drain_pause pace = drain_pause_of(8u << 20);

	drain_pause_drained(&pace, 1000 * MS);
	assert_int_equal(drain_pause_wait(&pace, 1000 * MS), MS);
	assert_int_equal(drain_pause_wait(&pace, 1000 * MS + 400000), 600000);
	drain_pause_drained(&pace, 1001 * MS);
	assert_int_equal(drain_pause_wait(&pace, 1001 * MS + 1), MS - 1);
}

/* What a pause lets come must fit. */
static void a_small_ring_is_drained_more_often(void **state)
{
	assert_int_equal(drain_pause_of(64u << 20).pause_nano, MS);
	assert_int_equal(drain_pause_of(256u << 10).pause_nano, 32768);
	assert_int_equal(drain_pause_of(4096).pause_nano, 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_event_waits_for_nothing),
		cmocka_unit_test(the_next_ones_are_gathered),
		cmocka_unit_test(a_small_ring_is_drained_more_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
