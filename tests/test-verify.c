/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that are right, and streams that are wrong in one way each. */
#include "verify.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inuse.h"
#include "stream-builder.h"
#include "test.h"
#include "verdict.h"

static struct verify *verify_bytes(const void *data, size_t size, bool in_progress)
{
	int fd = memfd_create("test-verify", MFD_CLOEXEC), r;
	struct reader_record item;
	struct reader *reader;
	struct verify *verify;

	assert_ok(write_all(fd, data, size));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_ok(reader_new(&reader, fd, "test"));
	assert_ok(verify_new(&verify));
	verify_begin(verify, false);
	for (;;) {
		r = reader_next(reader, &item);
		if (r == READER_DAMAGED)
			verify_damaged(verify, &item);
		else if (r)
			break;
		else
			assert_ok(verify_record(verify, &item));
	}
	verify_end(verify, r, reader_reason(reader), &(struct verify_context){in_progress, 0});
	reader = reader_free(reader);
	assert_ok(close(fd));
	return verify;
}

static void assert_bytes(const void *data, size_t size, bool in_progress, int status,
			 const char *expected)
{
	_cleanup_(verify_freep) struct verify *verify = verify_bytes(data, size, in_progress);
	char text[VERDICT_SIZE];

	verdict_text(verify_report(verify), text);
	assert_string_equal(text, expected);
	assert_int_equal(verify_report(verify)->status, status);
}

/* Ends the stream's life, too. */
static void assert_verdict(struct stream *stream, int status, const char *expected)
{
	assert_bytes(stream->data, stream->size, false, status, expected);
	stream_done(stream);
}

static void begin(struct stream *stream)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	stream_event(stream, STREAM_OOM, 0);
	stream_event(stream, STREAM_SECCOMP, 0);
	stream_event(stream, STREAM_SECCOMP, 1);
	stream_counters(stream);
	stream_event(stream, STREAM_SECCOMP, 1);
}

static void end(struct stream *stream)
{
	stream_counters(stream);
	stream_footer(stream);
}

/* A stream whose records @mangle has had its hand on. */
static void mangled(struct stream *stream, void (*mangle)(Ringside__V1__Record *record))
{
	stream_init(stream);
	stream->mangle = mangle;
	stream_header(stream);
	stream_event(stream, STREAM_OOM, 0);
	stream_event(stream, STREAM_SECCOMP, 1);
	end(stream);
}

static Ringside__V1__CpuCounters *first_cpu(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS && record->counters->n_probes)
		return record->counters->probes[0]->cpus[0];
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		return record->footer->probes[0]->cpus[0];
	return NULL;
}

static void a_stream_whose_sums_close_is_complete(void **state)
{
	struct stream stream;

	begin(&stream);
	end(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void the_table_has_what_was_counted(void **state)
{
	struct stream stream;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_report *report;
	const struct tally *tally;

	begin(&stream);
	end(&stream);
	verify = verify_bytes(stream.data, stream.size, false);
	report = verify_report(verify);
	tally = verify_tally(verify);
	assert_int_equal(report->streams, 1);
	assert_int_equal(report->records, 11);
	assert_int_equal(report->latest_seq, 11);
	assert_int_equal(report->bytes, stream.size);
	assert_int_equal(report->hashes, 3);
	assert_int_equal(report->uncovered_records, 1);
	assert_int_equal(report->uncovered_bytes, stream.size - stream.latest);
	assert_true(report->uncovered_tail);
	assert_int_equal(tally->n, 2);
	assert_string_equal(tally->kinds[1].name, "seccomp_denial");
	assert_int_equal(tally->kinds[1].written, 3);
	stream_done(&stream);
}

static void limited_events_are_not_lost(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_hold(&stream, STREAM_SECCOMP, 1, 5);
	stream_limited(&stream, STREAM_SECCOMP, 2);
	stream_limited(&stream, STREAM_SECCOMP, 3);
	stream_event(&stream, STREAM_SECCOMP, 1);
	end(&stream);
	assert_verdict(&stream, 0, "complete; 5 events limited");
}

static void limited_events_without_a_key_count_too(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_hold(&stream, STREAM_SECCOMP, 1, 5);
	stream.overflow_limited[STREAM_SECCOMP] = 2;
	stream_limited(&stream, STREAM_SECCOMP, 3);
	end(&stream);
	assert_verdict(&stream, 0, "complete; 5 events limited");
}

static void a_full_ring_is_a_known_loss(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_drop(&stream, STREAM_SECCOMP, 1, 312);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 312);
	stream_event(&stream, STREAM_SECCOMP, 1);
	end(&stream);
	assert_verdict(&stream, 4, "whole, but 312 events of seccomp_denial lost (ring full)");
}

static void an_output_that_takes_nothing_is_a_known_loss(void **state)
{
	struct stream stream;

	begin(&stream);
	stream.sums[STREAM_SECCOMP][1].seen += 3;
	stream.sums[STREAM_SECCOMP][1].submitted += 3;
	stream.lost_in_sink[STREAM_SECCOMP] = 3;
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_SECCOMP, 1, 3);
	end(&stream);
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
	end(&stream);
	assert_verdict(&stream, 4,
		       "whole, but an unknown number of events lost (no streamer was attached)");
}

