/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed and plain input: the same bytes, however they come. */
#include "tests/lib/input-fixture.h"

static void both_kinds_give_the_same_bytes(void **state)
{
	struct stream stream;
	struct packed packed;

	build_stream(&stream, 40);
	packed_stream(&packed, &stream, 5);
	{
		_cleanup_got_ struct got plain = read_bytes(stream.data, stream.size);
		_cleanup_got_ struct got zstd = read_bytes(packed.data, packed.size);

		assert_whole(&plain, &stream);
		assert_whole(&zstd, &stream);
		assert_int_equal(plain.marks, 0);
		assert_int_equal(zstd.marks, 9);
		assert_int_equal(zstd.indexed, 9);
	}
	packed_done(&packed);
	stream_done(&stream);
}

struct pieces {
	int fd;
	const struct packed *packed;
	size_t split;
	bool fine;
};

/* Two, with a moment between them. */
static void *write_pieces(void *data)
{
	struct pieces *pieces = data;
	const struct packed *packed = pieces->packed;

	pieces->fine = write_all(pieces->fd, packed->data, pieces->split) == 0;
	(void)usleep(500);
	pieces->fine = pieces->fine && write_all(pieces->fd, packed->data + pieces->split,
						 packed->size - pieces->split) == 0;
	(void)close(pieces->fd);
	return NULL;
}

static struct got read_pipe(const struct packed *packed, size_t split)
{
	struct pieces pieces = {.packed = packed, .split = split};
	_cleanup_(input_freep) struct input *input = NULL;
	pthread_t thread;
	struct got got;
	int fds[2];

	assert_ok(pipe2(fds, O_CLOEXEC));
	pieces.fd = fds[1];
	assert_ok(input_new(&input, fds[0]));
	assert_ok(pthread_create(&thread, NULL, write_pieces, &pieces));
	got = drain(input);
	assert_ok(pthread_join(thread, NULL));
	assert_true(pieces.fine);
	assert_ok(close(fds[0]));
	return got;
}

static void a_pipe_may_be_split_at_every_byte(void **state)
{
	struct stream stream;
	struct packed packed;

	build_stream(&stream, 1);
	packed_stream(&packed, &stream, 3);
	for (size_t split = 0; split < packed.size; split++) {
		_cleanup_got_ struct got got = read_pipe(&packed, split);

		assert_whole(&got, &stream);
	}
	packed_done(&packed);
	stream_done(&stream);
}

static void frames_of_others_and_files_in_a_row_are_read(void **state)
{
	static const uint8_t foreign[] = {0x53, 0x2a, 0x4d, 0x18, 5,   0,  0,
					  0,    'h',  'e',  'l',  'l', 'o'};
	uint8_t out[4096];
	struct stream stream;
	struct packed packed;
	size_t n;

	build_stream(&stream, 10);
	packed_stream(&packed, &stream, 3);
	packed_raw(&packed, foreign, sizeof(foreign));
	packed_put(&packed, stream.data, stream.size, false);
	packed_close(&packed);
	n = ZSTD_compress(out, sizeof(out), stream.data, stream.size, 1); /* without a checksum */
	assert_false(ZSTD_isError(n));
	packed_raw(&packed, out, n);
	{
		_cleanup_got_ struct got got = read_bytes(packed.data, packed.size);

		assert_int_equal(got.answer, INPUT_END);
		assert_int_equal(got.damages, 0);
		assert_int_equal(got.size, 3 * stream.size);
		for (size_t i = 0; i < 3; i++)
			assert_memory_equal(got.data + i * stream.size, stream.data, stream.size);
		assert_int_equal(got.marks, got.indexed + 1);
	}
	packed_done(&packed);
	stream_done(&stream);
}

static void all_before_a_cut_is_given_and_it_is_no_damage(void **state)
{
	struct stream stream;
	struct packed packed;
	size_t before = 0;

	build_stream(&stream, 60);
	packed_stream(&packed, &stream, 8);
	assert_true(packed.size > 4096);
	for (size_t cut = packed.size - 4096; cut < packed.size; cut++) {
		_cleanup_got_ struct got got = read_bytes(packed.data, cut);

		assert_true(got.answer == INPUT_END || got.answer == INPUT_CUT);
		assert_int_equal(got.damages, 0);
		assert_true(got.size >= before && got.size <= stream.size);
		if (got.size)
			assert_memory_equal(got.data, stream.data, got.size);
		before = got.size;
	}
	assert_int_equal(before, stream.size);
	packed_done(&packed);
	stream_done(&stream);
}

/* Each record is a block, with an empty one of 3 bytes behind it: the cut costs the one it is in.
 */
static void a_frame_never_finished_is_given_to_its_last_block(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_(input_freep) struct input *input = NULL;
	_cleanup_close_ int fd = -1;

	build_stream(&stream, 20);
	packed_init(&packed);
	packed_put(&packed, stream.data, stream.size, true);
	fd = memory_file(packed.data, packed.size);
	assert_ok(input_new(&input, fd));
	{
		_cleanup_got_ struct got got = drain(input);

		assert_whole(&got, &stream);
		assert_true(input_unfinished(input));
	}
	{
		_cleanup_got_ struct got got = read_bytes(packed.data, packed.size - 4);

		assert_int_equal(got.answer, INPUT_CUT);
		assert_memory_equal(got.data, stream.data, got.size);
		assert_int_equal(got.size, stream.latest);
	}
	packed_done(&packed);
	stream_done(&stream);
}

static void a_huge_skippable_frame_is_jumped_over(void **state)
{
	static const uint8_t skip[] = {0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff};
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = memory_file(skip, sizeof(skip));
	_cleanup_(input_freep) struct input *input = NULL;

	build_stream(&stream, 3);
	packed_stream(&packed, &stream, 3);
	assert_int_equal(pwrite(fd, packed.data, packed.size, 8 + 0xffffffffll), packed.size);
	assert_ok(input_new(&input, fd));
	{
		_cleanup_got_ struct got got = drain(input);

		assert_whole(&got, &stream);
	}
	packed_done(&packed);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_give_the_same_bytes),
		cmocka_unit_test(a_pipe_may_be_split_at_every_byte),
		cmocka_unit_test(frames_of_others_and_files_in_a_row_are_read),
		cmocka_unit_test(all_before_a_cut_is_given_and_it_is_no_damage),
		cmocka_unit_test(a_frame_never_finished_is_given_to_its_last_block),
		cmocka_unit_test(a_huge_skippable_frame_is_jumped_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
