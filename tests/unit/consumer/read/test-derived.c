/* SPDX-License-Identifier: Apache-2.0 */
/* The same stream twice, in one of which events leave out what those before them tell: both read
 * the same, and where something is missing, there is less, never anything else. */
#include "consumer/read/damaged-reader.h"
#include "consumer/read/derived.h"
#include "consumer/read/reader.h"
#include "proto/record/pb.h"
#include "proto/ringside-fields.h"
#include "tests/lib/zstd-fixture.h"

static void fill(struct stream *stream, bool runs)
{
	stream_init(stream);
	stream->runs = runs;
	stream_header(stream);
	stream_clock(stream);
	for (unsigned i = 0; i < 60; i++) {
		if (i % 7 == 3)
			stream_hold(stream, STREAM_SECCOMP, 1, i);
		if (i % 13 == 5)
			stream_drop(stream, STREAM_OOM, 0, 2);
		if (i == 30) { /* real time is set back */
			stream->step = -5000000000;
			stream_clock(stream);
		}
		if (i == 45) /* without a Clock that tells of it */
			stream->step = 77;
		stream_event(stream, i % 3 ? STREAM_SECCOMP : STREAM_OOM, i % 5 % STREAM_CPUS);
	}
	stream_footer(stream);
}

static struct reader *reader_of(const void *data, size_t size, int *ret_fd)
{
	struct reader *reader;

	*ret_fd = memory_file(data, size);
	assert_ok(reader_new(&reader, *ret_fd, "x.pb"));
	return reader;
}

static void assert_sums(const Ringside__V1__CpuSums *a, const Ringside__V1__CpuSums *b)
{
	assert_true(!a == !b);
	if (!a)
		return;
	assert_true(a->has_seen && a->has_limited && a->has_dropped && !a->has_between);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->seen, b->seen);
	assert_int_equal(a->limited, b->limited);
	assert_int_equal(a->dropped, b->dropped);
}

static void assert_same(const struct reader_record *item, const struct reader_record *whole)
{
	assert_true(item->record->has_boottime_nano);
	assert_int_equal(item->record->boottime_nano, whole->record->boottime_nano);
	assert_true(item->peek.has_boottime);
	assert_int_equal(item->peek.boottime_nano, whole->record->boottime_nano);
	assert_int_equal(item->record->time_unix_nano, whole->record->time_unix_nano);
	assert_sums(item->record->cpu_sums, whole->record->cpu_sums);
}

static void read_both(bool raw)
{
	struct stream lean, full;
	int fds[2];
	struct reader *a, *b;
	struct reader_record item, whole;
	unsigned derived = 0;

	fill(&lean, true);
	fill(&full, false);
	assert_true(lean.size + 60 * 9 < full.size);
	a = reader_of(lean.data, lean.size, &fds[0]);
	b = reader_of(full.data, full.size, &fds[1]);
	reader_set_raw(a, raw);
	while (!reader_next(b, &whole)) {
		assert_ok(reader_next(a, &item));
		assert_ok(reader_unpack(a, &item));
		assert_same(&item, &whole);
		derived += item.derived->parts.timed;
	}
	assert_int_equal(derived, 60 - 3);
	assert_int_equal(reader_next(a, &item), READER_END);
	a = reader_free(a);
	b = reader_free(b);
	assert_ok(close(fds[0]) | close(fds[1]));
	stream_done(&lean);
	stream_done(&full);
}

static void what_is_left_out_is_read_as_if_it_were_there(void **state)
{
	read_both(false);
	read_both(true);
}

