/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/pb-fast.h"
#include "tests/lib/test.h"

static void assert_varint(uint64_t v)
{
	uint8_t got[PUT_SLACK], want[PUT_SLACK];
	size_t size = (size_t)(pb_put_varint(want, v) - want);

	assert_int_equal(put_varint(got, v) - got, size);
	assert_memory_equal(got, want, size);
}

static void varints_of_every_size_are_as_the_slow_ones(void **state)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t v = 1ull << bit;

		assert_varint(v - 1);
		assert_varint(v);
		assert_varint(v + 1);
		assert_varint(v | 0x5555555555555555 >> (63 - bit));
		assert_varint(~v);
	}
	assert_varint(0);
	assert_varint(UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(varints_of_every_size_are_as_the_slow_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
