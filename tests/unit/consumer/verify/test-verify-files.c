/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs one behind the other: files of one stream, streams of one boot, and what repair writes. */
#include "consumer/verify/verify.h"
#include "tests/lib/zstd-fixture.h"

#define MINUTE UINT64_C(60000000000)

static char boot_id[] = "f0a1b2c3-0000-4000-8000-000000000001";
static uint8_t second_id[16] = {0xbb};
static uint32_t file_index;
static bool second_stream, rotated;

static void mangle(Ringside__V1__Record *record)
{
	static char reason[] = "rotated";

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER) {
		record->header->boot_id = boot_id;
		record->header->file_index = file_index;
		if (second_stream)
			record->header->stream_id.data = second_id;
	}
	if (rotated && record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		record->footer->reason = reason;
}

/* The next file of the stream, which ends with "rotated" if it is not the @last. Returns where it
 * begins. */
static size_t add_file(struct stream *stream, bool last)
{
	size_t start = stream->size;

	stream->mangle = mangle;
	rotated = !last;
	stream_header(stream);
	stream_counters(stream);
	stream_event(stream, STREAM_SECCOMP, 0);
	stream_event(stream, STREAM_OOM, 1);
	stream_counters(stream);
	stream_footer(stream);
	file_index++;
	return start;
}

static void begin(struct stream *stream)
{
	file_index = 0;
	second_stream = false;
	stream_init(stream);
}

/* The verdict on the bytes, as the next input. */
static const char *next(struct verify *verify, const void *data, size_t size, uint64_t next_seq)
{
	static char text[VERIFY_SUMMARY];
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	const struct verify_config config = {.next_seq = next_seq};
	int fd = memory_file(data, size);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_ok(damaged_reader_open(&damaged, path));
	assert_ok(verify_input(verify, damaged, &config));
	verify_summary(&verify->report, false, text);
	assert_ok(close(fd));
	return text;
}

static void assert_joint(const struct verify *verify, uint64_t problems, uint64_t losses,
			 uint64_t notes)
{
	const struct verify_joint *joint = &verify->joint;

	assert_int_equal(joint->problems.n, problems);
	assert_int_equal(joint->losses.n, losses);
	assert_int_equal(joint->notes.n, notes);
}

static void sums_are_carried_on_over_the_files_of_a_stream(void **state)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	struct stream stream;
	size_t second, third;

	begin(&stream);
	(void)add_file(&stream, false);
	second = add_file(&stream, false);
	third = add_file(&stream, true);
	assert_ok(verify_new(&verify));
	assert_string_equal(next(verify, stream.data, second, 0),
			    "complete; the stream goes on in another file (index 1)");
	assert_string_equal(next(verify, stream.data + second, third - second, 0),
			    "complete; the stream goes on in another file (index 2)");
	assert_joint(verify, 0, 0, 0);
	assert_string_equal(next(verify, stream.data + third, stream.size - third, 0), "complete");
	assert_joint(verify, 0, 0, 0);
	stream_done(&stream);
}

static void a_missing_file_is_told_with_what_was_in_it(void **state)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	struct stream stream;
	size_t second, third;

	begin(&stream);
	(void)add_file(&stream, false);
	second = add_file(&stream, false);
	third = add_file(&stream, true);
	assert_ok(verify_new(&verify));
	assert_string_equal(next(verify, stream.data, second, 0),
			    "complete; the stream goes on in another file (index 1)");
	assert_string_equal(next(verify, stream.data + third, stream.size - third, 0), "complete");
	assert_joint(verify, 1, 0, 2);
	assert_string_equal(verify->joint.problems.texts[0],
			    "1 file of the stream is missing, with 8 records, 9 to 16");
	assert_string_equal(verify->joint.notes.texts[0],
			    "among the missing records: 1 event of oom_kill (by the sums of "
			    "record 18)");
	stream_done(&stream);
}

static void a_file_without_a_footer_may_be_continued(void **state)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	struct stream stream;
	size_t footer;

	begin(&stream);
	(void)add_file(&stream, false);
	footer = stream.latest;
	assert_ok(verify_new(&verify));
	assert_string_equal(next(verify, stream.data, footer, 8),
			    "complete; it has no Footer, but the next file goes on where it ends");
	assert_string_equal(next(verify, stream.data, footer, 9),
			    "unclosed: it ends without a Footer: the streamer was killed, or has "
			    "not closed it yet");
	stream_done(&stream);
}

static void make_group(Ringside__V1__Record *record)
{
	mangle(record);
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_OOM_KILL)
		return;
	record->oom_kill->has_oom_group = record->oom_kill->oom_group = 1;
	record->oom_kill->has_victim_number = 1;
	record->oom_kill->victim_number = 1;
}

