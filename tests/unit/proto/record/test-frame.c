/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/frame.h"
#include "proto/recording/input.h"

#include <fcntl.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "tests/lib/test.h"

/* Frames of 0, 1, 127, 128 and 300 bytes: lengths of one and of two bytes. */
static const size_t sizes[] = {3, 0, 1, 127, 128, 0, 300, 2};

static size_t build(uint8_t *buf)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = frame_put_length(p, sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			*p++ = (uint8_t)(i * 31 + k);
	}
	return (size_t)(p - buf);
}

static void assert_frame(const struct frame *frame, size_t i, uint64_t offset)
{
	assert_int_equal(frame->size, sizes[i]);
	assert_int_equal(frame->offset, offset);
	for (size_t k = 0; k < sizes[i]; k++)
		assert_int_equal(frame->data[k], (uint8_t)(i * 31 + k));
}

static size_t whole_size(const struct frame *frame)
{
	return (size_t)(frame->data - frame->start) + frame->size;
}

static int read_end; /* of the latest pipe */

/* A pipe that holds @size bytes; the write end comes back. */
static int piped(struct frame_reader *reader, const void *data, size_t size)
{
	int fds[2];

	assert_ok(pipe2(fds, O_CLOEXEC));
	assert_ok(write_all(fds[1], data, size));
	assert_ok(frame_reader_init(reader, fds[0]));
	read_end = fds[0];
	return fds[1];
}

static void close_both(struct frame_reader *reader, int write_end)
{
	if (write_end >= 0)
		assert_ok(close(write_end));
	assert_ok(close(read_end));
	frame_reader_done(reader);
}

static int open_with(struct frame_reader *reader, const void *data, size_t size)
{
	int fd = piped(reader, data, size);

	assert_ok(close(fd));
	return -1;
}

struct late {
	int fd;
	const uint8_t *data;
	size_t size;
	unsigned calls;
};

/* The rest of the input arrives only when the reader would have to wait. */
static void send_rest(void *data)
{
	struct late *late = data;

	late->calls++;
	assert_ok(write_all(late->fd, late->data, late->size));
	assert_ok(close(late->fd));
	late->fd = -1;
	late->size = 0;
}

static void any_split_in_two_gives_the_same_frames(void **state)
{
	uint8_t buf[1024];
	size_t size = build(buf);

	for (size_t split = 0; split < size; split++) {
		struct frame_reader reader;
		struct frame frame;
		struct late late = {.data = buf + split, .size = size - split};
		uint64_t offset = 0;

		late.fd = piped(&reader, buf, split);
		input_on_idle(reader.input, send_rest, &late);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			assert_ok(frame_next(&reader, &frame));
			assert_frame(&frame, i, offset);
			offset += whole_size(&frame);
		}
		assert_int_equal(frame_next(&reader, &frame), FRAME_END);
		assert_int_equal(frame_next(&reader, &frame), FRAME_END);
		assert_int_equal(late.calls, 1);
		assert_int_equal(offset, size);
		close_both(&reader, late.fd);
	}
}

struct drip {
	int fd;
	const uint8_t *data;
	size_t size;
};

static void send_one(void *data)
{
	struct drip *drip = data;

	if (!drip->size) {
		assert_ok(close(drip->fd));
		drip->fd = -1;
		return;
	}
	assert_ok(write_all(drip->fd, drip->data++, 1));
	drip->size--;
}

static void single_bytes_give_the_same_frames(void **state)
{
	uint8_t buf[1024];
	struct frame_reader reader;
	struct frame frame;
	struct drip drip = {.data = buf, .size = build(buf)};
	uint64_t offset = 0;

	drip.fd = piped(&reader, "", 0);
	input_on_idle(reader.input, send_one, &drip);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_ok(frame_next(&reader, &frame));
		assert_frame(&frame, i, offset);
		offset += whole_size(&frame);
	}
	assert_int_equal(frame_next(&reader, &frame), FRAME_END);
	close_both(&reader, drip.fd);
}

static void a_cut_anywhere_is_told_with_the_end_of_the_last_whole_frame(void **state)
{
	uint8_t buf[1024];
	size_t size = build(buf), ends[ARRAY_SIZE(sizes) + 1] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		ends[i + 1] = ends[i] + pb_varint_size(sizes[i]) + sizes[i];
	for (size_t cut = 0; cut <= size; cut++) {
		struct frame_reader reader;
		struct frame frame;
		size_t whole = 0, rest;
		int fd = open_with(&reader, buf, cut), r;

		while (!(r = frame_next(&reader, &frame))) {
			assert_frame(&frame, whole, ends[whole]);
			whole++;
		}
		assert_int_equal(r, ends[whole] == cut ? FRAME_END : FRAME_CUT);
		assert_int_equal(frame_next(&reader, &frame), r);
		assert_int_equal(reader.offset, ends[whole]);
		assert_ptr_equal(frame_rest(&reader, &rest), reader.buf + reader.begin);
		assert_int_equal(rest, cut - ends[whole]);
		close_both(&reader, fd);
	}
}

