/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/recording/index-walk.h"

#include "proto/record/peek.h"
#include "proto/recording/input.h"
#include "tests/lib/zstd-fixture.h"

#define EACH 5u

static void build(struct stream *stream, struct packed *packed, unsigned events)
{
	stream_init(stream);
	stream_header(stream);
	for (unsigned i = 1; i < events; i++)
		stream_event(stream, i % 7 ? STREAM_SECCOMP : STREAM_OOM, i % STREAM_CPUS);
	packed_stream(packed, stream, EACH);
}

/* Frames from @end back to the first, of recordings of @last_seq records; returns their number. */
static unsigned walk(int fd, uint64_t end, uint64_t last_seq, uint64_t *ret_begin)
{
	uint64_t records = last_seq;
	struct recording_frame frame;
	unsigned n = 0;

	for (; !recording_frames_before(fd, end, &frame); n++) {
		assert_true(frame.end <= end && frame.offset < frame.end);
		assert_int_equal(frame.index.last_seq, last_seq);
		assert_int_equal(frame.index.first_seq, last_seq - EACH + 1);
		assert_int_equal(frame.index.counts[1], last_seq == EACH);
		last_seq = last_seq == EACH ? records : last_seq - EACH;
		end = frame.offset;
	}
	*ret_begin = end;
	return n;
}

static void from_the_end_back_to_the_beginning(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	uint64_t begin;

	build(&stream, &packed, 100);
	fd = memory_file(packed.data, packed.size);
	assert_int_equal(walk(fd, packed.size, 100, &begin), 20);
	assert_int_equal(begin, 0);
	assert_int_equal(recording_frames_before(fd, 0, &(struct recording_frame){0}),
			 RECORDING_FRAMES_NONE);
	packed_done(&packed);
	stream_done(&stream);
}

static void a_second_file_behind_the_first_hides_nothing(void **state)
{
	struct stream stream;
	struct packed packed, two;
	_cleanup_close_ int fd = -1;
	uint64_t begin;

	build(&stream, &packed, 30);
	packed_init(&two);
	packed_raw(&two, packed.data, packed.size);
	packed_raw(&two, packed.data, packed.size);
	fd = memory_file(two.data, two.size);
	assert_int_equal(walk(fd, two.size, 30, &begin), 12);
	assert_int_equal(begin, 0);
	packed_done(&two);
	packed_done(&packed);
	stream_done(&stream);
}

static void wherever_it_is_cut_the_last_whole_frame_is_found(void **state)
{
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;

	build(&stream, &packed, 30);
	fd = memory_file(packed.data, packed.size);
	for (uint64_t cut = packed.size; cut--;) {
		struct recording_frame frame = {0};
		int r;

		assert_ok(ftruncate(fd, (off_t)cut));
		r = recording_frames_before(fd, cut, &frame);
		assert_true(r == 0 || r == RECORDING_FRAMES_NONE);
		if (!r)
			assert_true(frame.end <= cut);
	}
	packed_done(&packed);
	stream_done(&stream);
}

static void a_damaged_index_hides_its_frame_only(void **state)
{
	struct recording_frame frame, before, found;
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	uint8_t byte;

	build(&stream, &packed, 50);
	fd = memory_file(packed.data, packed.size);
	assert_ok(recording_frames_before(fd, packed.size, &frame));
	assert_ok(recording_frames_before(fd, frame.offset, &frame));
	assert_ok(recording_frames_before(fd, frame.offset, &before));
	byte = packed.data[frame.end - 3] ^ 4;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)frame.end - 3), 1);
	assert_ok(recording_frames_before(fd, frame.end, &found));
	assert_int_equal(found.offset, before.offset);
	assert_int_equal(found.end, frame.offset);
	packed_done(&packed);
	stream_done(&stream);
}

/* A megabyte that says nothing lies behind the last frame. */
static void it_is_searched_far_but_not_without_end(void **state)
{
	struct recording_frame frame;
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	uint64_t last;

	build(&stream, &packed, 10);
	fd = memory_file(packed.data, packed.size);
	assert_ok(recording_frames_before(fd, packed.size, &frame));
	last = frame.offset;
	for (uint64_t gap = 0; gap < 3u << 20; gap += 100003) {
		assert_ok(ftruncate(fd, (off_t)(packed.size + gap)));
		assert_ok(recording_frames_before(fd, packed.size + gap, &frame));
		assert_int_equal(frame.offset, last);
	}
	assert_ok(ftruncate(fd, (off_t)packed.size + 2 * RECORDING_FRAMES_SEARCH));
	assert_int_equal(recording_frames_before(fd, packed.size + 2 * RECORDING_FRAMES_SEARCH,
						 &frame),
			 RECORDING_FRAMES_NONE);
	packed_done(&packed);
	stream_done(&stream);
}

