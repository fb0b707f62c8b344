/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/hash-table.h"
#include "tests/lib/test.h"

#define ITEMS 500

static bool same(const void *item, const void *key)
{
	return *(const unsigned *)item == *(const unsigned *)key;
}

static bool drop_multiples(void *item, void *data)
{
	return *(unsigned *)item % *(unsigned *)data == 0;
}

/* Items of 1 to ITEMS whose hashes have only so many values, the largest at the end of the table;
 * then without the multiples of some of them. */
static void assert_found(unsigned hashes)
{
	static unsigned numbers[ITEMS + 1];
	unsigned gone[] = {7, 2, 3};
	struct table table = {0};

	for (unsigned i = 1; i <= ITEMS; i++) {
		numbers[i] = i;
		assert_null(table_find(&table, UINT64_MAX - i % hashes, same, &i));
		assert_ok(table_add(&table, UINT64_MAX - i % hashes, &numbers[i]));
		assert_int_equal(table.n, i);
	}
	for (size_t g = 0; g < 3; g++) {
		size_t left = 0;

		table_sweep(&table, drop_multiples, &gone[g]);
		for (unsigned i = 1; i <= ITEMS; i++) {
			void *item = table_find(&table, UINT64_MAX - i % hashes, same, &i);
			bool is_gone = false;

			for (size_t k = 0; k <= g; k++)
				is_gone |= i % gone[k] == 0;
			assert_ptr_equal(item, is_gone ? NULL : &numbers[i]);
			left += !is_gone;
		}
		assert_int_equal(table.n, left);
	}
	table_done(&table, NULL);
	assert_null(table.slots);
}

static void all_are_found_however_they_collide(void **state)
{
	assert_found(1);
	assert_found(3);
	assert_found(100);
	assert_found(ITEMS);
}

static void an_equal_hash_is_not_the_same_key(void **state)
{
	unsigned one = 1, two = 2;
	struct table table = {0};

	assert_null(table_find(&table, 5, same, &one));
	assert_ok(table_add(&table, 5, &one));
	assert_null(table_find(&table, 5, same, &two));
	assert_null(table_find(&table, 6, same, &one));
	assert_ptr_equal(table_find(&table, 5, same, &one), &one);
	table_done(&table, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_found_however_they_collide),
		cmocka_unit_test(an_equal_hash_is_not_the_same_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
