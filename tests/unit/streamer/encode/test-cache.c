/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/cache.h"

#include "tests/lib/test.h"

#define _cleanup_cache_ __attribute__((cleanup(cache_done)))

static struct cache make_cache(uint32_t max_entries, size_t max_bytes)
{
	struct cache cache;

	assert_ok(cache_init(&cache, max_entries, max_bytes));
	return cache;
}

/* @size bytes that begin with the key. */
static void put(struct cache *cache, uint64_t a, size_t size)
{
	uint64_t data[256] = {a};
	const uint64_t *got = cache_put(cache, &(struct cache_key){a, ~a}, data, size);

	assert_non_null(got);
	assert_memory_equal(got, data, size);
}

static bool get(struct cache *cache, uint64_t a)
{
	const uint64_t *data = cache_get(cache, &(struct cache_key){a, ~a});

	return data && *data == a;
}

static bool has(const struct cache *cache, uint64_t a)
{
	const uint64_t *data = cache_peek(cache, &(struct cache_key){a, ~a});

	return data && *data == a;
}

static void the_oldest_goes_unless_it_was_used(void **state)
{
	_cleanup_cache_ struct cache cache = make_cache(4, 4096);

	for (uint64_t a = 1; a <= 4; a++)
		put(&cache, a, 8);
	assert_true(get(&cache, 1));
	assert_true(has(&cache, 2)); /* a look is no use */
	put(&cache, 5, 8);
	assert_false(has(&cache, 2));
	put(&cache, 3, 8); /* anew: it is the newest */
	put(&cache, 6, 8);
	assert_false(has(&cache, 4));
	assert_true(has(&cache, 1) && has(&cache, 3) && has(&cache, 5) && has(&cache, 6));
	for (uint64_t b = 0; b < 64; b++)
		assert_null(cache_get(&cache, &(struct cache_key){1, b}));
}

static void its_bytes_are_bounded(void **state)
{
	_cleanup_cache_ struct cache cache = make_cache(64, 256);

	for (uint64_t a = 1; a <= 10; a++)
		put(&cache, a, 64);
	assert_int_equal(cache.bytes, 256);
	assert_true(has(&cache, 10) && has(&cache, 7) && !has(&cache, 6));
	put(&cache, 8, 1000); /* alone more than that: it has no other beside it */
	assert_true(has(&cache, 8) && !has(&cache, 10));
	put(&cache, 9, 8);
	assert_true(has(&cache, 9) && !has(&cache, 8));
	assert_int_equal(cache.bytes, 64);
}

static void what_was_made_of_an_entry_holds_until_it_changes(void **state)
{
	_cleanup_cache_ struct cache cache = make_cache(2, 4096);
	struct cache_ref ref, none;

	assert_false(get(&cache, 1));
	none = cache_latest(&cache);
	put(&cache, 1, 8);
	ref = cache_latest(&cache);
	put(&cache, 2, 8);
	assert_true(cache_holds(&cache, &ref)); /* which is a use */
	put(&cache, 3, 8);
	assert_true(has(&cache, 1) && cache_holds(&cache, &ref));
	put(&cache, 1, 8);
	assert_false(cache_holds(&cache, &ref)); /* the same key, but other data */
	assert_true(get(&cache, 3));
	ref = cache_latest(&cache);
	for (uint64_t a = 4; a < 10; a++)
		put(&cache, a, 8);
	assert_false(cache_holds(&cache, &ref)); /* its place is another one's */
	assert_false(cache_holds(&cache, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_goes_unless_it_was_used),
		cmocka_unit_test(its_bytes_are_bounded),
		cmocka_unit_test(what_was_made_of_an_entry_holds_until_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
