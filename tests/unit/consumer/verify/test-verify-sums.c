/* SPDX-License-Identifier: Apache-2.0 */
/* Streams whose sums are wrong in one way each. */
#include "tests/lib/verify-fixture.h"

/* Each of these changes one number of the sums in the first Counters set (record 4). */
#define WRONG(name)                                                                                \
	static void wrong_##name(Ringside__V1__Record *record)                                     \
	{                                                                                          \
		if (first_cpu(record) && record->seq == 4)                                         \
			first_cpu(record)->name++;                                                 \
	}
WRONG(written)
WRONG(carried_seen)
WRONG(carried_limited)
WRONG(carried_dropped)

static void assert_wrong(void (*mangle)(Ringside__V1__Record *record), const char *expected)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_report *report;

	mangled(&stream, mangle);
	verify = verify_bytes(stream.data, stream.size, false);
	report = &verify->report;
	assert_int_equal(report->status, 3);
	assert_string_equal(report->problems.texts[0], expected);
	stream_done(&stream);
}

static void what_the_events_carried_is_compared_exactly(void **state)
{
	assert_wrong(wrong_written,
		     "record 4: written of oom_kill on CPU 0 is 2, by the events it is 1");
	assert_wrong(wrong_carried_seen,
		     "record 4: carried_seen of oom_kill on CPU 0 is 2, by the events it is 1");
	assert_wrong(wrong_carried_limited,
		     "record 4: carried_limited of oom_kill on CPU 0 is 1, by the events it is 0");
	assert_wrong(wrong_carried_dropped,
		     "record 4: carried_dropped of oom_kill on CPU 0 is 1, by the events it is 0");
}

static void a_missing_event_is_told_by_the_sums(void **state)
{
	struct stream stream;
	size_t before;

	begin_stream(&stream);
	before = stream.size;
	stream_event(&stream, STREAM_SECCOMP, 0);
	stream.size = before; /* never came */
	stream.seq--;
	end_stream(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 9: written of seccomp_denial on CPU 0 is 2, by the events "
		       "it is 1 (and 1 more, see -v)");
}

static void drop_cpu(Ringside__V1__Record *record)
{
	if (first_cpu(record) && record->seq == 4)
		record->counters->probes[0]->n_cpus = 0;
}

static void a_cpu_that_is_not_listed_is_told(void **state)
{
	assert_wrong(drop_cpu, "record 4: CPU 0 is not in the sums of oom_kill, but has 1 event in "
			       "the stream");
}

static void name_cpu(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_OOM_KILL)
		record->cpu_sums->cpu = 4000000000u;
}

static void name_cpu_in_sums(Ringside__V1__Record *record)
{
	if (first_cpu(record) && record->seq == 4)
		first_cpu(record)->cpu = RECOUNT_CPUS;
}

static void a_cpu_that_cannot_be_is_told(void **state)
{
	assert_wrong(name_cpu, "an event of oom_kill names CPU 4000000000");
	assert_wrong(name_cpu_in_sums, "record 4: names CPU 8192");
}

static void sums_that_move_need_not_add_up_before_the_end(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_OOM][0].seen++; /* read before submitted was */
	stream_counters(&stream);
	stream.sums[STREAM_OOM][0].seen--;
	stream_event(&stream, STREAM_OOM, 0);
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void sums_that_stand_still_have_to_add_up(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_OOM][1].seen++;
	stream_counters(&stream);
	stream_counters(&stream);
	stream.sums[STREAM_OOM][1].submitted++;
	stream.lost_in_sink[STREAM_OOM]++;
	stream_footer(&stream);
	assert_verdict(
		&stream, 3,
		"damaged: record 11: of oom_kill on CPU 1, 1 seen is not 0 submitted + 0 "
		"limited + 0 dropped + 0 in flight; 1 event of oom_kill lost (the output "
		"could not take them); the kernel itself counted 1 OOM kill in this time, the "
		"stream has 1 and lost 1");
}

static void at_the_footer_they_have_to_add_up(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_counters(&stream);
	stream.sums[STREAM_OOM][0].seen++;
	stream_footer(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 11: of oom_kill on CPU 0, 2 seen is not 1 submitted + 0 "
		       "limited + 0 dropped + 0 in flight");
}

static void a_sum_that_falls_is_told(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_OOM][1].seen = 5;
	stream.sums[STREAM_OOM][1].in_flight = 5;
	stream_counters(&stream);
	stream.sums[STREAM_OOM][1].seen = stream.sums[STREAM_OOM][1].in_flight = 2;
	stream_counters(&stream);
	stream.sums[STREAM_OOM][1] = (struct stream_sums){0};
	stream_footer(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 11: seen of oom_kill on CPU 1 fell from 5 to 2");
}

static void an_event_cannot_carry_more_than_the_kernel_counted(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_counters(&stream);
	stream.sums[STREAM_OOM][0].carried_dropped = 0;
	stream.sums[STREAM_OOM][0].dropped += 9;
	stream.sums[STREAM_OOM][0].seen += 9;
	stream_event(&stream, STREAM_OOM, 0);
	stream.sums[STREAM_OOM][0].dropped -= 9;
	stream.sums[STREAM_OOM][0].seen -= 9;
	stream_footer(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 12: an event of oom_kill on CPU 0 carries more than the "
		       "kernel counted");
}

static void submitted_but_neither_written_nor_lost_is_told(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_SECCOMP][0].seen++;
	stream.sums[STREAM_SECCOMP][0].submitted++;
	end_stream(&stream);
	assert_verdict(
		&stream, 3,
		"damaged: record 11: of seccomp_denial, 4 submitted is not 3 written or lost "
		"in the output");
}