static void other_reasons_are_named(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RETENTION, STREAM_OOM, 0, 1);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__DAMAGED, STREAM_OOM, 0, 2);
	stream_lost(&stream, (Ringside__V1__Lost__Reason)77, STREAM_OOM, 0, 3);
	end(&stream);
	assert_verdict(
		&stream, 4,
		"whole, but 3 events of oom_kill lost (for an unknown reason); 1 event of "
		"oom_kill lost (deleted by the limits on space or age); 2 events of oom_kill "
		"lost (left out by a repair)");
}

static void without_missed_runs_it_is_complete_as_far_as_can_be_told(void **state)
{
	struct stream stream;

	begin(&stream);
	stream.missed_runs[STREAM_OOM] = stream.missed_runs[STREAM_SECCOMP] = UINT64_MAX;
	end(&stream);
	assert_verdict(
		&stream, 0,
		"complete as far as this kernel can tell: missed_runs is not counted by this "
		"kernel");
	begin(&stream);
	stream.missed_runs[STREAM_SECCOMP] = UINT64_MAX;
	end(&stream);
	assert_verdict(&stream, 0,
		       "complete as far as this kernel can tell: missed_runs of seccomp_denial is "
		       "not counted by this kernel");
}

static void missed_runs_are_named_with_their_number(void **state)
{
	struct stream stream;

	begin(&stream);
	stream.missed_runs[STREAM_SECCOMP] = 17;
	end(&stream);
	assert_verdict(
		&stream, 0,
		"complete as far as this kernel can tell: 17 runs of seccomp_denial may have "
		"been missed (missed_runs)");
}

