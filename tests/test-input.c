/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include <malloc.h>
#include <pthread.h>
#include <zstd.h>

#include "zstd-fixture.h"

/* What an input gave, and what it said at the end. */
struct got {
	uint8_t *data;
	size_t size;
	int answer;
	unsigned damages, marks, indexed;
	struct input_damage damage; /* the first */
	size_t damaged_at;          /* how much was given before it */
};

static void got_free(struct got *got)
{
	free(got->data);
}

#define _cleanup_got_ _cleanup_(got_free)

static void take(struct got *got, const struct input *input, int answer)
{
	if (answer == INPUT_MARK) {
		got->marks++;
		got->indexed += input_mark(input)->indexed;
	} else if (answer == INPUT_DAMAGED && !got->damages++) {
		got->damage = *input_damage(input);
		got->damaged_at = got->size;
	}
}

static struct got drain(struct input *input)
{
	struct got got = {0};
	static uint8_t buf[50021];
	size_t n;

	for (;;) {
		got.answer = input_read(input, buf, sizeof(buf), &n);
		take(&got, input, got.answer);
		if (got.answer == INPUT_MARK || got.answer == INPUT_DAMAGED)
			continue;
		if (got.answer)
			break;
		got.data = realloc(got.data, got.size + n);
		assert_non_null(got.data);
		memcpy(got.data + got.size, buf, n);
		got.size += n;
	}
	if (got.answer != INPUT_WAIT && got.answer != INPUT_AGAIN)
		assert_int_equal(input_read(input, buf, sizeof(buf), &n), got.answer);
	return got;
}

static struct got read_bytes(const void *data, size_t size)
{
	_cleanup_close_ int fd = memory_file(data, size);
	_cleanup_(input_freep) struct input *input = NULL;

	assert_ok(input_new(&input, fd));
	input_want_marks(input);
	return drain(input);
}

static void build(struct stream *stream, unsigned events)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	for (unsigned i = 0; i < events; i++)
		stream_event(stream, i % 7 ? STREAM_SECCOMP : STREAM_OOM, i % STREAM_CPUS);
	stream_counters(stream);
	stream_footer(stream);
}

static void assert_whole(const struct got *got, const struct stream *stream)
{
	assert_int_equal(got->answer, INPUT_END);
	assert_int_equal(got->damages, 0);
	assert_int_equal(got->size, stream->size);
	assert_memory_equal(got->data, stream->data, stream->size);
}

static void both_kinds_give_the_same_bytes(void **state)
{
	struct stream stream;
	struct packed packed;

	build(&stream, 40);
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

	build(&stream, 1);
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

	build(&stream, 10);
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

	build(&stream, 60);
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

	build(&stream, 20);
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

/* @part is @whole with one stretch left out, and maybe the end. */
static bool is_rest(const struct got *part, const struct stream *whole)
{
	size_t at = part->damages ? part->damaged_at : part->size, tail = part->size - at;

	return part->size <= whole->size && !memcmp(part->data, whole->data, at) &&
	       !memcmp(part->data + at, whole->data + whole->size - tail, tail);
}

static void a_flipped_bit_costs_its_frame_and_nothing_wrong_is_given(void **state)
{
	struct stream stream;
	struct packed packed;
	size_t least = SIZE_MAX, most = 0;

	build(&stream, 40);
	packed_stream(&packed, &stream, 5);
	for (size_t bit = 32; bit < 8 * packed.size; bit += 37) {
		_cleanup_got_ struct got got = {0};

		packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		got = read_bytes(packed.data, packed.size);
		packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(is_rest(&got, &stream));
		if (got.size == stream.size)
			continue;
		assert_int_equal(got.damages, 1);
		least = got.size < least ? got.size : least;
		most = got.size > most ? got.size : most;
	}
	/* the largest frame is the one with the counters */
	assert_true(stream.size - least <= 8 * 300);
	assert_true(most < stream.size);
	packed_done(&packed);
	stream_done(&stream);
}

static void damage_says_where_and_what_was_there(void **state)
{
	struct input_mark mark;
	struct stream stream;
	struct packed packed;
	uint8_t buf[4096];
	char text[256], want[256];
	size_t n;

	build(&stream, 40);
	packed_stream(&packed, &stream, 5);
	{
		_cleanup_close_ int fd = memory_file(packed.data, packed.size);
		_cleanup_(input_freep) struct input *input = NULL;

		assert_ok(input_new(&input, fd));
		input_want_marks(input);
		for (int i = 0; i < 3; i++)
			while (input_read(input, buf, sizeof(buf), &n) != INPUT_MARK)
				;
		mark = *input_mark(input);
	}
	assert_true(mark.checksum && mark.indexed);
	packed.data[mark.offset + mark.size - 1] ^= 1;
	{
		_cleanup_got_ struct got got = read_bytes(packed.data, packed.size);

		assert_int_equal(got.damage.fault, INPUT_FAULT_CHECKSUM);
		assert_int_equal(got.damage.offset, mark.offset);
		assert_int_equal(got.damage.end, mark.offset + mark.size);
		assert_true(got.damage.found && got.damage.indexed);
		assert_int_equal(got.damage.given, 0);
		assert_int_equal(got.damage.index.first_seq, 11);
		assert_int_equal(got.damage.index.last_seq, 15);
		assert_int_equal(got.size, stream.size - mark.content);
		(void)snprintf(want, sizeof(want),
			       "the checksum of the zstd frame at byte %zu does not fit; reading "
			       "goes on at byte %zu",
			       (size_t)mark.offset, (size_t)(mark.offset + mark.size));
		assert_string_equal(input_damage_text(&got.damage, text, sizeof(text)), want);
	}
	packed_done(&packed);
	stream_done(&stream);
}

/* zstd's own frame around 4 MiB, which is more than is held back. */
static void of_a_larger_frame_it_is_told_what_was_given_unproved(void **state)
{
	size_t size = 4u << 20, room = ZSTD_compressBound(size), n;
	_cleanup_free_ uint8_t *data = malloc(size), *out = malloc(room);
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	assert_true(data && out && zstd);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * i >> 7);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(zstd, out, room, data, size);
	assert_false(ZSTD_isError(n));
	{
		_cleanup_got_ struct got got = read_bytes(out, n);

		assert_int_equal(got.answer, INPUT_END);
		assert_int_equal(got.damages, 0);
		assert_memory_equal(got.data, data, size);
	}
	out[n - 1] ^= 1;
	{
		_cleanup_got_ struct got got = read_bytes(out, n);

		assert_int_equal(got.damages, 1);
		assert_int_equal(got.damage.given, got.size);
		assert_true(got.size > 0 && got.size < size);
		assert_false(got.damage.found);
	}
	ZSTD_freeCCtx(zstd);
}

