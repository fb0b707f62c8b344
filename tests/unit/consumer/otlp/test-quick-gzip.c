/* SPDX-License-Identifier: Apache-2.0 */
/* What zlib makes of it again is what it was. */
#include "consumer/otlp/quick-gzip.h"

#include <stdlib.h>
#include <zlib.h>

#include "tests/lib/test.h"

#define SIZE_MAX_HERE (256u * 1024)

static struct quick_gzip gzip;
static uint8_t plain[SIZE_MAX_HERE], again[SIZE_MAX_HERE];
static uint64_t state_of_random = 1;

static uint32_t any(uint32_t below)
{
	state_of_random = state_of_random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state_of_random >> 33) % below;
}

static size_t pack(uint8_t *out, size_t size, size_t cut)
{
	quick_gzip_begin(&gzip, out);
	quick_gzip_put(&gzip, plain, cut);
	quick_gzip_put(&gzip, plain + cut, size - cut);
	return quick_gzip_end(&gzip, out);
}

static void assert_comes_back(size_t size)
{
	const size_t bound = quick_gzip_bound(size);
	uint8_t *out = malloc(bound); /* of this size, so that what is too much is found */
	z_stream z = {.next_out = again, .avail_out = sizeof(again)};
	const size_t packed = pack(out, size, any((uint32_t)size + 1));

	assert_true(packed <= bound);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = out;
	z.avail_in = (unsigned)packed;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END); /* with crc and size */
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, size);
	assert_memory_equal(again, plain, size);
	assert_int_equal(inflateEnd(&z), Z_OK);
	free(out);
}

static void any_bytes_come_back(void **state)
{
	for (unsigned n = 0; n < 400; n++) {
		const size_t size = n < 300 ? n : any(SIZE_MAX_HERE);
		const uint32_t letters = 1 + any(n % 3 ? 256 : 3);

		for (size_t i = 0; i < size; i++)
			plain[i] = (uint8_t)(255 - any(letters));
		assert_comes_back(size);
	}
}

/* Matches of each length, and at each distance up to what deflate can tell. */
static void stretches_come_back(void **state)
{
	for (unsigned n = 0; n < 300; n++) {
		size_t size = 0;

		while (size < SIZE_MAX_HERE - 4096) {
			size_t length = 1 + any(n + 5), back = 1 + any(n % 2 ? 40000 : 300);

			for (size_t i = 0; i < length; i++, size++)
				plain[size] = size >= back && any(8) ? plain[size - back]
								     : (uint8_t)any(256);
			for (size_t i = 0; i < length && size >= back; i++, size++)
				plain[size] = plain[size - back];
		}
		assert_comes_back(size);
	}
}

static void the_longest_distance_is_the_window(void **state)
{
	for (size_t distance = 32760; distance < 32776; distance++) {
		for (size_t i = 0; i < 70000; i++)
			plain[i] = i < distance ? (uint8_t)any(256) : plain[i - distance];
		assert_comes_back(70000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_come_back),
		cmocka_unit_test(stretches_come_back),
		cmocka_unit_test(the_longest_distance_is_the_window),
	};

	quick_gzip_init(&gzip);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
