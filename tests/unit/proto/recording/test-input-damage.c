/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed input that is damaged, or wants too much. */
#include "proto/recording/input-internal.h"
#include "tests/lib/input-fixture.h"

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

	build_stream(&stream, 40);
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

	build_stream(&stream, 40);
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

static void refused_content_is_left_out_to_the_end_of_its_frame(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	_cleanup_(input_freep) struct input *input = NULL;
	uint8_t buf[8];
	size_t n;

	build_stream(&stream, 40);
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

/* Frames each of which begins in the first block of the one before, and ends where all do. */
static size_t overlap(uint8_t *p, size_t n)
{
	static const uint8_t unit[] = {
		0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, /* a frame */
		0x48, 0x00, 0x00,                   /* a raw block of 9 bytes: the next frame */
		0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, /* which has */
		0x00, 0x00, 0x00,                   /* an empty block */
	};
	size_t size = 6;

	memcpy(p, unit, size);
	for (size_t i = 0; i < n; i++, size += sizeof(unit) - 6)
		memcpy(p + size, unit + 6, sizeof(unit) - 6);
	memcpy(p + size, "\x06\x00\x00", 3); /* a reserved kind of block */
	return size + 3;
}

static uint64_t work_of(size_t frames)
{
	uint8_t *data = malloc(12 * frames + 16);
	size_t size = overlap(data, frames);
	_cleanup_close_ int fd = memory_file(data, size);
	_cleanup_(input_freep) struct input *input = NULL;

	assert_ok(input_new(&input, fd));
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.answer, INPUT_END);
		assert_true(got.damages > 0);
	}
	free(data);
	return input->fresh + input->vain;
}

static void frames_that_overlap_cost_what_others_do(void **state)
{
	for (size_t frames = 1000; frames <= 64000; frames *= 4)
		assert_true(work_of(frames) <= 3 * (UINT64_C(12) * frames * 2 + 512 + INPUT_VAIN));
}

static void what_unpacks_to_more_than_a_recording_can_is_refused(void **state)
{
	size_t size = 6, blocks = 20000;
	uint8_t *data = malloc(size + 4 * blocks);
	_cleanup_close_ int fd = -1;
	_cleanup_(input_freep) struct input *input = NULL;

	memcpy(data, "\x28\xb5\x2f\xfd\x00\x50", size);
	for (size_t i = 0; i < blocks; i++, size += 4)
		memcpy(data + size, i + 1 < blocks ? "\x02\x00\x10\x01" : "\x03\x00\x10\x01", 4);
	fd = memory_file(data, size);
	assert_ok(input_new(&input, fd));
	{
		_cleanup_got_ struct got got = drain(input);

		assert_int_equal(got.damages, 1);
		assert_int_equal(got.damage.fault, INPUT_FAULT_RATIO);
		assert_true(got.size < INPUT_UNPACKED + INPUT_RATIO * size);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flipped_bit_costs_its_frame_and_nothing_wrong_is_given),
		cmocka_unit_test(damage_says_where_and_what_was_there),
		cmocka_unit_test(of_a_larger_frame_it_is_told_what_was_given_unproved),
		cmocka_unit_test(what_wants_too_much_is_refused),
		cmocka_unit_test(refused_content_is_left_out_to_the_end_of_its_frame),
		cmocka_unit_test(frames_that_overlap_cost_what_others_do),
		cmocka_unit_test(what_unpacks_to_more_than_a_recording_can_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