static void assert_refused(const void *data, size_t size, enum input_fault fault)
{
	size_t before = mallinfo2().uordblks, after;
	_cleanup_close_ int fd = memory_file(data, size);
	_cleanup_(input_freep) struct input *input = NULL;
	uint8_t buf[64];
	size_t n;

	assert_ok(input_new(&input, fd));
	assert_int_equal(input_read(input, buf, sizeof(buf), &n), INPUT_DAMAGED);
	assert_int_equal(input_damage(input)->fault, fault);
	assert_int_equal(input_read(input, buf, sizeof(buf), &n), INPUT_END);
	after = mallinfo2().uordblks; /* 0 under a sanitizer's allocator */
	assert_true(after - before < 4u << 20);
}

static void what_wants_too_much_is_refused(void **state)
{
	/* a window of 2 GiB; a dictionary; an empty last block behind both */
	static const uint8_t window[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0xa8, 1, 0, 0, 0, 0, 0, 0};
	static const uint8_t dictionary[] = {0x28, 0xb5, 0x2f, 0xfd, 0x05, 0x50,
					     0x07, 1,    0,    0,    0,    0};
	/* 4 GiB of skippable content that is not there */
	static const uint8_t skip[] = {0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff, 1, 2, 3};
	_cleanup_got_ struct got got = {0};

	assert_refused(window, sizeof(window), INPUT_FAULT_WINDOW);
	assert_refused(dictionary, sizeof(dictionary), INPUT_FAULT_DICTIONARY);
	got = read_bytes(skip, sizeof(skip));
	assert_int_equal(got.answer, INPUT_CUT);
	assert_int_equal(got.size, 0);
}

static void a_huge_skippable_frame_is_jumped_over(void **state)
{
	static const uint8_t skip[] = {0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff};
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = memory_file(skip, sizeof(skip));
	_cleanup_(input_freep) struct input *input = NULL;

	build(&stream, 3);
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

	build(&stream, 20);
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

	build(&stream, 4);
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

	build(&stream, 4);
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

static void refused_content_is_left_out_to_the_end_of_its_frame(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	_cleanup_(input_freep) struct input *input = NULL;
	uint8_t buf[8];
	size_t n;

	build(&stream, 40);
	packed_stream(&packed, &stream, 5);
	fd = memory_file(packed.data, packed.size);
	assert_ok(input_new(&input, fd));
	assert_ok(input_read(input, buf, sizeof(buf), &n));
	assert_true(input_refuse(input));
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.damages, 1);
		assert_int_equal(got.damage.fault, INPUT_FAULT_RECORDS);
		assert_int_equal(got.damage.offset, 0);
		assert_true(got.damage.indexed);
		assert_int_equal(got.size, stream.size - got.damage.index.uncompressed_bytes);
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
		cmocka_unit_test(a_flipped_bit_costs_its_frame_and_nothing_wrong_is_given),
		cmocka_unit_test(damage_says_where_and_what_was_there),
		cmocka_unit_test(of_a_larger_frame_it_is_told_what_was_given_unproved),
		cmocka_unit_test(what_wants_too_much_is_refused),
		cmocka_unit_test(a_huge_skippable_frame_is_jumped_over),
		cmocka_unit_test(a_growing_file_is_followed_block_by_block),
		cmocka_unit_test(a_half_written_block_may_become_another),
		cmocka_unit_test(a_file_cut_back_begins_again_where_its_frame_does),
		cmocka_unit_test(refused_content_is_left_out_to_the_end_of_its_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