static void end_by_count(Ringside__V1__Record *record)
{
	static char reason[] = "-c";

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		record->footer->reason = reason;
}

static void what_a_count_left_in_the_ring_is_said_but_no_failure(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.sums[STREAM_SECCOMP][0].seen += 4;
	stream.sums[STREAM_SECCOMP][0].submitted += 4;
	stream.mangle = end_by_count;
	end_stream(&stream);
	assert_verdict(&stream, 0,
		       "complete; 4 more events of seccomp_denial had happened when -c ended it");
}

static void drops_that_no_lost_record_tells_of_are_told(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_drop(&stream, STREAM_SECCOMP, 0, 4);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 0, 3);
	end_stream(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 12: of seccomp_denial, 4 dropped is not 3 in Lost records "
		       "(ring full); 4 events of seccomp_denial lost (ring full)");
}

static void held_back_that_no_limited_record_tells_of_is_told(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream_hold(&stream, STREAM_SECCOMP, 0, 4);
	stream_limited(&stream, STREAM_SECCOMP, 3);
	end_stream(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 12: of seccomp_denial, 4 limited is not 3 in Limited "
		       "records; 4 events limited");
}

static void wrong_totals(Ringside__V1__Record *record)
{
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_FOOTER)
		return;
	record->footer->totals[0]->written++;
	record->footer->totals[0]->limited++;
	record->footer->totals[0]->lost++;
	record->footer->records++;
}

static void wrong_totals_of_the_footer_are_told(void **state)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct findings *problems;

	mangled(&stream, wrong_totals);
	verify = verify_bytes(stream.data, stream.size, false);
	problems = &verify->report.problems;
	assert_int_equal(problems->n, 4);
	assert_string_equal(problems->texts[0], "record 6: the Footer counts 7 records");
	assert_string_equal(problems->texts[1],
			    "record 6: of oom_kill, 2 written by its total is not 1 in the stream");
	assert_string_equal(problems->texts[2],
			    "record 6: of oom_kill, 1 limited by its total is not 0 by the sums");
	assert_string_equal(problems->texts[3],
			    "record 6: of oom_kill, 1 lost by its total is not 0 by the sums");
	stream_done(&stream);
}

static void another_count_of_the_kernel_is_said_but_no_failure(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.kernel_oom_kills += 2;
	end_stream(&stream);
	assert_verdict(
		&stream, 0,
		"complete; the kernel itself counted 3 OOM kills in this time, the stream has "
		"1 and lost 0");
}

static void make_a_sharer(Ringside__V1__Record *record)
{
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_OOM_KILL)
		return;
	record->oom_kill->has_shares_memory = 1;
	record->oom_kill->shares_memory = 1;
}

static void the_kernel_counts_no_kill_of_a_process_that_shares_memory(void **state)
{
	struct stream stream;

	begin_stream(&stream);
	stream.mangle = make_a_sharer;
	stream_event(&stream, STREAM_OOM, 0);
	stream.kernel_oom_kills--;
	stream.mangle = NULL;
	end_stream(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void make_a_group(Ringside__V1__Record *record)
{
	if (record->body_case != RINGSIDE__V1__RECORD__BODY_OOM_KILL)
		return;
	record->oom_kill->has_oom_group = record->oom_kill->has_victim_number = 1;
	record->oom_kill->oom_group = 1;
	record->oom_kill->victim_number = 1;
}

/* Once, or twice; more is said. */
static void the_kernel_may_count_the_first_of_a_group_again(void **state)
{
	for (unsigned again = 0; again < 3; again++) {
		struct stream stream;

		begin_stream(&stream);
		stream.mangle = make_a_group;
		stream_event(&stream, STREAM_OOM, 0);
		stream.kernel_oom_kills += again;
		stream.mangle = NULL;
		end_stream(&stream);
		assert_verdict(&stream, 0,
			       again < 2
				       ? "complete"
				       : "complete; the kernel itself counted 4 OOM kills in this "
					 "time, the stream has 2 and lost 0");
	}
}

static void a_record_behind_the_footer_is_told(void **state)
{
	struct stream stream;
	char expected[VERIFY_SUMMARY];

	begin_stream(&stream);
	end_stream(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: record 12 (byte %zu) stands behind the Footer", stream.size);
	stream_clock(&stream);
	assert_verdict(&stream, 3, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_events_carried_is_compared_exactly),
		cmocka_unit_test(a_missing_event_is_told_by_the_sums),
		cmocka_unit_test(a_cpu_that_is_not_listed_is_told),
		cmocka_unit_test(a_cpu_that_cannot_be_is_told),
		cmocka_unit_test(sums_that_move_need_not_add_up_before_the_end),
		cmocka_unit_test(sums_that_stand_still_have_to_add_up),
		cmocka_unit_test(at_the_footer_they_have_to_add_up),
		cmocka_unit_test(a_sum_that_falls_is_told),
		cmocka_unit_test(an_event_cannot_carry_more_than_the_kernel_counted),
		cmocka_unit_test(submitted_but_neither_written_nor_lost_is_told),
		cmocka_unit_test(what_a_count_left_in_the_ring_is_said_but_no_failure),
		cmocka_unit_test(drops_that_no_lost_record_tells_of_are_told),
		cmocka_unit_test(held_back_that_no_limited_record_tells_of_is_told),
		cmocka_unit_test(wrong_totals_of_the_footer_are_told),
		cmocka_unit_test(another_count_of_the_kernel_is_said_but_no_failure),
		cmocka_unit_test(the_kernel_counts_no_kill_of_a_process_that_shares_memory),
		cmocka_unit_test(the_kernel_may_count_the_first_of_a_group_again),
		cmocka_unit_test(a_record_behind_the_footer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
