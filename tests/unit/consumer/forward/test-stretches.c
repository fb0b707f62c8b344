/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/stretches.h"

#include "tests/lib/test.h"

static void numbers_in_a_row_are_one_stretch(void **state)
{
	struct stretches s = {0};

	for (uint64_t seq = 5; seq <= 1000; seq++)
		stretches_add(&s, seq, seq);
	assert_int_equal(s.n, 1);
	assert_true(stretches_have(&s, 5) && stretches_have(&s, 1000));
	assert_false(stretches_have(&s, 4) || stretches_have(&s, 1001));
}

/* In whatever order they come: as a set that is kept in the open has them. */
static void any_order_is_the_same(void **state)
{
	uint32_t random = 1;

	for (unsigned round = 0; round < 200; round++) {
		struct stretches s = {0};
		bool have[16] = {false};

		for (unsigned i = 0; i < 100; i++) {
			unsigned seq = (random = random * 1664525 + 1013904223) >> 28;

			assert_int_equal(stretches_have(&s, seq), have[seq]);
			if (!have[seq])
				stretches_add(&s, seq, seq);
			have[seq] = true;
		}
		for (unsigned i = 1; i < s.n; i++)
			assert_true(s.all[i].first > s.all[i - 1].last + 1);
	}
}

static void of_too_many_the_lowest_is_forgotten(void **state)
{
	struct stretches s = {0};

	for (uint64_t i = 1; i <= STRETCHES_MAX + 1; i++)
		stretches_add(&s, 10 * i, 10 * i + 3);
	assert_int_equal(s.n, STRETCHES_MAX);
	assert_false(stretches_have(&s, 10));
	assert_true(stretches_have(&s, 20));
	stretches_add(&s, 5, 5); /* lower than all: not kept */
	assert_false(stretches_have(&s, 5));
	stretches_add(&s, 24, 29); /* closes a gap */
	assert_int_equal(s.n, STRETCHES_MAX - 1);
	assert_true(stretches_have(&s, 30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_a_row_are_one_stretch),
		cmocka_unit_test(any_order_is_the_same),
		cmocka_unit_test(of_too_many_the_lowest_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
