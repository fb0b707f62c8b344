/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed input that is being written. */
#include "tests/lib/input-fixture.h"

static void append(int fd, const uint8_t *data, size_t size)
{
	assert_int_equal(lseek(fd, 0, SEEK_END) < 0, 0);
	assert_ok(write_all(fd, data, size));
}

static void a_growing_file_is_followed_block_by_block(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = memory_file("", 0);
	_cleanup_(input_freep) struct input *input = NULL;
	size_t given = 0;

	build_stream(&stream, 20);
	packed_stream(&packed, &stream, 6);
	assert_ok(input_new(&input, fd));
	input_follow(input, true);
	for (size_t at = 0; at < packed.size; at++) {
		_cleanup_got_ struct got got = {0};

		append(fd, packed.data + at, 1);
		got = drain(input);
		assert_int_equal(got.answer, INPUT_WAIT);
		if (got.size)
			assert_memory_equal(got.data, stream.data + given, got.size);
		given += got.size;
	}
	assert_int_equal(given, stream.size);
	packed_done(&packed);
	stream_done(&stream);
}

static void a_half_written_block_may_become_another(void **state)
{
	struct stream stream;
	struct packed packed;
	size_t whole, again;
	_cleanup_close_ int fd = -1;
	_cleanup_(input_freep) struct input *input = NULL;

	build_stream(&stream, 4);
	packed_init(&packed);
	packed_put(&packed, stream.data, stream.latest, false);
	recording_writer_mark(packed.writer);
	whole = packed.size;
	packed_put(&packed, stream.data + stream.latest, stream.size - stream.latest, false);
	fd = memory_file(packed.data, packed.size - 5);
	assert_ok(input_new(&input, fd));
	input_follow(input, true);
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.answer, INPUT_WAIT);
		assert_int_equal(got.size, stream.latest);
	}
	assert_ok(ftruncate(fd, (off_t)whole));
	assert_ok(recording_writer_rollback(packed.writer));
	again = packed.size;
	packed_put(&packed, stream.data + stream.latest, stream.size - stream.latest, false);
	packed_close(&packed);
	append(fd, packed.data + again, packed.size - again);
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.answer, INPUT_WAIT);
		assert_int_equal(got.damages, 0);
		assert_int_equal(got.size, stream.size - stream.latest);
		assert_memory_equal(got.data, stream.data + stream.latest, got.size);
	}
	packed_done(&packed);
	stream_done(&stream);
}

static void a_file_cut_back_begins_again_where_its_frame_does(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	_cleanup_(input_freep) struct input *input = NULL;

	build_stream(&stream, 4);
	packed_init(&packed);
	packed_put(&packed, stream.data, stream.size, true);
	fd = memory_file(packed.data, packed.size);
	assert_ok(input_new(&input, fd));
	input_follow(input, true);
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.answer, INPUT_WAIT);
	}
	assert_ok(ftruncate(fd, (off_t)packed.size - 1));
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.answer, INPUT_AGAIN);
		assert_int_equal(got.size, 0);
	}
	append(fd, packed.data + packed.size - 1, 1);
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.answer, INPUT_WAIT);
		assert_int_equal(got.size, stream.size);
	}
	packed_done(&packed);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_growing_file_is_followed_block_by_block),
		cmocka_unit_test(a_half_written_block_may_become_another),
		cmocka_unit_test(a_file_cut_back_begins_again_where_its_frame_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