static void assert_parse(const void *data, size_t size, int answer)
{
	struct frame frame;
	size_t need;

	assert_int_equal(frame_parse(data, size, &frame, &need), answer);
}

static void a_length_not_in_its_shortest_form_is_refused(void **state)
{
	assert_parse("\x80\x00", 2, FRAME_BAD);
	assert_parse("\x81\x80\x00", 3, FRAME_BAD);
	assert_parse("\x00", 1, 0);
}

static void a_length_of_more_than_five_bytes_is_refused(void **state)
{
	assert_parse("\xff\xff\xff\xff", 4, FRAME_MORE);
	assert_parse("\xff\xff\xff\xff\xff", 5, FRAME_BAD);
	assert_parse("\xff\xff\xff\xff\x0f", 5, FRAME_BAD);
}

static void a_frame_above_one_mebibyte_is_refused(void **state)
{
	uint8_t buf[FRAME_PREFIX_MAX];

	assert_parse(buf, (size_t)(frame_put_length(buf, FRAME_MAX) - buf), FRAME_MORE);
	assert_parse(buf, (size_t)(frame_put_length(buf, FRAME_MAX + 1) - buf), FRAME_BAD);
}

static void a_bad_length_is_told_with_its_offset_and_repeats(void **state)
{
	static const uint8_t data[] = {2, 'a', 'b', 0x80, 0x00, 7};
	struct frame_reader reader;
	struct frame frame;
	int fd = open_with(&reader, data, sizeof(data));

	assert_ok(frame_next(&reader, &frame));
	assert_int_equal(frame_next(&reader, &frame), FRAME_BAD);
	assert_int_equal(frame_next(&reader, &frame), FRAME_BAD);
	assert_int_equal(reader.offset, 3);
	close_both(&reader, fd);
}

/* From a file, because a pipe holds less. */
static void the_largest_frame_is_read_and_memory_stays_bounded(void **state)
{
	_cleanup_free_ uint8_t *buf = malloc(FRAME_MAX + FRAME_PREFIX_MAX);
	_cleanup_fclose_ FILE *file = tmpfile();
	struct frame_reader reader;
	struct frame frame;
	size_t prefix;

	assert_non_null(buf);
	assert_non_null(file);
	prefix = (size_t)(frame_put_length(buf, FRAME_MAX) - buf);
	memset(buf + prefix, 7, FRAME_MAX);
	for (int i = 0; i < 3; i++)
		assert_ok(write_all(fileno(file), buf, prefix + FRAME_MAX));
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	assert_ok(frame_reader_init(&reader, fileno(file)));
	for (int i = 0; i < 3; i++) {
		assert_ok(frame_next(&reader, &frame));
		assert_int_equal(frame.size, FRAME_MAX);
		assert_memory_equal(frame.data, buf + prefix, FRAME_MAX);
	}
	assert_int_equal(frame_next(&reader, &frame), FRAME_END);
	assert_int_equal(reader.size, FRAME_MAX + FRAME_PREFIX_MAX);
	frame_reader_done(&reader);
	frame_reader_done(&reader);
}

static void a_read_error_is_passed_on(void **state)
{
	struct frame_reader reader;
	struct frame frame;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_ok(frame_reader_init(&reader, fd));
	assert_int_equal(frame_next(&reader, &frame), -EISDIR);
	close_both(&reader, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_split_in_two_gives_the_same_frames),
		cmocka_unit_test(single_bytes_give_the_same_frames),
		cmocka_unit_test(a_cut_anywhere_is_told_with_the_end_of_the_last_whole_frame),
		cmocka_unit_test(a_length_not_in_its_shortest_form_is_refused),
		cmocka_unit_test(a_length_of_more_than_five_bytes_is_refused),
		cmocka_unit_test(a_frame_above_one_mebibyte_is_refused),
		cmocka_unit_test(a_bad_length_is_told_with_its_offset_and_repeats),
		cmocka_unit_test(the_largest_frame_is_read_and_memory_stays_bounded),
		cmocka_unit_test(a_read_error_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