/* @groups: the first stream ends suddenly, after kills of whole groups that the kernel's count does
 * not tell of yet. @counted: by the kernel until the second begins, besides those in the first
 * stream. */
static void assert_gap(unsigned groups, uint64_t counted, bool lost, const char *expected)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	struct stream first, second;

	begin(&first);
	(void)add_file(&first, !groups);
	first.mangle = make_group;
	if (groups)
		stream_header(&first);
	for (unsigned i = 0; i < groups; i++)
		stream_event(&first, STREAM_OOM, 0);
	file_index = 0;
	second_stream = true;
	stream_init(&second);
	second.nano = first.nano + 3 * MINUTE;
	second.kernel_oom_kills = first.kernel_oom_kills + counted;
	(void)add_file(&second, true);
	assert_ok(verify_new(&verify));
	(void)next(verify, first.data, first.size, 0);
	assert_string_equal(next(verify, second.data, second.size, 0), "complete");
	assert_joint(verify, 0, lost, !lost);
	assert_string_equal(lost ? verify->joint.losses.texts[0] : verify->joint.notes.texts[0],
			    expected);
	stream_done(&first);
	stream_done(&second);
}

#define UNATTENDED "no streamer was attached for 3 min, in which "
#define TWICE " (of memory.oom.group the kernel counts the first victim twice)"

static void the_gap_between_two_streams_has_the_kernels_count(void **state)
{
	assert_gap(0, 0, false, UNATTENDED "the kernel counted no OOM kill");
	assert_gap(0, 1, true, UNATTENDED "the kernel counted 1 OOM kill");
	assert_gap(0, 2, true, UNATTENDED "there were 1 to 2 OOM kills" TWICE);
}

static void what_a_group_kill_counts_twice_is_no_kill_in_the_gap(void **state)
{
	assert_gap(1, 0, false, UNATTENDED "the kernel counted no OOM kill");
	assert_gap(1, 1, false, UNATTENDED "there were 0 to 1 OOM kills" TWICE);
	assert_gap(2, 2, false, UNATTENDED "there were 0 to 2 OOM kills" TWICE);
	assert_gap(1, 2, true, UNATTENDED "there were 1 to 2 OOM kills" TWICE);
	assert_gap(1, 5, true, UNATTENDED "there were 2 to 5 OOM kills" TWICE);
}

static void a_lost_of_a_repair_stands_for_the_missing_numbers(void **state)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;
	struct stream stream;

	begin(&stream);
	stream.mangle = mangle;
	rotated = false;
	stream_header(&stream);
	lost.has_reason = lost.has_count = 1;
	lost.reason = RINGSIDE__V1__LOST__REASON__DAMAGED;
	lost.count = 5;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	stream_record(&stream, &record);
	stream.seq += 4;
	stream_counters(&stream);
	stream_footer(&stream);
	assert_ok(verify_new(&verify));
	assert_string_equal(next(verify, stream.data, stream.size, 0),
			    "repaired: 5 records lost (left out by a repair)");
	stream_done(&stream);
}

static void an_index_that_contradicts_its_frame_is_told(void **state)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	struct recording_index index = {0};
	uint8_t payload[RECORDING_INDEX_MAX], header[8] = {0x5d, 0x2a, 0x4d, 0x18};
	struct packed packed;
	struct stream stream;
	size_t n;

	begin(&stream);
	(void)add_file(&stream, true);
	packed_init(&packed);
	packed_put(&packed, stream.data, stream.size, false);
	packed_end_frame(&packed);
	assert_ok(verify_new(&verify));
	assert_string_equal(next(verify, packed.data, packed.size, 0), "complete");
	/* another index in its place, with a right hash: of a record less */
	n = packed.size;
	packed.size = (size_t)((uint8_t *)memmem(packed.data, n, header, 4) - packed.data);
	index.first_seq = 2;
	index.last_seq = stream.seq;
	index.has_seq = true;
	index.compressed_bytes = packed.size;
	n = recording_index_pack(&index, payload);
	header[4] = (uint8_t)n;
	packed_raw(&packed, header, sizeof(header));
	packed_raw(&packed, payload, n);
	assert_string_equal(
		next(verify, packed.data, packed.size, 0),
		"damaged: the index of the zstd frame at byte 0 has first_seq 2, but it "
		"is 1");
	packed_done(&packed);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_carried_on_over_the_files_of_a_stream),
		cmocka_unit_test(a_missing_file_is_told_with_what_was_in_it),
		cmocka_unit_test(a_file_without_a_footer_may_be_continued),
		cmocka_unit_test(the_gap_between_two_streams_has_the_kernels_count),
		cmocka_unit_test(what_a_group_kill_counts_twice_is_no_kill_in_the_gap),
		cmocka_unit_test(a_lost_of_a_repair_stands_for_the_missing_numbers),
		cmocka_unit_test(an_index_that_contradicts_its_frame_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
