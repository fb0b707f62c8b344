/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumer/base/arena.h"
#include "proto/base/util.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

/* A file in memory with these bytes, at its start. */
static int file_with(const void *data, size_t size)
{
	int fd = memfd_create("test-reader", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(write_all(fd, data, size));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct reader *reader_of(const void *data, size_t size, int *ret_fd)
{
	struct reader *reader;

	*ret_fd = file_with(data, size);
	assert_ok(reader_new(&reader, *ret_fd, "x.pb"));
	return reader;
}

static void build(struct stream *stream)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	stream_event(stream, STREAM_OOM, 0);
	stream_event(stream, STREAM_SECCOMP, 1);
	stream_footer(stream);
}

static void assert_problem(const void *data, size_t size, int answer, const char *problem)
{
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = reader_of(data, size, &fd);
	struct reader_record item;
	int r;

	while (!(r = reader_next(reader, &item)))
		;
	assert_int_equal(r, answer);
	assert_string_equal(reader_reason(reader), problem);
	assert_memory_equal(reader_problem(reader), "x.pb: ", 6);
	assert_string_equal(reader_problem(reader) + 6, problem);
	if (answer != READER_DAMAGED)
		assert_int_equal(reader_next(reader, &item), answer);
}

/* @format has the place of an offset. */
static void assert_problem_at(const struct stream *stream, size_t size, int answer,
			      const char *format, size_t offset)
{
	char problem[256];

	(void)snprintf(problem, sizeof(problem), format, offset);
	assert_problem(stream->data, size, answer, problem);
}

static void records_come_in_order_with_their_bytes_and_offsets(void **state)
{
	struct stream stream;
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;
	uint64_t offset = 0;

	build(&stream);
	reader = reader_of(stream.data, stream.size, &fd);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		assert_ok(reader_next(reader, &item));
		assert_int_equal(item.record->seq, seq);
		assert_int_equal(item.offset, offset);
		assert_int_equal(item.header, seq == 1);
		assert_false(item.unknown);
		assert_memory_equal(item.frame, stream.data + offset + (item.frame - item.start),
				    item.size);
		offset += (uint64_t)(item.frame - item.start) + item.size;
	}
	assert_int_equal(reader_next(reader, &item), READER_END);
	assert_int_equal(reader_next(reader, &item), READER_END);
	assert_int_equal(offset, stream.size);
	stream_done(&stream);
}

static void the_latest_header_is_known(void **state)
{
	struct stream stream;
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;

	build(&stream);
	reader = reader_of(stream.data, stream.size, &fd);
	assert_null(reader_header(reader));
	assert_ok(reader_next(reader, &item));
	assert_string_equal(reader_header(reader)->host_name, "web-1");
	assert_string_equal(reader_header(reader)->labels[0]->value, "eu1");
	stream_done(&stream);
}

static void streams_one_behind_the_other_are_one_input(void **state)
{
	struct stream stream;
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;
	unsigned headers = 0, n = 0;

	build(&stream);
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 0);
	reader = reader_of(stream.data, stream.size, &fd);
	for (; !reader_next(reader, &item); n++) {
		headers += item.header;
		if (headers == 2)
			assert_int_equal(reader_header(reader)->first_seq, 6);
	}
	assert_int_equal(headers, 2);
	assert_int_equal(n, 7);
	stream_done(&stream);
}

static void every_cut_is_told_and_all_before_it_is_read(void **state)
{
	struct stream stream;
	size_t header_size = 0;

	build(&stream);
	for (size_t cut = 1; cut < stream.size; cut++) {
		_cleanup_close_ int fd = -1;
		_cleanup_(reader_freep) struct reader *reader = reader_of(stream.data, cut, &fd);
		struct reader_record item;
		uint64_t end = 0;
		int r;

		while (!(r = reader_next(reader, &item))) {
			end = item.offset + (uint64_t)(item.frame - item.start) + item.size;
			header_size = item.header ? end : header_size;
		}
		/* whose bytes it begins with is known once its magic is there */
		if (!end)
			assert_int_equal(r, memmem(stream.data, cut, "RINGSIDE", 8)
						    ? READER_CUT
						    : READER_FOREIGN);
		else
			assert_int_equal(r, end == cut ? READER_END : READER_CUT);
	}
	assert_true(header_size > 0);
	assert_problem_at(&stream, header_size + 3, READER_CUT,
			  "cut inside a record: the last 3 bytes, from byte %zu on, are not a "
			  "whole one",
			  header_size);
	assert_problem(stream.data, 20, READER_CUT,
		       "cut short at byte 20, before its first record is whole: nothing of it can "
		       "be read or repaired; copy or download it again");
	assert_problem(stream.data, 5, READER_FOREIGN,
		       "not a Ringside recording: it ends before its first record does");
	stream_done(&stream);
}

