/* SPDX-License-Identifier: Apache-2.0 */
/* Streams whose bytes, order or hash are wrong in one way each. */
#include "tests/lib/verify-fixture.h"

static void a_cut_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	end_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "cut inside a record: the last %zu bytes, from byte %zu on, are not a whole "
		       "one",
		       stream.size - 1 - stream.latest, stream.latest);
	stream.size--;
	assert_verdict(&stream, 3, expected);
}

static void lost_framing_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged at byte %zu: no record begins there, and nothing behind it can be "
		       "found",
		       stream.size);
	stream_raw(&stream, "\xff\xff\xff\xff\xff", 5);
	assert_verdict(&stream, 3, expected);
}

static void an_unreadable_record_is_told_and_the_rest_is_checked(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: the record of 3 bytes at byte %zu is not readable", stream.size);
	stream_raw(&stream, "\x03\x1a\x7f\x00", 4);
	stream.seq++;
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 3, expected);
}

static void other_files_are_no_recordings(void **state)
{
	assert_bytes("hello, world\n", 13, false, 1,
		     "not a Ringside recording: it looks like text; what can be read is what "
		     "ringside-streamer and `ringside cat -o pb` write");
	assert_bytes("", 0, false, 1,
		     "empty: nothing was recorded, or what wrote it failed; `ringside doctor` "
		     "tells whether anything can be");
}

static void a_gap_in_seq_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: 2 records are missing before record 11 (byte %zu)", stream.size);
	stream.seq += 2;
	end_stream(&stream);
	assert_verdict(&stream, 3, expected);
}

static void seq_that_goes_back_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: record 8 (byte %zu) comes after record 8", stream.size);
	stream.seq--;
	end_stream(&stream);
	assert_verdict(&stream, 3, expected);
}

static void drop_seq(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_OOM_KILL)
		record->has_seq = 0;
}

static void a_record_without_seq_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	stream_init(&stream);
	stream.mangle = drop_seq;
	stream_header(&stream);
	(void)snprintf(expected, sizeof(expected), "damaged: the record at byte %zu has no seq",
		       stream.size);
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 3, expected);
}

static void change_first_seq(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->first_seq = 9;
}

static void a_header_that_names_another_seq_is_told(void **state)
{
	struct stream stream;

	mangled(&stream, change_first_seq);
	assert_verdict(&stream, 3,
		       "damaged: the Header at byte 0 says it is record 9, it is record 1");
}

static void every_changed_byte_before_the_last_hash_is_found(void **state)
{
	struct stream stream;
	size_t found = 0, header;

	stream_init(&stream);
	stream_header(&stream);
	header = stream.size;
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	for (size_t at = header; at < stream.latest; at++) {
		struct verify *verify;

		stream.data[at] ^= 0x20;
		verify = verify_bytes(stream.data, stream.size, false);
		found += verify->report.status == VERIFY_DAMAGED;
		verify = verify_free(verify);
		stream.data[at] ^= 0x20;
	}
	assert_int_equal(found, stream.latest - header);
	stream_done(&stream);
}

static void a_changed_name_is_told_by_the_hash(void **state)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct findings *problems;
	char *comm;

	begin_stream(&stream);
	end_stream(&stream);
	comm = memmem(stream.data, stream.size, "python3", 7);
	assert_non_null(comm);
	*comm = 'P';
	verify = verify_bytes(stream.data, stream.size, false);
	problems = &verify->report.problems;
	assert_int_equal(problems->n, 1);
	assert_non_null(strstr(problems->texts[0], "are not those that were written (xxh3)"));
	stream_done(&stream);
}

static void change_stream_id(Ringside__V1__Record *record)
{
	static uint8_t other_id[16] = {0xaa};

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->stream_id.data = other_id;
}

static void whole_stream(struct stream *stream, bool has_xxh64)
{
	stream_init(stream);
	stream->has_xxh64 = has_xxh64;
	stream->mangle = has_xxh64 ? change_stream_id : NULL;
	stream_header(stream);
	stream_event(stream, STREAM_OOM, 0);
	end_stream(stream);
}

static void each_stream_of_an_input_has_its_own_hash(void **state)
{
	static const char *const names[] = {"(xxh3)", "(xxh64)"};
	struct stream first, second;

	for (unsigned i = 0; i < 4; i++) {
		_cleanup_(verify_freep) struct verify *verify = NULL;
		bool damaged = i & 1, earlier = i & 2;
		char *comm;

		whole_stream(&first, !earlier);
		whole_stream(&second, earlier);
		comm = memmem(second.data, second.size, "python3", 7);
		assert_non_null(comm);
		*comm = damaged ? 'P' : 'p';
		stream_raw(&first, second.data, second.size);
		verify = verify_bytes(first.data, first.size, false);
		assert_int_equal(verify->report.problems.n, damaged);
		assert_int_equal(verify->report.hashes, damaged ? 3 : 4);
		if (damaged)
			assert_non_null(strstr(verify->report.problems.texts[0], names[earlier]));
		stream_done(&first);
		stream_done(&second);
	}
}

static void a_stream_that_goes_on_with_the_other_hash_is_told(void **state)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;

	begin_stream(&stream);
	stream.has_xxh64 = true;
	end_stream(&stream);
	verify = verify_bytes(stream.data, stream.size, false);
	assert_int_equal(verify->report.problems.n, 1);
	assert_non_null(strstr(verify->report.problems.texts[0], "(xxh64)"));
	stream_done(&stream);
}

static void change_hashed_bytes(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		record->footer->hashed_bytes++;
}

static void a_wrong_number_of_hashed_bytes_is_told(void **state)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;

	mangled(&stream, change_hashed_bytes);
	verify = verify_bytes(stream.data, stream.size, false);
	assert_int_equal(verify->report.problems.n, 1);
	assert_non_null(strstr(verify->report.problems.texts[0], "(xxh3)"));
	stream_done(&stream);
}

static void empty_frames_are_part_of_the_hash(void **state)
{
	static const uint8_t zeros[100];
	struct stream stream;

	stream_init(&stream);
	stream_header(&stream);
	stream_raw(&stream, zeros, sizeof(zeros));
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_is_told),
		cmocka_unit_test(lost_framing_is_told),
		cmocka_unit_test(an_unreadable_record_is_told_and_the_rest_is_checked),
		cmocka_unit_test(other_files_are_no_recordings),
		cmocka_unit_test(a_gap_in_seq_is_told),
		cmocka_unit_test(seq_that_goes_back_is_told),
		cmocka_unit_test(a_record_without_seq_is_told),
		cmocka_unit_test(a_header_that_names_another_seq_is_told),
		cmocka_unit_test(every_changed_byte_before_the_last_hash_is_found),
		cmocka_unit_test(a_changed_name_is_told_by_the_hash),
		cmocka_unit_test(each_stream_of_an_input_has_its_own_hash),
		cmocka_unit_test(a_stream_that_goes_on_with_the_other_hash_is_told),
		cmocka_unit_test(a_wrong_number_of_hashed_bytes_is_told),
		cmocka_unit_test(empty_frames_are_part_of_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
