/* SPDX-License-Identifier: Apache-2.0 */
/* One stream after the other, whatever inputs they come from. What one input is to be told of
 * goes to the report, which begins anew with each; what is missing before an input's first
 * record, to the joint. */
#include "consumer/verify/verify-internal.h"

#include <inttypes.h>
#include <string.h>

#include "consumer/files/copies.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"
#include "proto/recording/recording.h"

#define WHERE_SIZE 64

int verify_new(struct verify **ret)
{
	_cleanup_(verify_freep) struct verify *verify = calloc(1, sizeof(*verify));
	int r;

	if (!verify)
		return -ENOMEM;
	r = checksums_init(&verify->checksums);
	if (r)
		return r;
	*ret = TAKE_PTR(verify);
	return 0;
}

struct verify *verify_free(struct verify *verify)
{
	if (verify) {
		recount_done(&verify->recount);
		stream_set_done(&verify->streams);
		stream_set_done(&verify->headers);
		checksums_done(&verify->checksums);
		free(verify);
	}
	return NULL;
}

void verify_begin(struct verify *verify, bool framed)
{
	verify->report = (struct verify_report){0};
	verify->joint = (struct verify_joint){0};
	verify->begun = verify->hole = verify->unfinished = false;
	verify->orphan = 0;
	stream_set_done(&verify->streams);
	stream_set_done(&verify->headers);
	verify->missing.from = 0;
	verify->gap_notes = NULL;
	checksums_reset(&verify->checksums);
	verify->checksums.framed = framed;
}

/* The bytes before the record at hand, as a hash in it has them. */
static void check_hash(struct verify *verify, const struct reader_record *item)
{
	uint64_t from;

	if (checksums_compare(&verify->checksums, item, &from))
		return;
	verify->report.mendable = true;
	findings_add(&verify->report.problems,
		     "the bytes from %" PRIu64 " to %" PRIu64
		     " are not those that were written (%s)",
		     from, item->offset, verify->checksums.hash.name);
}

static int take_counters(struct verify *verify, const Ringside__V1__Record *record,
			 const char *where)
{
	const Ringside__V1__Counters *counters = record->counters;
	bool from_here = !verify->recount.based && !verify->recount.gap;
	int r;

	if (counters->part != 1)
		return 0;
	r = recount_set(&verify->recount, counters->probes, counters->n_probes, false, where,
			&verify->report.problems);
	if (from_here) /* a later file alone: what was lost before is told of it only
			* where it has records of that */
		losses_skip(&verify->recount);
	verify_tell_missing(verify, where);
	return r;
}

static void note_kernel_kills(struct verify *verify, const Ringside__V1__Footer *footer)
{
	const struct recount_kind *kind = recount_find(&verify->recount, KERNEL_KILLS_KIND);
	const struct kernel_kills *kills = &verify->kills;
	uint64_t kernel, lost, ours;

	if (!kind || !kind->attached || !kills->known || !verify->recount.whole ||
	    !kernel_kills_read(&footer->base, &kernel))
		return;
	kernel -= kills->count;
	ours = kind->written - kills->ignored;
	lost = kind->kernel.dropped + kind->lost_in_sink;
	if (kernel < ours + lost || kernel > ours + lost + kills->twice)
		findings_add(&verify->report.notes,
			     "the kernel itself counted %s in this time, the stream has %s and "
			     "lost %s",
			     COUNTED(kernel, "OOM kill"), COUNT(ours), COUNT(lost));
}

static int take_footer(struct verify *verify, const Ringside__V1__Record *record, const char *where)
{
	const Ringside__V1__Footer *footer = record->footer;
	bool rotated = footer->reason && !strcmp(footer->reason, RECORDING_ROTATED);
	int r;

	verify->has_footer = true;
	verify->rotated = rotated;
	if (footer->has_records && footer->records != record->seq)
		findings_add(&verify->report.problems, "%s: the Footer counts %s", where,
			     COUNTED(footer->records, "record"));
	if (footer->reason && !strcmp(footer->reason, RECORDING_REPAIRED))
		return 0; /* it knows no sums */
	r = recount_footer(&verify->recount, footer, where, &verify->report.problems,
			   &verify->report.notes);
	if (r)
		return r;
	verify_tell_missing(verify, where);
	if (!rotated) /* some may be in the rings still */
		note_kernel_kills(verify, footer);
	losses_doubt(&verify->recount, !rotated, &verify->report.doubts);
	return 0;
}

static void take_lost(struct verify *verify, const Ringside__V1__Record *record)
{
	const Ringside__V1__Lost *lost = record->lost;

	verify_take_lost(verify, record);
	if (verify->heads)
		first_files_take(verify->heads, lost);
	if (lost->reason != RINGSIDE__V1__LOST__REASON__DAMAGED || lost->kind)
		return;
	verify->report.repaired = true;
	verify_begin_gap(verify, false);
}