static void an_empty_input_says_that_nothing_was_recorded(void **state)
{
	assert_problem("", 0, READER_FOREIGN,
		       "empty: nothing was recorded, or what wrote it failed; `ringside doctor` "
		       "tells whether anything can be");
	assert_problem("\0\0", 2, READER_FOREIGN,
		       "empty: nothing was recorded, or what wrote it failed; `ringside doctor` "
		       "tells whether anything can be");
}

static void other_files_are_told_apart(void **state)
{
	static const char json[] = "{\"time\": 1, \"and\": \"so on\", \"and\": \"so on\"}\n";
	static const char text[] = "Nov 22 03:04:05 OOM\n";
	static const char gzip[] = "\x1f\x8b\x08\x04\x58\x11\x22";

	assert_problem(gzip, sizeof(gzip), READER_FOREIGN,
		       "compressed, but not with zstd: gzip -dc FILE | ringside cat");
	assert_problem(json, sizeof(json), READER_FOREIGN,
		       "not a Ringside recording: it looks like JSON; what can be read is "
		       "what ringside-streamer and `ringside cat -o pb` write");
	assert_problem(text, sizeof(text), READER_FOREIGN,
		       "not a Ringside recording: it looks like text; what can be read is "
		       "what ringside-streamer and `ringside cat -o pb` write");
	assert_problem("\xff\xff\xff\xff\xff", 5, READER_FOREIGN,
		       "not a Ringside recording: it does not begin with a record");
	assert_problem("\x02\x78\x05", 3, READER_FOREIGN,
		       "not a Ringside recording: its first record is not a Header");
	assert_problem("\x01\x0a", 2, READER_FOREIGN,
		       "not a Ringside recording: its first record is not readable");
}

static void break_magic(Ringside__V1__Record *record)
{
	static char magic[] = "RINGSIDF";

	record->header->magic = magic;
}

static void make_newer(Ringside__V1__Record *record)
{
	record->header->format_version = READER_FORMAT_VERSION + 1;
}

static void a_header_without_the_magic_or_of_a_newer_format_is_refused(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = break_magic;
	stream_header(&stream);
	assert_problem(stream.data, stream.size, READER_FOREIGN,
		       "not a Ringside recording: its Header has no magic");
	stream_done(&stream);
	stream_init(&stream);
	stream.mangle = make_newer;
	stream_header(&stream);
	assert_problem(stream.data, stream.size, READER_FOREIGN,
		       "the recording that begins at byte 0 has format version 3, this "
		       "ringside reads 2: use a newer one");
	stream_done(&stream);
}

/* A record of 3 bytes whose field 3 claims to be longer than it is. */
static const uint8_t unreadable[] = {3, 0x1a, 0x7f, 0x00};

static void a_record_that_does_not_unpack_is_told_and_reading_goes_on(void **state)
{
	struct stream stream;
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;
	char problem[128];
	size_t offset;

	stream_init(&stream);
	stream_header(&stream);
	offset = stream.size;
	stream_raw(&stream, unreadable, sizeof(unreadable));
	stream_event(&stream, STREAM_OOM, 0);
	reader = reader_of(stream.data, stream.size, &fd);
	assert_ok(reader_next(reader, &item));
	assert_int_equal(reader_next(reader, &item), READER_DAMAGED);
	(void)snprintf(problem, sizeof(problem),
		       "damaged: the record of 3 bytes at byte %zu is not readable", offset);
	assert_string_equal(reader_reason(reader), problem);
	assert_null(item.record);
	assert_int_equal(item.offset, offset);
	assert_int_equal(item.size, 3);
	assert_ok(reader_next(reader, &item));
	assert_int_equal(item.record->body_case, RINGSIDE__V1__RECORD__BODY_OOM_KILL);
	assert_int_equal(reader_next(reader, &item), READER_END);
	stream_done(&stream);
}

static void broken_framing_ends_the_input_with_its_offset(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, "\xff\xff\xff\xff\xff", 5);
	assert_problem_at(&stream, stream.size, READER_BROKEN,
			  "damaged at byte %zu: no record begins there, and nothing behind it "
			  "can be found",
			  stream.size - 5);
	stream_done(&stream);
}

static void bodies_and_fields_of_a_newer_version_are_tolerated(void **state)
{
	/* body number 99 with 1 byte; seq 2 with a field 200 beside it */
	static const uint8_t newer_body[] = {4, 0x9a, 0x06, 0x01, 0x00};
	static const uint8_t newer_field[] = {8, 0x42, 0x00, 0x78, 0x02, 0xc2, 0x0c, 0x01, 'x'};
	struct stream stream;
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;

	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, newer_body, sizeof(newer_body));
	stream_raw(&stream, newer_field, sizeof(newer_field));
	reader = reader_of(stream.data, stream.size, &fd);
	assert_ok(reader_next(reader, &item));
	assert_ok(reader_next(reader, &item));
	assert_true(item.unknown);
	assert_int_equal(item.record->base.n_unknown_fields, 1);
	assert_ok(reader_next(reader, &item));
	assert_false(item.unknown);
	assert_int_equal(item.record->seq, 2);
	assert_int_equal(reader_unknown(reader), 1);
	stream_done(&stream);
}

