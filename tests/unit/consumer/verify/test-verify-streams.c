/* SPDX-License-Identifier: Apache-2.0 */
/* More than one stream, sets of Counters that are not whole, and findings. */
#include "tests/lib/verify-fixture.h"

static uint8_t other_id[16] = {0xaa};

static void change_stream_id(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->stream_id.data = other_id;
}

/* Appends a whole stream with another id. */
static void append_other(struct stream *stream)
{
	struct stream other;

	stream_init(&other);
	other.mangle = change_stream_id;
	stream_header(&other);
	stream_hold(&other, STREAM_SECCOMP, 0, 2);
	stream_limited(&other, STREAM_SECCOMP, 2);
	stream_event(&other, STREAM_OOM, 1);
	end_stream(&other);
	stream_raw(stream, other.data, other.size);
	stream_done(&other);
}

static void streams_one_behind_the_other_are_each_verified(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_drop(&stream, STREAM_SECCOMP, 1, 3);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 3);
	end_stream(&stream);
	append_other(&stream);
	assert_verdict(&stream, 4,
		       "whole, but 3 events of seccomp_denial lost (ring full); 2 events limited");
}

static void a_stream_that_another_one_follows_needs_its_footer(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "unclosed: the stream before byte %zu has no Footer; 2 events limited",
		       stream.size);
	append_other(&stream);
	assert_verdict(&stream, VERIFY_UNCLOSED, expected);
}

static void files_of_one_stream_in_their_order_are_one_stream(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 1);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void a_stream_that_goes_on_behind_its_footer_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	end_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: the stream goes on behind its Footer (byte %zu)", stream.size);
	stream_header(&stream);
	end_stream(&stream);
	assert_verdict(&stream, 3, expected);
}

static void a_later_file_alone_is_compared_with_itself(void **state)
{
	struct stream stream;
	size_t first;

	begin_stream(&stream);
	first = stream.size;
	stream_header(&stream);
	stream_counters(&stream);
	stream_event(&stream, STREAM_OOM, 1);
	end_stream(&stream);
	assert_bytes(stream.data + first, stream.size - first, false, 0,
		     "complete; it is not the first file of its stream: what Lost and Limited say "
		     "is not compared with the sums");
	stream_done(&stream);
}

/* 2 before it, of which its records say nothing, and 5 of which they do. */
static void a_later_file_alone_has_the_losses_it_tells_of(void **state)
{
	struct stream stream;
	size_t first;

	begin_stream(&stream);
	stream.lost_in_sink[STREAM_OOM] = 2;
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_OOM, 0, 2);
	first = stream.size;
	stream_header(&stream);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_OOM, 0, 5);
	stream.lost_in_sink[STREAM_OOM] = 7;
	stream.sums[STREAM_OOM][0].seen += 7;
	stream.sums[STREAM_OOM][0].submitted += 7;
	stream_counters(&stream);
	end_stream(&stream);
	assert_bytes(stream.data + first, stream.size - first, false, 4,
		     "whole, but 5 events of oom_kill lost (the output could not take them); it is "
		     "not the first file of its stream: what Lost and Limited say is not compared "
		     "with the sums");
	stream_done(&stream);
}

static void promise_a_part(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS)
		record->counters->parts = 3;
}

static void skip_a_part(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS && record->counters->part == 2)
		record->counters->part = 3;
}

static void a_set_of_counters_that_is_not_whole_is_told(void **state)
{
	struct stream stream;

	mangled(&stream, promise_a_part);
	assert_verdict(&stream, 3, "damaged: a set of Counters is not whole before record 6");
	mangled(&stream, skip_a_part);
	assert_verdict(&stream, 3, "damaged: a set of Counters is not whole before record 5");
}

static void rename_kind(Ringside__V1__Record *record)
{
	static char name[] = "tcp_queue";

	if (first_cpu(record) && record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS)
		record->counters->probes[1]->kind = name;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER) {
		record->footer->probes[1]->kind = name;
		record->footer->totals[1]->kind = name;
	}
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->n_probes = 1;
}

static void sums_of_a_kind_of_a_newer_version_are_not_compared(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = rename_kind;
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 0);
	stream.sums[STREAM_SECCOMP][0] =
		(struct stream_sums){.seen = 4, .submitted = 4, .written = 4};
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void name_badly(Ringside__V1__Record *record)
{
	static char name[] = "oom\033[31m\n";

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LOST)
		record->lost->kind = name;
}

static void a_name_cannot_steer_the_terminal(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.mangle = name_badly;
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_OOM, 0, 1);
	end_stream(&stream);
	assert_verdict(&stream, 4,
		       "whole, but 1 event of oom??31m? lost (the output could not take them)");
}

static void many_findings_are_counted_and_some_are_kept(void **state)
{
	struct findings findings = {0};

	for (int i = 0; i < 100; i++)
		findings_add(&findings, "problem %d", i);
	assert_int_equal(findings.n, 100);
	assert_int_equal(findings_kept(&findings), FINDINGS_MAX);
	assert_string_equal(findings.texts[31], "problem 31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_one_behind_the_other_are_each_verified),
		cmocka_unit_test(a_stream_that_another_one_follows_needs_its_footer),
		cmocka_unit_test(files_of_one_stream_in_their_order_are_one_stream),
		cmocka_unit_test(a_stream_that_goes_on_behind_its_footer_is_told),
		cmocka_unit_test(a_later_file_alone_is_compared_with_itself),
		cmocka_unit_test(a_later_file_alone_has_the_losses_it_tells_of),
		cmocka_unit_test(a_set_of_counters_that_is_not_whole_is_told),
		cmocka_unit_test(sums_of_a_kind_of_a_newer_version_are_not_compared),
		cmocka_unit_test(a_name_cannot_steer_the_terminal),
		cmocka_unit_test(many_findings_are_counted_and_some_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
