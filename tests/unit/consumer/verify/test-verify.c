/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that are whole, what they lost, and how they ended. */
#include "tests/lib/verify-fixture.h"

static void a_stream_whose_sums_close_is_complete(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void the_table_has_what_was_counted(void **state)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_report *report;
	const struct recount *recount;

	begin_stream(&stream);
	end_stream(&stream);
	verify = verify_bytes(stream.data, stream.size, false);
	report = &verify->report;
	recount = &verify->recount;
	assert_int_equal(report->streams, 1);
	assert_int_equal(report->records, 11);
	assert_int_equal(report->latest_seq, 11);
	assert_int_equal(report->bytes, stream.size);
	assert_int_equal(report->hashes, 3);
	assert_int_equal(report->uncovered_records, 1);
	assert_int_equal(report->uncovered_bytes, stream.size - stream.latest);
	assert_true(report->uncovered_tail);
	assert_int_equal(recount->n, 2);
	assert_string_equal(recount->kinds[1].name, "seccomp_denial");
	assert_int_equal(recount->kinds[1].written, 3);
	stream_done(&stream);
}

static void limited_events_are_not_lost(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_hold(&stream, STREAM_SECCOMP, 1, 5);
	stream_limited(&stream, STREAM_SECCOMP, 2);
	stream_limited(&stream, STREAM_SECCOMP, 3);
	stream_event(&stream, STREAM_SECCOMP, 1);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete; 5 events limited");
}

static void limited_events_without_a_key_count_too(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_hold(&stream, STREAM_SECCOMP, 1, 5);
	stream.overflow_limited[STREAM_SECCOMP] = 2;
	stream_limited(&stream, STREAM_SECCOMP, 3);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete; 5 events limited");
}

static void a_full_ring_is_a_known_loss(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_drop(&stream, STREAM_SECCOMP, 1, 312);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 312);
	stream_event(&stream, STREAM_SECCOMP, 1);
	end_stream(&stream);
	assert_verdict(&stream, 4, "whole, but 312 events of seccomp_denial lost (ring full)");
}

static void an_output_that_takes_nothing_is_a_known_loss(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_SECCOMP][1].seen += 3;
	stream.sums[STREAM_SECCOMP][1].submitted += 3;
	stream.lost_in_sink[STREAM_SECCOMP] = 3;
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_SECCOMP, 1, 3);
	end_stream(&stream);
	assert_verdict(&stream, 4,
		       "whole, but 3 events of seccomp_denial lost (the output could not take "
		       "them)");
}

static void forget_count(Ringside__V1__Record *record)
{
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_LOST)
		return;
	record->lost->has_count = 0;
	record->lost->kind = NULL;
}

static void losses_of_unknown_size_are_losses(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = forget_count;
	stream_header(&stream);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__NOT_ATTACHED, STREAM_OOM, 0, 0);
	end_stream(&stream);
	assert_verdict(&stream, 4,
		       "whole, but an unknown number of events lost (no streamer was attached)");
}

static void other_reasons_are_named(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RETENTION, STREAM_OOM, 0, 1);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__DAMAGED, STREAM_OOM, 0, 2);
	stream_lost(&stream, (Ringside__V1__Lost__Reason)77, STREAM_OOM, 0, 3);
	end_stream(&stream);
	assert_verdict(
		&stream, 4,
		"whole, but 3 events of oom_kill lost (for an unknown reason); 1 event of "
		"oom_kill lost (deleted by the limits on space or age); 2 events of oom_kill "
		"lost (left out by a repair)");
}

static void without_missed_runs_it_is_complete_as_far_as_can_be_told(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.missed_runs[STREAM_OOM] = stream.missed_runs[STREAM_SECCOMP] = UINT64_MAX;
	end_stream(&stream);
	assert_verdict(
		&stream, 0,
		"complete as far as this kernel can tell: missed_runs is not counted by this "
		"kernel");
	begin_stream(&stream);
	stream.missed_runs[STREAM_SECCOMP] = UINT64_MAX;
	end_stream(&stream);
	assert_verdict(&stream, 0,
		       "complete as far as this kernel can tell: missed_runs of seccomp_denial is "
		       "not counted by this kernel");
}