static void empty_frames_are_skipped_and_counted(void **state)
{
	struct stream stream;
	_cleanup_close_ int fd = -1;
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;

	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, "\0\0\0", 3);
	stream_event(&stream, STREAM_OOM, 0);
	reader = reader_of(stream.data, stream.size, &fd);
	assert_ok(reader_next(reader, &item));
	assert_int_equal(item.empty, 0);
	assert_ok(reader_next(reader, &item));
	assert_int_equal(item.empty, 3);
	assert_int_equal(item.offset, stream.latest);
	assert_int_equal(reader_next(reader, &item), READER_END);
	stream_done(&stream);
}

/* 1 MiB of empty rows would be 200 MB of structures. */
static void a_record_that_would_fill_memory_is_called_damaged(void **state)
{
	_cleanup_free_ uint8_t *rows = malloc(FRAME_MAX + FRAME_PREFIX_MAX);
	uint8_t *p;
	size_t n = 500000;
	struct stream stream;

	assert_non_null(rows);
	p = frame_put_length(rows, 4 + 2 * n);
	*p++ = 0x22; /* Record.counters */
	p = frame_put_length(p, 2 * n);
	for (size_t i = 0; i < n; i++) {
		*p++ = 0x2a; /* Counters.rows */
		*p++ = 0;
	}
	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, rows, (size_t)(p - rows));
	assert_problem_at(&stream, stream.size, READER_DAMAGED,
			  "damaged: the record of 1,000,004 bytes at byte %zu is not readable",
			  stream.size - (size_t)(p - rows));
	stream_done(&stream);
}

static void an_arena_is_bounded_and_used_again(void **state)
{
	struct arena arena;
	uint8_t *first, *p;

	arena_init(&arena);
	first = arena.allocator.alloc(arena.allocator.allocator_data, 100);
	assert_non_null(first);
	arena_reset(&arena);
	p = arena.allocator.alloc(arena.allocator.allocator_data, 10);
	assert_ptr_equal(p, first);
	assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
	assert_null(arena.allocator.alloc(arena.allocator.allocator_data, SIZE_MAX));
	assert_null(arena.allocator.alloc(arena.allocator.allocator_data, ARENA_MAX));
	while (arena.allocator.alloc(arena.allocator.allocator_data, 1u << 20))
		;
	assert_true(arena.total <= ARENA_MAX && arena.total >= ARENA_MAX / 4);
	arena_reset(&arena);
	assert_true(arena.total <= 1u << 20);
	arena_done(&arena);
}

static void a_folder_and_a_missing_file_are_refused(void **state)
{
	struct reader *reader = NULL;

	assert_int_equal(reader_open(&reader, "/"), -EISDIR);
	assert_int_equal(reader_open(&reader, "/nonexistent"), -ENOENT);
	assert_null(reader);
}

struct idle {
	unsigned calls;
	int fd;
};

static void count_idle(void *data)
{
	struct idle *idle = data;

	idle->calls++;
	assert_ok(close(idle->fd)); /* what the reader waits for */
}

static void it_says_when_it_would_have_to_wait(void **state)
{
	struct stream stream;
	struct reader *reader;
	struct reader_record item;
	struct idle idle = {0};
	int fds[2];

	build(&stream);
	assert_ok(pipe2(fds, O_CLOEXEC));
	assert_ok(write_all(fds[1], stream.data, stream.size));
	idle.fd = fds[1];
	assert_ok(reader_new(&reader, fds[0], "pipe"));
	input_on_idle(reader_input(reader), count_idle, &idle);
	for (int i = 0; i < 5; i++)
		assert_ok(reader_next(reader, &item));
	assert_int_equal(idle.calls, 0);
	assert_int_equal(reader_next(reader, &item), READER_END);
	assert_int_equal(idle.calls, 1);
	reader = reader_free(reader);
	assert_ok(close(fds[0]));
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order_with_their_bytes_and_offsets),
		cmocka_unit_test(the_latest_header_is_known),
		cmocka_unit_test(streams_one_behind_the_other_are_one_input),
		cmocka_unit_test(every_cut_is_told_and_all_before_it_is_read),
		cmocka_unit_test(an_empty_input_says_that_nothing_was_recorded),
		cmocka_unit_test(other_files_are_told_apart),
		cmocka_unit_test(a_header_without_the_magic_or_of_a_newer_format_is_refused),
		cmocka_unit_test(a_record_that_does_not_unpack_is_told_and_reading_goes_on),
		cmocka_unit_test(broken_framing_ends_the_input_with_its_offset),
		cmocka_unit_test(bodies_and_fields_of_a_newer_version_are_tolerated),
		cmocka_unit_test(empty_frames_are_skipped_and_counted),
		cmocka_unit_test(a_record_that_would_fill_memory_is_called_damaged),
		cmocka_unit_test(an_arena_is_bounded_and_used_again),
		cmocka_unit_test(a_folder_and_a_missing_file_are_refused),
		cmocka_unit_test(it_says_when_it_would_have_to_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