static void the_reader_of_damaged_files_reads_the_same(void **state)
{
	struct stream lean, full;
	int fd, whole_fd;
	char path[64];
	struct damaged_reader *damaged;
	struct reader *reader;
	struct reader_record item, whole;

	fill(&lean, true);
	fill(&full, false);
	fd = memory_file(lean.data, lean.size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_ok(damaged_reader_open(&damaged, path));
	reader = reader_of(full.data, full.size, &whole_fd);
	while (!reader_next(reader, &whole)) {
		assert_ok(damaged_reader_next(damaged, &item));
		assert_same(&item, &whole);
	}
	reader = reader_free(reader);
	damaged = damaged_reader_free(damaged);
	assert_ok(close(fd) | close(whole_fd));
	stream_done(&lean);
	stream_done(&full);
}

/* Leaves out the record @without, and all before it but the Header if @from. Returns how many
 * events lack something; fails if anything is there that is not right. */
static unsigned count_lacking(uint64_t without, bool from)
{
	struct stream lean, full, part = {0};
	struct reader_record item, whole;
	struct reader *reader;
	unsigned lacking = 0;
	struct frame frame;
	size_t need;
	int fd;

	fill(&lean, true);
	fill(&full, false);
	for (size_t at = 0, seq = 1; at < lean.size; at += frame_whole(&frame), seq++) {
		assert_ok(frame_parse(lean.data + at, lean.size - at, &frame, &need));
		if (seq == 1 || (from ? seq > without : seq != without))
			stream_raw(&part, lean.data + at, frame_whole(&frame));
	}
	reader = reader_of(part.data, part.size, &fd);
	while (!reader_next(reader, &item)) {
		const Ringside__V1__CpuSums *sums = item.record->cpu_sums;
		int whole_fd;
		struct reader *b = reader_of(full.data, full.size, &whole_fd);

		do
			assert_ok(reader_next(b, &whole));
		while (whole.peek.seq != item.peek.seq);
		if (!item.record->has_boottime_nano || (sums && !sums->has_seen))
			lacking++;
		else
			assert_same(&item, &whole);
		if (item.record->has_boottime_nano)
			assert_int_equal(item.record->boottime_nano, whole.record->boottime_nano);
		if (sums && sums->has_seen)
			assert_int_equal(sums->seen, whole.record->cpu_sums->seen);
		b = reader_free(b);
		assert_ok(close(whole_fd));
	}
	reader = reader_free(reader);
	assert_ok(close(fd));
	stream_done(&lean);
	stream_done(&full);
	stream_done(&part);
	return lacking;
}

/* Records 1 and 2 are Header and Clock; 33 is the Clock of the step, before the run from 34 on;
 * the one from 49 on has none. */
static void nothing_is_derived_over_a_missing_record(void **state)
{
	assert_int_equal(count_lacking(3, false), 29);
	assert_int_equal(count_lacking(20, false), 12);
	assert_int_equal(count_lacking(32, false), 0);
	assert_int_equal(count_lacking(33, false), 0); /* a Clock is needed for nothing */
	assert_int_equal(count_lacking(34, false), 14);
	assert_int_equal(count_lacking(63, false), 0);
}

static void whoever_begins_in_the_middle_knows_all_from_the_next_run_on(void **state)
{
	for (uint64_t seq = 3; seq < 62; seq++)
		assert_true(count_lacking(seq, true) <= 30);
	assert_int_equal(count_lacking(33, true), 0);
	assert_int_equal(count_lacking(48, true), 0);
}

/* The first event of a run has another boot time, and a body that is none. */
static void nothing_is_derived_from_a_record_that_is_not_readable(void **state)
{
	struct reader_record item;
	struct reader *reader;
	struct stream lean;
	struct frame frame;
	unsigned damaged = 0, lacking = 0;
	size_t at = 0, need;
	uint8_t *record;
	int fd, r;

	fill(&lean, true);
	for (unsigned seq = 1; seq <= 3; seq++, at += frame_whole(&frame))
		assert_ok(frame_parse(lean.data + at, lean.size - at, &frame, &need));
	record = lean.data + (frame.data - lean.data);
	record[2] = 0x07;             /* no such type */
	record[frame.size - 19] ^= 1; /* boottime: before it a tag, behind it 9 of time, 2 of seq */
	reader = reader_of(lean.data, lean.size, &fd);
	reader_set_framed(reader); /* so that it looks at it */
	while ((r = reader_next(reader, &item)) != READER_END) {
		if (r == READER_DAMAGED)
			damaged++;
		else if (!item.record->has_boottime_nano)
			lacking++;
		else
			assert_int_equal(item.record->boottime_nano, item.peek.seq * 1000000);
	}
	assert_int_equal(damaged, 1);
	assert_int_equal(lacking, 29);
	reader = reader_free(reader);
	assert_ok(close(fd));
	stream_done(&lean);
}

/* A stream's Header and the first events of its run are no records any more; and the one behind
 * them has the number that the stream before them would go on with. */
static void make_hole(struct stream *file)
{
	struct stream next;
	size_t gone;

	stream_init(file);
	stream_init(&next);
	file->runs = next.runs = true;
	next.step = -900000000000;
	for (unsigned i = 0; i < 3; i++) {
		i ? stream_event(file, STREAM_SECCOMP, 0) : stream_header(file);
		i ? stream_event(&next, STREAM_SECCOMP, 0) : stream_header(&next);
	}
	gone = next.size;
	memset(next.data, 0xff, gone);
	for (unsigned i = 0; i < 5; i++)
		stream_event(&next, STREAM_SECCOMP, 0);
	stream_raw(file, next.data, next.size);
	stream_done(&next);
}

static unsigned count_behind_hole(const struct reader_record *item, bool hole)
{
	if (!hole)
		return 0;
	assert_false(item->record->has_boottime_nano || item->peek.has_boottime);
	assert_false(item->record->cpu_sums->has_seen || item->derived->parts.summed);
	return 1;
}

static void nothing_is_derived_over_bytes_that_are_no_records(void **state)
{
	struct damaged_reader *damaged;
	struct reader_record item;
	struct reader *reader;
	unsigned behind = 0;
	struct stream file;
	bool hole = false;
	char path[64];
	int fd, r;

	make_hole(&file);
	reader = reader_of(file.data, file.size, &fd);
	while ((r = reader_next(reader, &item)) != READER_END)
		if (r)
			hole = true;
		else
			behind += count_behind_hole(&item, hole);
	assert_int_equal(behind, 5);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_ok(damaged_reader_open(&damaged, path));
	hole = false;
	while ((r = damaged_reader_next(damaged, &item)) != READER_END)
		if (r)
			hole = true;
		else
			behind += count_behind_hole(&item, hole);
	assert_int_equal(behind, 10);
	damaged = damaged_reader_free(damaged);
	reader = reader_free(reader);
	assert_ok(close(fd));
	stream_done(&file);
}

static unsigned read_to_end(struct reader *reader, struct derived_put *put, bool apart)
{
	struct reader_record item;
	unsigned n = 0;
	int r;

	while (!(r = reader_next(reader, &item))) {
		n++;
		assert_int_equal(derived_apart(put, item.derived, item.peek.seq), apart);
		assert_int_equal(item.record->boottime_nano, item.peek.seq * 1000000);
	}
	assert_int_equal(r, READER_WAIT);
	return n;
}

/* Of a file that is cut back and written anew. */
static void what_goes_on_with_records_that_come_again_is_apart(void **state)
{
	struct stream first, again;
	struct derived_put put = {0};
	struct reader *reader;
	size_t common;
	int fd;

	stream_init(&first);
	stream_init(&again);
	first.runs = again.runs = true;
	stream_header(&first);
	stream_header(&again);
	stream_event(&first, STREAM_SECCOMP, 0);
	stream_event(&again, STREAM_SECCOMP, 0);
	common = first.size;
	again.step = 77;
	for (unsigned i = 0; i < 2; i++) {
		stream_event(&first, STREAM_SECCOMP, 0);
		stream_event(&again, STREAM_SECCOMP, 0);
	}
	stream_event(&again, STREAM_SECCOMP, 0);
	reader = reader_of(first.data, first.size, &fd);
	reader_follow(reader, true);
	assert_int_equal(read_to_end(reader, &put, false), 4);
	assert_ok(ftruncate(fd, (off_t)common));
	assert_int_equal(read_to_end(reader, &put, false), 0);
	assert_int_equal(pwrite(fd, again.data + common, again.size - common, (off_t)common),
			 again.size - common);
	assert_int_equal(read_to_end(reader, &put, true), 1);
	reader = reader_free(reader);
	assert_ok(close(fd));
	stream_done(&first);
	stream_done(&again);
}

static void a_completed_record_stands_by_itself(void **state)
{
	struct stream lean;
	int fd;
	struct reader *reader;
	struct reader_record item;

	fill(&lean, true);
	reader = reader_of(lean.data, lean.size, &fd);
	reader_set_raw(reader, true);
	while (!reader_next(reader, &item)) {
		Ringside__V1__Record *record;
		struct reader_record whole = item;
		uint8_t buf[1024];

		assert_true(item.size + DERIVED_MORE <= sizeof(buf));
		if (item.derived->parts.timed) {
			whole.size = derived_complete(item.derived, item.frame, item.size, buf);
			whole.frame = buf;
		}
		record = ringside__v1__record__unpack(NULL, whole.size, whole.frame);
		assert_non_null(record);
		assert_ok(reader_unpack(reader, &item));
		whole.record = record;
		assert_same(&item, &whole);
		assert_sums(record->cpu_sums, item.record->cpu_sums);
		assert_int_equal(record->body_case, item.record->body_case);
		ringside__v1__record__free_unpacked(record, NULL);
	}
	reader = reader_free(reader);
	assert_ok(close(fd));
	stream_done(&lean);
}

/* The largest of all numbers, and a time again and again. */
static void what_is_put_back_has_the_room_it_takes(void **state)
{
	uint8_t record[512], whole[512 + DERIVED_MORE];
	struct derived derived;

	derived_init(&derived);
	for (unsigned seq = 1; seq < 3; seq++) {
		struct pb pb = pb_make(record, sizeof(record));
		uint8_t *mark = pb_open(&pb, FIELD_RECORD_SECCOMP_DENIAL);
		struct peek peek;

		pb_close(&pb, mark);
		mark = pb_open(&pb, FIELD_RECORD_CPU_SUMS);
		pb_uint(&pb, FIELD_CPU_SUMS_CPU, DERIVED_CPUS - 1);
		for (unsigned field = FIELD_CPU_SUMS_SEEN;
		     seq == 1 && field < FIELD_CPU_SUMS_BETWEEN; field++)
			pb_uint(&pb, field, UINT64_MAX - 1);
		if (seq == 2)
			pb_uint(&pb, FIELD_CPU_SUMS_BETWEEN, 0);
		pb_close(&pb, mark);
		if (seq == 1)
			pb_fixed64(&pb, FIELD_RECORD_BOOTTIME_NANO, 7);
		for (unsigned i = 0; i < 20; i++)
			pb_fixed64(&pb, FIELD_RECORD_TIME_UNIX_NANO, UINT64_MAX);
		pb_uint(&pb, FIELD_RECORD_SEQ, seq);
		assert_true(peek_record(record, (size_t)(pb.p - record), &peek));
		derived_take(&derived, &peek);
		if (seq == 2) {
			size_t size = (size_t)(pb.p - record);
			size_t n = derived_complete(&derived, record, size, whole);

			assert_true(n <= size + DERIVED_MORE);
			assert_true(peek_record(whole, n, &peek));
			assert_int_equal(peek.boottime_nano, 7);
			assert_int_equal(derived.parts.sums.seen, UINT64_MAX);
		}
	}
	derived_done(&derived);
}

/* A CPU that no kernel has, and sums that tell of nothing before. */
static void hostile_sums_are_left_as_they_are(void **state)
{
	static const uint8_t cpus[][12] = {
		{0x62, 8, 0x08, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x28, 0},
		{0x62, 4, 0x08, 0x03, 0x28, 0},
		{0x62, 2, 0x28, 0},
	};
	static const size_t sizes[] = {10, 6, 4};
	struct derived derived;

	derived_init(&derived);
	for (unsigned i = 0; i < 6; i++) {
		uint8_t record[64] = {0x1a, 0}; /* a denial */
		size_t n = 2 + sizes[i % 3];
		struct peek peek;

		memcpy(record + 2, cpus[i % 3], sizes[i % 3]);
		if (!i) {
			record[n++] = 0x69;
			n += 8;
		}
		record[n++] = 0x71;
		n += 8;
		record[n++] = 0x78;
		record[n++] = (uint8_t)(i + 1);
		assert_true(peek_record(record, n, &peek));
		derived_take(&derived, &peek);
		assert_int_equal(derived.parts.timed, i > 0);
		assert_true(peek.has_boottime);
		assert_false(derived.parts.summed);
	}
	derived_done(&derived);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_is_read_as_if_it_were_there),
		cmocka_unit_test(the_reader_of_damaged_files_reads_the_same),
		cmocka_unit_test(nothing_is_derived_over_a_missing_record),
		cmocka_unit_test(whoever_begins_in_the_middle_knows_all_from_the_next_run_on),
		cmocka_unit_test(nothing_is_derived_from_a_record_that_is_not_readable),
		cmocka_unit_test(nothing_is_derived_over_bytes_that_are_no_records),
		cmocka_unit_test(what_goes_on_with_records_that_come_again_is_apart),
		cmocka_unit_test(a_completed_record_stands_by_itself),
		cmocka_unit_test(what_is_put_back_has_the_room_it_takes),
		cmocka_unit_test(hostile_sums_are_left_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