static void missed_runs_are_named_with_their_number(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.missed_runs[STREAM_SECCOMP] = 17;
	end_stream(&stream);
	assert_verdict(
		&stream, 0,
		"complete as far as this kernel can tell: 17 runs of seccomp_denial may have "
		"been missed (missed_runs)");
}

static void runs_in_flight_at_the_end_are_named(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_SECCOMP][0].seen++;
	stream.sums[STREAM_SECCOMP][0].in_flight++;
	end_stream(&stream);
	assert_verdict(&stream, 0,
		       "complete as far as this kernel can tell: 1 run of seccomp_denial had not "
		       "ended (in flight)");
}

static void drop_sums_of_seccomp(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS)
		record->counters->n_probes = record->counters->n_probes ? 1 : 0;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		record->footer->n_probes = 1;
}

static void an_attached_probe_without_sums_is_doubted(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = drop_sums_of_seccomp;
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 0,
		       "complete as far as this kernel can tell: there are no sums of "
		       "seccomp_denial");
}

static void make_seccomp_tcp(Ringside__V1__Record *record)
{
	static char kind[] = "tcp_queue";

	drop_sums_of_seccomp(record);
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->probes[1]->kind = kind;
}

static void a_probe_without_events_needs_no_sums(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = make_seccomp_tcp;
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void events_of_a_kind_without_sums_are_a_problem(void **state)
{
	struct stream stream;

	mangled(&stream, drop_sums_of_seccomp);
	assert_verdict(&stream, 3,
		       "damaged: record 4: has no sums of seccomp_denial, but the stream has 1 "
		       "event (and 1 more, see -v); there are no sums of seccomp_denial");
}

static void detach_seccomp(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->probes[1]->has_tier = record->header->probes[1]->tier = 0;
}

static void a_probe_that_was_not_attached_is_named(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = detach_seccomp;
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete; seccomp_denial was not attached");
}

static void a_file_that_is_being_written_is_whole_so_far(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	assert_bytes(stream.data, stream.size, true, 0, "in progress, whole so far");
	assert_bytes(stream.data, stream.size - 3, true, 0, "in progress, whole so far");
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 2);
	assert_bytes(stream.data, stream.size, true, 4,
		     "in progress, whole so far, but 2 events of seccomp_denial lost (ring full)");
	stream_done(&stream);
}

static void a_closed_file_is_complete_whoever_has_it_open(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	end_stream(&stream);
	assert_bytes(stream.data, stream.size, true, 0, "complete");
	stream_done(&stream);
}

static void without_a_footer_and_a_writer_it_was_not_closed(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	assert_verdict(&stream, VERIFY_UNCLOSED,
		       "unclosed: it ends without a Footer: the streamer was killed, or has not "
		       "closed it yet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_whose_sums_close_is_complete),
		cmocka_unit_test(the_table_has_what_was_counted),
		cmocka_unit_test(limited_events_are_not_lost),
		cmocka_unit_test(limited_events_without_a_key_count_too),
		cmocka_unit_test(a_full_ring_is_a_known_loss),
		cmocka_unit_test(an_output_that_takes_nothing_is_a_known_loss),
		cmocka_unit_test(losses_of_unknown_size_are_losses),
		cmocka_unit_test(other_reasons_are_named),
		cmocka_unit_test(without_missed_runs_it_is_complete_as_far_as_can_be_told),
		cmocka_unit_test(missed_runs_are_named_with_their_number),
		cmocka_unit_test(runs_in_flight_at_the_end_are_named),
		cmocka_unit_test(an_attached_probe_without_sums_is_doubted),
		cmocka_unit_test(a_probe_without_events_needs_no_sums),
		cmocka_unit_test(events_of_a_kind_without_sums_are_a_problem),
		cmocka_unit_test(a_probe_that_was_not_attached_is_named),
		cmocka_unit_test(a_file_that_is_being_written_is_whole_so_far),
		cmocka_unit_test(a_closed_file_is_complete_whoever_has_it_open),
		cmocka_unit_test(without_a_footer_and_a_writer_it_was_not_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