static void runs_in_flight_at_the_end_are_named(void **state)
{
	struct stream stream;

	begin(&stream);
	stream.sums[STREAM_SECCOMP][0].seen++;
	stream.sums[STREAM_SECCOMP][0].in_flight++;
	end(&stream);
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
	end(&stream);
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
	end(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void events_of_a_kind_without_sums_are_a_problem(void **state)
{
	struct stream stream;

	mangled(&stream, drop_sums_of_seccomp);
	assert_verdict(&stream, 3,
		       "damaged: record 4: has no sums of seccomp_denial, but 1 events are in the "
		       "stream (and 1 more, see -v); there are no sums of seccomp_denial");
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
	end(&stream);
	assert_verdict(&stream, 0, "complete; seccomp_denial was not attached");
}

static void a_file_that_is_being_written_is_whole_so_far(void **state)
{
	struct stream stream;

	begin(&stream);
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

	begin(&stream);
	end(&stream);
	assert_bytes(stream.data, stream.size, true, 0, "complete");
	stream_done(&stream);
}

static void without_a_footer_and_a_writer_it_was_not_closed(void **state)
{
	struct stream stream;

	begin(&stream);
	assert_verdict(&stream, 3, "ended without a Footer: the streamer did not close it");
}

static void a_cut_is_told(void **state)
{
	struct stream stream;
	char expected[VERDICT_SIZE];

	begin(&stream);
	end(&stream);
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
	char expected[VERDICT_SIZE];

	begin(&stream);
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
	char expected[VERDICT_SIZE];

	begin(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: the record of 3 bytes at byte %zu is not readable", stream.size);
	stream_raw(&stream, "\x03\x1a\x7f\x00", 4);
	stream.seq++;
	stream_event(&stream, STREAM_OOM, 0);
	end(&stream);
	assert_verdict(&stream, 3, expected);
}

static void other_files_are_no_recordings(void **state)
{
	assert_bytes("hello, world\n", 13, false, 1,
		     "not a Ringside recording: it ends before its first record does");
	assert_bytes("", 0, false, 1, "empty: nothing was recorded");
}

static void a_gap_in_seq_is_told(void **state)
{
	struct stream stream;
	char expected[VERDICT_SIZE];

	begin(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: 2 records are missing before record 11 (byte %zu)", stream.size);
	stream.seq += 2;
	end(&stream);
	assert_verdict(&stream, 3, expected);
}

static void seq_that_goes_back_is_told(void **state)
{
	struct stream stream;
	char expected[VERDICT_SIZE];

	begin(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: record 8 (byte %zu) comes after record 8", stream.size);
	stream.seq--;
	end(&stream);
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
	char expected[VERDICT_SIZE];

	stream_init(&stream);
	stream.mangle = drop_seq;
	stream_header(&stream);
	(void)snprintf(expected, sizeof(expected), "damaged: the record at byte %zu has no seq",
		       stream.size);
	stream_event(&stream, STREAM_OOM, 0);
	end(&stream);
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
	end(&stream);
	for (size_t at = header; at < stream.latest; at++) {
		struct verify *verify;

		stream.data[at] ^= 0x20;
		verify = verify_bytes(stream.data, stream.size, false);
		found += verify_report(verify)->status == VERIFY_DAMAGED;
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

	begin(&stream);
	end(&stream);
	comm = memmem(stream.data, stream.size, "python3", 7);
	assert_non_null(comm);
	*comm = 'P';
	verify = verify_bytes(stream.data, stream.size, false);
	problems = &verify_report(verify)->problems;
	assert_int_equal(problems->n, 1);
	assert_non_null(strstr(problems->texts[0], "are not those that were written (xxh64)"));
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
	assert_int_equal(verify_report(verify)->problems.n, 1);
	assert_non_null(strstr(verify_report(verify)->problems.texts[0], "(xxh64)"));
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
	end(&stream);
	assert_verdict(&stream, 0, "complete");
}

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
	report = verify_report(verify);
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

	begin(&stream);
	before = stream.size;
	stream_event(&stream, STREAM_SECCOMP, 0);
	stream.size = before; /* never came */
	stream.seq--;
	end(&stream);
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
	assert_wrong(drop_cpu,
		     "record 4: CPU 0 is not in the sums of oom_kill, but 1 events are in "
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
		first_cpu(record)->cpu = TALLY_CPUS;
}

static void a_cpu_that_cannot_be_is_told(void **state)
{
	assert_wrong(name_cpu, "an event of oom_kill names CPU 4000000000");
	assert_wrong(name_cpu_in_sums, "record 4: names CPU 8192");
}

static void sums_that_move_need_not_add_up_before_the_end(void **state)
{
	struct stream stream;

	begin(&stream);
	stream.sums[STREAM_OOM][0].seen++; /* read before submitted was */
	stream_counters(&stream);
	stream.sums[STREAM_OOM][0].seen--;
	stream_event(&stream, STREAM_OOM, 0);
	end(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void sums_that_stand_still_have_to_add_up(void **state)
{
	struct stream stream;

	begin(&stream);
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
		"could not take them); the kernel itself counted 1 OOM kills in this time, the "
		"stream has 1 and lost 1");
}

static void at_the_footer_they_have_to_add_up(void **state)
{
	struct stream stream;

	begin(&stream);
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

	begin(&stream);
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

	begin(&stream);
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

	begin(&stream);
	stream.sums[STREAM_SECCOMP][0].seen++;
	stream.sums[STREAM_SECCOMP][0].submitted++;
	end(&stream);
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

	begin(&stream);
	stream.sums[STREAM_SECCOMP][0].seen += 4;
	stream.sums[STREAM_SECCOMP][0].submitted += 4;
	stream.mangle = end_by_count;
	end(&stream);
	assert_verdict(&stream, 0,
		       "complete; 4 more events of seccomp_denial had happened when -c ended it");
}

static void drops_that_no_lost_record_tells_of_are_told(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_drop(&stream, STREAM_SECCOMP, 0, 4);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 0, 3);
	end(&stream);
	assert_verdict(&stream, 3,
		       "damaged: record 12: of seccomp_denial, 4 dropped is not 3 in Lost records "
		       "(ring full); 4 events of seccomp_denial lost (ring full)");
}

static void held_back_that_no_limited_record_tells_of_is_told(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_hold(&stream, STREAM_SECCOMP, 0, 4);
	stream_limited(&stream, STREAM_SECCOMP, 3);
	end(&stream);
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
	problems = &verify_report(verify)->problems;
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

	begin(&stream);
	stream.kernel_oom_kills += 2;
	end(&stream);
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

	begin(&stream);
	stream.mangle = make_a_sharer;
	stream_event(&stream, STREAM_OOM, 0);
	stream.kernel_oom_kills--;
	stream.mangle = NULL;
	end(&stream);
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

		begin(&stream);
		stream.mangle = make_a_group;
		stream_event(&stream, STREAM_OOM, 0);
		stream.kernel_oom_kills += again;
		stream.mangle = NULL;
		end(&stream);
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
	char expected[VERDICT_SIZE];

	begin(&stream);
	end(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: record 12 (byte %zu) stands behind the Footer", stream.size);
	stream_clock(&stream);
	assert_verdict(&stream, 3, expected);
}

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
	end(&other);
	stream_raw(stream, other.data, other.size);
	stream_done(&other);
}

static void streams_one_behind_the_other_are_each_verified(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_drop(&stream, STREAM_SECCOMP, 1, 3);
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__RING_FULL, STREAM_SECCOMP, 1, 3);
	end(&stream);
	append_other(&stream);
	assert_verdict(&stream, 4,
		       "whole, but 3 events of seccomp_denial lost (ring full); 2 events limited");
}

static void a_stream_that_another_one_follows_needs_its_footer(void **state)
{
	struct stream stream;
	char expected[VERDICT_SIZE];

	begin(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: the stream before byte %zu has no Footer; 2 events limited",
		       stream.size);
	append_other(&stream);
	assert_verdict(&stream, 3, expected);
}

static void files_of_one_stream_in_their_order_are_one_stream(void **state)
{
	struct stream stream;

	begin(&stream);
	stream_header(&stream);
	stream_event(&stream, STREAM_OOM, 1);
	end(&stream);
	assert_verdict(&stream, 0, "complete");
}

static void a_stream_that_goes_on_behind_its_footer_is_told(void **state)
{
	struct stream stream;
	char expected[VERDICT_SIZE];

	begin(&stream);
	end(&stream);
	(void)snprintf(expected, sizeof(expected),
		       "damaged: the stream goes on behind its Footer (byte %zu)", stream.size);
	stream_header(&stream);
	end(&stream);
	assert_verdict(&stream, 3, expected);
}

static void a_later_file_alone_is_compared_with_itself(void **state)
{
	struct stream stream;
	size_t first;

	begin(&stream);
	first = stream.size;
	stream_header(&stream);
	stream_counters(&stream);
	stream_event(&stream, STREAM_OOM, 1);
	end(&stream);
	assert_bytes(stream.data + first, stream.size - first, false, 0,
		     "complete; it is not the first file of its stream: what Lost and Limited say "
		     "is not compared with the sums");
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
	end(&stream);
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

	begin(&stream);
	stream.mangle = name_badly;
	stream_lost(&stream, RINGSIDE__V1__LOST__REASON__SINK, STREAM_OOM, 0, 1);
	end(&stream);
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

/* A file and a second, read-only way to it. */
static void make_file(int *ret_writer, int *ret_reader)
{
	char path[] = "test-verify-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	*ret_reader = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(*ret_reader >= 0);
	assert_ok(unlink(path));
	*ret_writer = fd;
}

static void a_writer_is_seen_while_it_has_the_file_open(void **state)
{
	int writer, reader;

	make_file(&writer, &reader);
	assert_int_equal(inuse_check(reader), 1);
	assert_ok(close(writer));
	assert_int_equal(inuse_check(reader), 0);
	assert_ok(close(reader));
}

static void a_lock_is_seen_and_none_is_left_behind(void **state)
{
	int writer, reader;

	make_file(&writer, &reader);
	assert_ok(flock(writer, LOCK_EX | LOCK_NB));
	assert_int_equal(inuse_check(reader), 1);
	assert_ok(flock(writer, LOCK_UN));
	assert_int_equal(inuse_check(reader), 1); /* still open for writing */
	assert_ok(flock(writer, LOCK_EX | LOCK_NB));
	assert_ok(close(writer));
	assert_ok(close(reader));
}

static void a_pipe_that_ended_has_no_writer(void **state)
{
	int fds[2];

	assert_ok(pipe2(fds, O_CLOEXEC));
	assert_int_equal(inuse_check(fds[0]), 0);
	assert_ok(close(fds[0]));
	assert_ok(close(fds[1]));
	assert_int_equal(inuse_check(-1), -EBADF);
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
		cmocka_unit_test(a_wrong_number_of_hashed_bytes_is_told),
		cmocka_unit_test(empty_frames_are_part_of_the_hash),
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
		cmocka_unit_test(streams_one_behind_the_other_are_each_verified),
		cmocka_unit_test(a_stream_that_another_one_follows_needs_its_footer),
		cmocka_unit_test(files_of_one_stream_in_their_order_are_one_stream),
		cmocka_unit_test(a_stream_that_goes_on_behind_its_footer_is_told),
		cmocka_unit_test(a_later_file_alone_is_compared_with_itself),
		cmocka_unit_test(a_set_of_counters_that_is_not_whole_is_told),
		cmocka_unit_test(sums_of_a_kind_of_a_newer_version_are_not_compared),
		cmocka_unit_test(a_name_cannot_steer_the_terminal),
		cmocka_unit_test(many_findings_are_counted_and_some_are_kept),
		cmocka_unit_test(a_writer_is_seen_while_it_has_the_file_open),
		cmocka_unit_test(a_lock_is_seen_and_none_is_left_behind),
		cmocka_unit_test(a_pipe_that_ended_has_no_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