/* The name of what an event is about is that of its body. */
static int take_event(struct verify *verify, const Ringside__V1__Record *record)
{
	const ProtobufCFieldDescriptor *field;

	field = protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->body_case);
	if (!record->cpu_sums || !field)
		return 0;
	if (verify->runs && (!record->has_boottime_nano || record->cpu_sums->has_between))
		verify->report.underived++;
	return recount_event(&verify->recount, field->name, record->cpu_sums,
			     &verify->report.problems);
}

/* Of all others the place is never told. */
static int take_sums(struct verify *verify, const Ringside__V1__Record *record)
{
	char where[WHERE_SIZE];

	(void)snprintf(where, sizeof(where), "record %" PRIu64, record->seq);
	return record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER
		       ? take_footer(verify, record, where)
		       : take_counters(verify, record, where);
}

static int take_body(struct verify *verify, const Ringside__V1__Record *record)
{
	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		return take_sums(verify, record);
	case RINGSIDE__V1__RECORD__BODY_LOST:
		take_lost(verify, record);
		return 0;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		recount_limited(&verify->recount, record->limited);
		return 0;
	default:
		kernel_kills_add(&verify->kills, record);
		return take_event(verify, record);
	}
}

static void count_record(struct verify *verify, const struct reader_record *item)
{
	struct verify_report *report = &verify->report;

	verify->begun = true;
	report->records++;
	report->orphans += item->orphan != 0;
	report->events += item->record && body_is_event(item->record);
	report->bytes = item->offset + (uint64_t)(item->frame - item->start) + (uint64_t)item->size;
}

/* Behind all that asks when the record before it was. A Header of an excerpt was not chosen: when
 * its file began is no time of what is in it. */
static void note_time(struct verify *verify, const Ringside__V1__Record *record)
{
	struct finding_time *span = &verify->report.span;
	const uint64_t nano = record->time_unix_nano;

	if (!nano)
		return;
	verify->latest_nano = nano;
	if (verify->excerpt && record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		return;
	span->from = span->from ? min_u64(span->from, nano) : nano;
	span->until = max_u64(span->until, nano);
}

/* Whether the record is of one. Without its Header it is not known: then it is none. */
static bool is_excerpt(const struct verify *verify, const struct reader_record *item)
{
	return item->header ? item->record->header->excerpt != NULL
			    : verify->begun && verify->excerpt;
}

/* Others' records than those before begin, or such as are known again. */
static void begin_orphans(struct verify *verify, const struct reader_record *item)
{
	verify->orphan = item->orphan;
	if (!item->orphan)
		return;
	if (verify->begun)
		verify_tell_hole(verify, item->record->time_unix_nano);
	verify_begin_headless(verify, item);
}

int verify_record(struct verify *verify, const struct reader_record *item)
{
	int r;

	if (item->orphan != verify->orphan)
		begin_orphans(verify, item);
	if (is_excerpt(verify, item)) {
		/* its hashes are over what it leaves out, too: only a frame's checksum covers it */
		if (item->header && !verify->excerpt)
			checksums_begin(&verify->checksums, item->offset);
		if (verify_take_excerpt(verify, item)) {
			checksums_add(&verify->checksums, item);
			count_record(verify, item);
		}
		note_time(verify, item->record);
		return 0;
	}
	checksums_empty(&verify->checksums, item);
	if (item->header) {
		verify_take_header(verify, item);
	} else if (!verify->begun && !verify->orphan) {
		verify_begin_headless(verify, item);
	} else if (verify->has_footer && !body_stands_in(item->record)) {
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") stands behind the Footer",
			     item->record->seq, item->offset);
	}
	verify_see(verify, item);
	verify_check_order(verify, item);
	check_hash(verify, item);
	checksums_add(&verify->checksums, item);
	if (!item->header)
		downtime_see(&verify->downtime, item->record);
	count_record(verify, item);
	r = item->header ? 0 : take_body(verify, item->record);
	note_time(verify, item->record);
	return r;
}

void verify_damaged(struct verify *verify, const struct reader_record *item)
{
	verify_tell_hole(verify, 0);
	verify->report.mendable = true;
	findings_add(&verify->report.problems,
		     "the record of %s at byte %" PRIu64 " is not readable",
		     COUNTED(item->size, "byte"), item->offset);
	findings_when(&verify->report.problems, verify->latest_nano, 0);
	if (!verify->excerpt) {
		checksums_empty(&verify->checksums, item);
		checksums_add(&verify->checksums, item);
		sequence_skip(&verify->sequence);
		verify_begin_gap(verify, false);
	}
	count_record(verify, item);
}

