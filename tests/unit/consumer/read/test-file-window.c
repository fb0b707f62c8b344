/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/damage/file-window.h"

#include "tests/lib/zstd-fixture.h"

#define FILE_SIZE (6u << 20)
#define _cleanup_window_ _cleanup_(file_window_done)

/* A file whose bytes tell where they are. */
static int numbered_file(void)
{
	uint32_t *words = malloc(FILE_SIZE);
	int fd;

	assert_non_null(words);
	for (uint32_t i = 0; i < FILE_SIZE / sizeof(*words); i++)
		words[i] = i * 2654435761u;
	fd = memory_file(words, FILE_SIZE);
	free(words);
	return fd;
}

static void assert_at(struct file_window *window, uint64_t offset, size_t want)
{
	size_t rest = offset < FILE_SIZE ? (size_t)(FILE_SIZE - offset) : 0, size;
	const uint8_t *p;

	assert_ok(file_window_at(window, offset, want, &p, &size));
	assert_in_range(size, want < rest ? want : rest, FILE_WINDOW_SIZE);
	assert_true(size <= rest);
	for (size_t i = 0; i < size; i += i < 8 || i + 9 > size ? 1 : (size - i) / 2) {
		uint32_t word = (uint32_t)((offset + i) / 4) * 2654435761u;

		assert_int_equal(p[i], ((const uint8_t *)&word)[(offset + i) % 4]);
	}
}

static void all_bytes_are_where_they_are_in_the_file(void **state)
{
	_cleanup_close_ int fd = numbered_file();
	_cleanup_window_ struct file_window window;
	uint64_t random = 1;

	file_window_init(&window, fd);
	for (unsigned i = 0; i < 2000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		assert_at(&window, (random >> 33) % (FILE_SIZE + 1000),
			  (random >> 20) % (i % 10 ? 1000 : FILE_WINDOW_SIZE / 2));
	}
	for (uint64_t at = 0; at < FILE_SIZE + 2; at += 40001) /* on, a bit at a time */
		assert_at(&window, at, 50000);
	assert_at(&window, 0, FILE_WINDOW_SIZE);
	assert_at(&window, FILE_SIZE - 1, 1);
	assert_at(&window, FILE_SIZE, 1);
	assert_at(&window, FILE_SIZE + 5, 1);
	assert_in_range(window.room, 1, FILE_WINDOW_SIZE);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	_cleanup_window_ struct file_window window;
	const uint8_t *p;
	size_t size;

	file_window_init(&window, -1);
	assert_int_equal(file_window_at(&window, 0, 1, &p, &size), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_are_where_they_are_in_the_file),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