static void only_a_right_payload_is_decoded(void **state)
{
	struct recording_index index = {.first_seq = 7, .last_seq = 9, .has_seq = true}, got;
	uint8_t payload[RECORDING_INDEX_MAX];
	size_t size;

	index.counts[3] = 1234567;
	index.has_boottime = true;
	index.min_boottime = 5;
	index.max_boottime = UINT64_MAX;
	size = recording_index_pack(&index, payload);
	assert_ok(recording_index_unpack(&got, payload, size));
	assert_memory_equal(&got, &index, sizeof(got));
	for (size_t i = 0; i < size; i++) {
		payload[i] ^= 0x10;
		assert_int_equal(recording_index_unpack(&got, payload, size), -EBADMSG);
		payload[i] ^= 0x10;
		assert_int_equal(recording_index_unpack(&got, payload, i), -EBADMSG);
	}
}

static void too_many_ranges_are_joined_where_it_costs_least(void **state)
{
	struct recording_ranges ranges = {0};
	uint64_t end = 100000000, at = end;
	unsigned gap = 0;

	for (unsigned i = 0; i < 2 * RECORDING_RANGES_MAX; i++) {
		gap = (gap * 31 + 17) % 101 + 1;
		recording_ranges_add_before(&ranges, at - 10, at);
		recording_ranges_add_before(&ranges, at - 10, at - 10); /* nothing */
		recording_ranges_add_before(&ranges, at - 15, at - 10); /* touches it */
		at -= 15 + gap;
	}
	assert_int_equal(ranges.n, RECORDING_RANGES_MAX);
	assert_int_equal(ranges.all[0].begin, at + gap);
	assert_int_equal(ranges.all[ranges.n - 1].end, end);
	for (size_t i = 0; i + 1 < ranges.n; i++) {
		assert_true(ranges.all[i].begin < ranges.all[i].end);
		assert_true(ranges.all[i].end < ranges.all[i + 1].begin);
	}
}

/* A frame in the middle of many, with a few reads and no more than it takes. */
static void selected_frames_are_read_and_no_others(void **state)
{
	struct recording_ranges ranges = {0};
	struct recording_frame frame;
	_cleanup_(input_freep) struct input *input = NULL;
	struct stream stream;
	struct packed packed;
	_cleanup_close_ int fd = -1;
	uint8_t buf[8192];
	struct peek peek;
	struct frame record;
	size_t n, need;

	build(&stream, &packed, 100);
	fd = memory_file(packed.data, packed.size);
	frame.offset = packed.size;
	for (int i = 0; i < 8; i++)
		assert_ok(recording_frames_before(fd, frame.offset, &frame));
	recording_ranges_add_before(&ranges, frame.offset, frame.end);
	assert_ok(input_new(&input, fd));
	assert_ok(input_select(input, &ranges));
	assert_ok(input_read(input, buf, sizeof(buf), &n));
	assert_int_equal(n, frame.index.uncompressed_bytes);
	assert_ok(frame_parse(buf, n, &record, &need));
	assert_true(peek_record(record.data, record.size, &peek));
	assert_int_equal(peek.seq, frame.index.first_seq);
	assert_int_equal(input_read(input, buf, sizeof(buf), &n), INPUT_END);
	packed_done(&packed);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_end_back_to_the_beginning),
		cmocka_unit_test(a_second_file_behind_the_first_hides_nothing),
		cmocka_unit_test(wherever_it_is_cut_the_last_whole_frame_is_found),
		cmocka_unit_test(a_damaged_index_hides_its_frame_only),
		cmocka_unit_test(it_is_searched_far_but_not_without_end),
		cmocka_unit_test(only_a_right_payload_is_decoded),
		cmocka_unit_test(too_many_ranges_are_joined_where_it_costs_least),
		cmocka_unit_test(selected_frames_are_read_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