static enum verify_status judge_report(const struct verify_report *report, int answer)
{
	if (answer < 0 || (answer == READER_FOREIGN && !report->records))
		return VERIFY_FOREIGN;
	if (report->problems.n)
		return report->problems.n == report->unclosed ? VERIFY_UNCLOSED : VERIFY_DAMAGED;
	if (report->losses.n)
		return VERIFY_LOSSES;
	if (!report->excerpt)
		return VERIFY_COMPLETE;
	return report->checked ? VERIFY_FILTERED : VERIFY_EXCERPT;
}

static void report_coverage(struct verify *verify)
{
	struct checksums *checksums = &verify->checksums;
	struct verify_report *report = &verify->report;
	const struct checksums_span *latest = &checksums->latest;

	checksums_end(checksums);
	report->hashes = checksums->hashes;
	report->hash_name = checksums->hash.name;
	report->seals = checksums->seals;
	report->uncovered_records = checksums->records;
	report->uncovered_bytes = checksums->bytes;
	report->uncovered_tail =
		checksums->spans == 1 && latest->offset + latest->bytes == report->bytes;
	report->uncovered = checksums->named;
}

/* Nothing is known of what came behind the latest record. */
static void add_cut(struct verify *verify, struct findings *findings, const char *problem)
{
	findings_add(findings, "%s", problem);
	findings_when(findings, verify->latest_nano, 0);
}

#define NOT_CLOSED ": the streamer was killed, or has not closed it yet"

static void add_unclosed(struct verify *verify)
{
	verify->report.unclosed++;
	add_cut(verify, &verify->report.problems,
		verify->unfinished ? "it ends without a Footer, in a zstd frame that was never "
				     "finished" NOT_CLOSED
				   : "it ends without a Footer" NOT_CLOSED);
}

/* Between two records, and nobody is writing. */
static void end_without_footer(struct verify *verify, const struct verify_config *config)
{
	struct verify_report *report = &verify->report;

	if (config->copy)
		findings_add(&report->notes, "it has no Footer, but what it is a copy of goes on");
	else if (config->next_seq && config->next_seq == verify->sequence.next)
		findings_add(&report->notes,
			     "it has no Footer, but the next file goes on where it ends");
	else
		add_unclosed(verify);
}

/* It may end anywhere, but not between two blocks. */
static void end_excerpt(struct verify *verify)
{
	verify_end_excerpt(verify);
	if (verify->unfinished)
		add_cut(verify, &verify->report.problems,
			"ended in a zstd frame that was never finished");
}

/* The stream goes on behind the input, as its Footer says. */
static void end_rotated(struct verify *verify, bool lacks_next)
{
	char next[WHERE_SIZE] = "";

	if (verify->has_file)
		(void)snprintf(next, sizeof(next), " (index %" PRIu64 ")",
			       (uint64_t)verify->file_index + 1);
	if (lacks_next)
		findings_add(&verify->report.losses,
			     "its Footer says that another file of the stream follows%s: that is "
			     "missing, and nobody knows how many after it",
			     next);
	else
		findings_add(&verify->report.notes, "the stream goes on in another file%s", next);
}

void verify_end(struct verify *verify, int answer, const char *problem,
		const struct verify_config *config)
{
	struct verify_report *report = &verify->report;
	bool may_grow = answer == READER_END || answer == READER_CUT;
	char text[COPIES_TEXT];

	verify_tell_hole(verify, 0);
	report->in_progress = config->in_progress && may_grow && !verify->has_footer;
	report->mendable |= answer != READER_END;
	if (answer != READER_END && !report->in_progress)
		add_cut(verify, config->copy && may_grow ? &report->notes : &report->problems,
			problem);
	else if (verify->begun && verify->excerpt)
		end_excerpt(verify);
	else if (verify->begun && !verify->has_footer && !report->in_progress)
		end_without_footer(verify, config);
	if (verify->begun && !verify->excerpt && verify->has_footer && verify->rotated &&
	    !config->next_seq)
		end_rotated(verify, config->lacks_next);
	if (verify->begun)
		verify_close_stream(verify);
	verify_tell_flaws(report);
	if (report->underived)
		findings_add(&report->losses,
			     "%s %s no boottime_nano or no sums: that is told by events before, "
			     "which are missing",
			     COUNTED(report->underived, "event"),
			     report->underived == 1 ? "has" : "have");
	report_coverage(verify);
	verify_note_seen(verify);
	if (config->copy) {
		copies_what(config->copy, text);
		findings_add(&report->notes, "%s", text);
	}
	report->status = judge_report(report, answer);
}
