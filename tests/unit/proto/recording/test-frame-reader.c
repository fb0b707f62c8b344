/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of compressed inputs, which are handed out where they were decoded: wherever the zstd
 * frames end that hold them. */
#include <zstd.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "tests/lib/input-fixture.h"

#define FRAMES 1500u

struct bytes {
	uint8_t *data;
	size_t size;
};

static struct bytes plain;

static uint32_t random_below(uint32_t n)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

/* Empty ones, small ones, and some larger than the reader's buffer is. */
static size_t choose_size(unsigned i)
{
	if (i % 500 == 77)
		return FRAME_MAX - i % 2;
	if (i % 100 == 3)
		return 100000 + random_below(100000);
	return random_below(400);
}

static int make_frames(void **state)
{
	(void)state;
	plain.data = malloc((size_t)16 * FRAME_MAX);
	assert_non_null(plain.data);
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t size = choose_size(i);
		uint8_t *p = frame_put_length(plain.data + plain.size, size);

		for (size_t k = 0; k < size; k++)
			p[k] = (uint8_t)random_below(250);
		plain.size = (size_t)(p - plain.data) + size;
		assert_true(plain.size < (size_t)14 * FRAME_MAX);
	}
	return 0;
}

static int free_frames(void **state)
{
	(void)state;
	free(plain.data);
	return 0;
}

/* In zstd frames of at most @most bytes each. */
static struct bytes pack(size_t most)
{
	size_t room = 2 * plain.size + ZSTD_compressBound(most);
	struct bytes packed = {.data = malloc(room)};

	assert_non_null(packed.data);
	for (size_t at = 0, n; at < plain.size; at += n) {
		n = 1 + random_below((uint32_t)most);
		n = n < plain.size - at ? n : plain.size - at;
		packed.size += ZSTD_compress(packed.data + packed.size, room - packed.size,
					     plain.data + at, n, 1);
		assert_true(packed.size < room);
	}
	return packed;
}

/* It has @n frames. */
static void assert_frames(const struct bytes *file, unsigned n, bool ahead)
{
	_cleanup_close_ int fd = memory_file(file->data, file->size);
	_cleanup_(frame_reader_done) struct frame_reader reader = FRAME_READER_NULL;
	const uint8_t *p = plain.data;
	struct frame frame, expected;
	size_t rest;

	assert_ok(frame_reader_init(&reader, fd));
	if (ahead)
		input_run_ahead(reader.input);
	for (unsigned i = 0; i < n; i++) {
		assert_ok(frame_parse(p, plain.size - (size_t)(p - plain.data), &expected, &rest));
		assert_ok(frame_next(&reader, &frame));
		assert_int_equal(frame.offset, p - plain.data);
		assert_int_equal(frame.size, expected.size);
		assert_memory_equal(frame.start, p, frame_whole(&expected));
		p += frame_whole(&expected);
	}
	assert_int_equal(frame_next(&reader, &frame), FRAME_END);
	(void)frame_rest(&reader, &rest);
	assert_int_equal(rest, 0);
}

static void frames_end_anywhere_in_zstd_frames(void **state)
{
	static const size_t most[] = {3000, 100000, 3000000};

	for (size_t i = 0; i < ARRAY_SIZE(most); i++) {
		struct bytes packed = pack(most[i]);

		assert_frames(&packed, FRAMES, false);
		assert_frames(&packed, FRAMES, true);
		free(packed.data);
	}
	assert_frames(&plain, FRAMES, false);
}

/* More of it than the reader's buffer holds, before that has grown. */
static void a_zstd_frame_may_end_far_inside_the_first_large_frame(void **state)
{
	static const size_t firsts[] = {1, 128 * 1024, 128 * 1024 + 1, 500000, FRAME_MAX + 2};
	const struct bytes all = plain;

	plain.data = malloc(FRAME_MAX + FRAME_PREFIX_MAX);
	assert_non_null(plain.data);
	memset(frame_put_length(plain.data, FRAME_MAX), 'x', FRAME_MAX);
	plain.size = FRAME_MAX + 3;
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		uint8_t packed[8192];
		size_t n = ZSTD_compress(packed, sizeof(packed), plain.data, firsts[i], 1);

		n += ZSTD_compress(packed + n, sizeof(packed) - n, plain.data + firsts[i],
				   plain.size - firsts[i], 1);
		assert_true(n < sizeof(packed));
		assert_frames(&(struct bytes){packed, n}, 1, false);
		assert_frames(&(struct bytes){packed, n}, 1, true);
	}
	free(plain.data);
	plain = all;
}

static void a_frame_that_is_cut_is_what_is_left(void **state)
{
	struct bytes packed = pack(100000);
	_cleanup_close_ int fd = -1;
	_cleanup_(frame_reader_done) struct frame_reader reader = FRAME_READER_NULL;
	struct frame frame;
	const uint8_t *p;
	size_t rest;
	int r;

	/* one more, of which three bytes of ten are there */
	packed.size += ZSTD_compress(packed.data + packed.size, 100, "\nabc", 4, 1);
	fd = memory_file(packed.data, packed.size);
	assert_ok(frame_reader_init(&reader, fd));
	while (!(r = frame_next(&reader, &frame)))
		;
	assert_int_equal(r, FRAME_CUT);
	assert_int_equal(reader.offset, plain.size);
	p = frame_rest(&reader, &rest);
	assert_int_equal(rest, 4);
	assert_memory_equal(p, "\nabc", 4);
	assert_int_equal(frame_next(&reader, &frame), FRAME_CUT);
	free(packed.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_end_anywhere_in_zstd_frames),
		cmocka_unit_test(a_zstd_frame_may_end_far_inside_the_first_large_frame),
		cmocka_unit_test(a_frame_that_is_cut_is_what_is_left),
	};

	return cmocka_run_group_tests(tests, make_frames, free_frames);
}
