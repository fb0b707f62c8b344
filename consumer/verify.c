/* SPDX-License-Identifier: Apache-2.0 */
/* One stream after the other, whatever inputs they come from. What one input is to be told of
 * goes to the report, which begins anew with each; what is missing before an input's first
 * record, to the joint. */
#include "verify.h"

#include <inttypes.h>
#include <string.h>

#include "between.h"
#include "coverage.h"
#include "losses.h"
#include "order.h"
#include "recording.h"
#include "span.h"

#define WHERE_SIZE 64

struct verify {
	struct verify_report report;
	struct verify_joint joint;
	struct tally tally;
	struct order order;
	struct coverage coverage;
	struct between between;
	bool begun;                   /* the input at hand has had a record */
	bool hole;                    /* ... or would have had one: bytes were left out */
	char hole_text[FINDING_SIZE]; /* right before the next record; "": none */

	/* the stream at hand */
	bool open;
	bool has_footer;
	bool unfinished; /* the input's latest zstd frame */
	uint8_t stream_id[16];
	bool has_file;
	uint32_t file_index;
	bool has_oom_kills;
	uint64_t oom_kills; /* the kernel's count at its beginning */
	uint64_t uncounted; /* events of which the kernel counts no kill */
	/* records are missing: what the sums say of them will go here */
	struct findings *gap_notes;
};

int verify_new(struct verify **ret)
{
	_cleanup_(verify_freep) struct verify *verify = calloc(1, sizeof(*verify));
	int r;

	if (!verify)
		return -ENOMEM;
	r = coverage_init(&verify->coverage);
	if (r)
		return r;
	*ret = TAKE_PTR(verify);
	return 0;
}

struct verify *verify_free(struct verify *verify)
{
	if (verify) {
		tally_done(&verify->tally);
		coverage_done(&verify->coverage);
		free(verify);
	}
	return NULL;
}

void verify_begin(struct verify *verify, bool framed)
{
	verify->report = (struct verify_report){0};
	verify->joint = (struct verify_joint){0};
	verify->begun = verify->hole = verify->unfinished = false;
	verify->gap_notes = NULL;
	coverage_reset(&verify->coverage);
	verify->coverage.framed = framed;
}

struct verify_report *verify_findings(struct verify *verify)
{
	return &verify->report;
}

/* What is missing now is missing between the inputs. */
static bool is_before(const struct verify *verify)
{
	return !verify->begun && !verify->hole;
}

/* The bytes before the record at hand, as a hash in it has them. */
static void compare_hash(struct verify *verify, const struct reader_record *item, uint64_t stated,
			 const uint64_t *stated_bytes)
{
	uint64_t from;

	if (!coverage_compare(&verify->coverage, item, stated, stated_bytes, &from))
		findings_add(&verify->report.problems,
			     "the bytes from %" PRIu64 " to %" PRIu64
			     " are not those that were written (xxh64)",
			     from, item->offset);
}

static void check_hash(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;
	const Ringside__V1__Counters *counters = record->counters;
	const Ringside__V1__Footer *footer = record->footer;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS && counters->has_xxh64)
		compare_hash(verify, item, counters->xxh64,
			     counters->has_hashed_bytes ? &counters->hashed_bytes : NULL);
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER && footer->has_xxh64)
		compare_hash(verify, item, footer->xxh64,
			     footer->has_hashed_bytes ? &footer->hashed_bytes : NULL);
}

/* Sums are counted on from behind a gap; they will tell what was in it. */
static void begin_gap(struct verify *verify, bool before_input)
{
	tally_gap(&verify->tally);
	verify->gap_notes = before_input ? &verify->joint.notes : &verify->report.notes;
}

/* A hole that nothing more is known of. */
static void tell_hole(struct verify *verify)
{
	if (*verify->hole_text)
		findings_add(&verify->report.problems, "%s", verify->hole_text);
	verify->hole_text[0] = '\0';
}

/* Records are missing before @seq. */
static void tell_gap(struct verify *verify, const struct reader_record *item, uint64_t missing)
{
	uint64_t seq = item->record->seq;
	const char *plural = missing == 1 ? "" : "s";

	if (*verify->hole_text)
		findings_add(&verify->report.problems,
			     "%s; %" PRIu64 " record%s, %" PRIu64 " to %" PRIu64 ", %s missing",
			     verify->hole_text, missing, plural, seq - missing, seq - 1,
			     missing == 1 ? "is" : "are");
	else
		findings_add(is_before(verify) ? &verify->joint.problems : &verify->report.problems,
			     "%" PRIu64 " record%s missing before record %" PRIu64 " (byte %" PRIu64
			     ")",
			     missing, missing == 1 ? " is" : "s are", seq, item->offset);
	verify->hole_text[0] = '\0';
}

static void say_missing(struct verify *verify, const struct reader_record *item, uint64_t missing)
{
	bool joint = is_before(verify);

	tell_gap(verify, item, missing);
	verify->report.missing += joint ? 0 : missing;
	coverage_break(&verify->coverage);
	begin_gap(verify, joint);
}

static void check_order(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;
	uint64_t expected = verify->order.next, missing;

	switch (order_seq(&verify->order, record, &missing)) {
	case ORDER_NONE:
		findings_add(&verify->report.problems, "the record at byte %" PRIu64 " has no seq",
			     item->offset);
		break;
	case ORDER_GAP:
		say_missing(verify, item, missing);
		break;
	case ORDER_LOST:
		findings_add(is_before(verify) ? &verify->joint.losses : &verify->report.losses,
			     "%" PRIu64 " record%s missing before record %" PRIu64
			     ", where a repair could not count",
			     missing, missing == 1 ? " is" : "s are", record->seq);
		break;
	case ORDER_BACK:
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") comes after record %" PRIu64,
			     record->seq, item->offset, expected - 1);
		break;
	default:
		break;
	}
	tell_hole(verify);
	if (record->has_seq)
		verify->report.latest_seq = record->seq;
	if (!order_part(&verify->order, record))
		findings_add(&verify->report.problems,
			     "a set of Counters is not whole before record %" PRIu64, record->seq);
}

static bool is_same_stream(const struct verify *verify, const Ringside__V1__Header *header)
{
	return verify->open && header->stream_id.len == sizeof(verify->stream_id) &&
	       !memcmp(header->stream_id.data, verify->stream_id, sizeof(verify->stream_id));
}

static void note_unattached(struct verify *verify, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];

		if (!probe->tier)
			findings_add(&verify->report.notes, "%s was not attached",
				     tally_name(&verify->tally, probe->kind));
	}
}

/* Between two streams of one boot nobody counted but the kernel. */
static void tell_unattended(struct verify *verify, const struct between_gap *gap)
{
	bool joint = is_before(verify);
	char length[SPAN_SIZE];

	span_text(gap->nano, length);
	if (gap->kills)
		findings_add(joint ? &verify->joint.losses : &verify->report.losses,
			     "no streamer was attached for %s, in which the kernel counted %" PRIu64
			     " OOM kill%s",
			     length, gap->kills, gap->kills == 1 ? "" : "s");
	else
		findings_add(joint ? &verify->joint.notes : &verify->report.notes,
			     "no streamer was attached for %s%s", length,
			     gap->has_kills ? ", in which the kernel counted no OOM kill" : "");
}

static void close_stream(struct verify *verify)
{
	if (!verify->open)
		return;
	losses_add(&verify->tally, &verify->report.losses);
	verify->report.limited += losses_limited(&verify->tally);
}

static void begin_stream(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	struct between_gap gap;

	if (verify->begun) {
		if (verify->open && !verify->has_footer)
			findings_add(&verify->report.problems,
				     "the stream before byte %" PRIu64 " has no Footer",
				     item->offset);
		close_stream(verify);
	}
	if (between_begin(&verify->between, item->record, &gap))
		tell_unattended(verify, &gap);
	tally_done(&verify->tally);
	tally_init(&verify->tally, item->record->seq == 1);
	order_begin(&verify->order);
	verify->gap_notes = NULL;
	verify->open = true;
	verify->report.streams++;
	verify->report.first_seq = item->record->seq;
	verify->has_oom_kills = header->has_kernel_oom_kills;
	verify->oom_kills = header->kernel_oom_kills;
	verify->uncounted = 0;
	memset(verify->stream_id, 0, sizeof(verify->stream_id));
	if (header->stream_id.len == sizeof(verify->stream_id))
		memcpy(verify->stream_id, header->stream_id.data, sizeof(verify->stream_id));
	note_unattached(verify, header);
	if (!verify->tally.whole)
		findings_add(&verify->report.notes,
			     "it is not the first file of its stream: what Lost and Limited say is "
			     "not compared with the sums");
}

/* The Header was in a hole: of what stream the records are is not known. */
static void begin_headless(struct verify *verify, const struct reader_record *item)
{
	findings_add(&verify->report.problems, "the Header is missing");
	tally_done(&verify->tally);
	tally_init(&verify->tally, false);
	order_begin(&verify->order);
	verify->between = (struct between){0};
	verify->gap_notes = NULL;
	verify->open = verify->has_file = verify->has_oom_kills = verify->has_footer = false;
	verify->report.streams++;
	verify->report.first_seq = item->record->seq;
}

/* The next file of the stream. */
static void go_on(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	uint32_t next = verify->file_index + 1;
	bool known = verify->has_file && header->has_file_index;

	if (!verify->begun) {
		verify->report.streams++;
		verify->report.first_seq = item->record->seq;
	}
	if (known && header->file_index > next && !verify->order.open &&
	    item->record->seq > verify->order.next)
		findings_add(is_before(verify) ? &verify->joint.problems : &verify->report.problems,
			     header->file_index - next == 1
				     ? "file %u of the stream is missing"
				     : "files %u to %u of the stream are missing",
			     next, header->file_index - 1);
	if (verify->has_footer && known && header->file_index < next)
		findings_add(&verify->report.problems,
			     "the stream goes on behind its Footer (byte %" PRIu64 ")",
			     item->offset);
	between_go_on(&verify->between, item->record);
}

static void take_header(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;

	bool copy = is_before(verify) && header->file_index <= verify->file_index;

	/* a file that was read already is not its own next one */
	if (is_same_stream(verify, header) && !copy)
		go_on(verify, item);
	else
		begin_stream(verify, item);
	verify->has_footer = false;
	verify->has_file = header->has_file_index;
	verify->file_index = header->file_index;
	coverage_begin(&verify->coverage, item->offset); /* a file begins */
	if (header->has_first_seq && header->first_seq != item->record->seq)
		findings_add(&verify->report.problems,
			     "the Header at byte %" PRIu64 " says it is record %" PRIu64
			     ", it is record %" PRIu64,
			     item->offset, header->first_seq, item->record->seq);
	tally_header(&verify->tally, header);
	if (header->streamer_version && !strcmp(header->streamer_version, RECORDING_REPAIRER)) {
		verify->report.repaired = true;
		findings_add(&verify->report.losses, "the Header was lost, and is made anew");
	}
}

/* The first sums behind a gap. */
static void tell_missing(struct verify *verify, const char *where)
{
	for (unsigned i = 0; i < verify->tally.n; i++) {
		struct tally_kind *kind = &verify->tally.kinds[i];

		if (kind->missing && verify->gap_notes)
			findings_add(verify->gap_notes,
				     "of the missing records, %" PRIu64
				     " were events of %s (by the sums of %s)",
				     kind->missing, kind->name, where);
		kind->missing = 0;
	}
	verify->gap_notes = NULL;
}

static int take_counters(struct verify *verify, const Ringside__V1__Record *record,
			 const char *where)
{
	const Ringside__V1__Counters *counters = record->counters;
	bool from_here = !verify->tally.based && !verify->tally.gap;
	int r;

	if (counters->part != 1)
		return 0;
	r = tally_counters(&verify->tally, counters->probes, counters->n_probes, where,
			   &verify->report.problems);
	if (from_here) /* a later file alone: what was lost before it is not told of it */
		losses_skip(&verify->tally);
	tell_missing(verify, where);
	return r;
}

/* oom_kill of /proc/vmstat counts in __oom_kill_process(): not the processes that die for
 * sharing a victim's memory, nor those that were dying already. */
static void count_oom_kill(struct verify *verify, const Ringside__V1__OomKill *kill)
{
	if (kill->shares_memory || kill->already_exiting)
		verify->uncounted++;
}

static void note_oom_kills(struct verify *verify, const Ringside__V1__Footer *footer)
{
	const struct tally_kind *kind = tally_find(&verify->tally, "oom_kill");
	uint64_t kernel = footer->kernel_oom_kills - verify->oom_kills, lost;

	if (!kind || !kind->attached || !verify->has_oom_kills || !footer->has_kernel_oom_kills ||
	    !verify->tally.whole)
		return;
	lost = kind->kernel.dropped + kind->lost_in_sink;
	if (kernel != kind->written - verify->uncounted + lost)
		findings_add(&verify->report.notes,
			     "the kernel itself counted %" PRIu64
			     " OOM kills in this time, the stream has %" PRIu64
			     " and lost %" PRIu64,
			     kernel, kind->written - verify->uncounted, lost);
}

static int take_footer(struct verify *verify, const Ringside__V1__Record *record, const char *where)
{
	const Ringside__V1__Footer *footer = record->footer;
	bool rotated = footer->reason && !strcmp(footer->reason, RECORDING_ROTATED);
	int r;

	verify->has_footer = true;
	if (footer->has_records && footer->records != record->seq)
		findings_add(&verify->report.problems, "%s: the Footer counts %" PRIu64 " records",
			     where, footer->records);
	if (footer->reason && !strcmp(footer->reason, RECORDING_REPAIRED))
		return 0; /* it knows no sums */
	r = tally_footer(&verify->tally, footer, where, &verify->report.problems,
			 &verify->report.notes);
	if (r)
		return r;
	tell_missing(verify, where);
	if (!rotated) /* some may be in the rings still */
		note_oom_kills(verify, footer);
	losses_doubt(&verify->tally, !rotated, &verify->report.doubts);
	return 0;
}

static void take_lost(struct verify *verify, const Ringside__V1__Lost *lost)
{
	tally_lost(&verify->tally, lost);
	if (lost->reason != RINGSIDE__V1__LOST__REASON__DAMAGED || lost->kind)
		return;
	verify->report.repaired = true;
	begin_gap(verify, false);
}

/* The name of what an event is about is that of its body. */
static int take_event(struct verify *verify, const Ringside__V1__Record *record)
{
	const ProtobufCFieldDescriptor *field;

	field = protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->body_case);
	if (!record->cpu_sums || !field)
		return 0;
	return tally_event(&verify->tally, field->name, record->cpu_sums, &verify->report.problems);
}

static int take_body(struct verify *verify, const Ringside__V1__Record *record)
{
	char where[WHERE_SIZE];

	(void)snprintf(where, sizeof(where), "record %" PRIu64, record->seq);
	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		return take_counters(verify, record, where);
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		return take_footer(verify, record, where);
	case RINGSIDE__V1__RECORD__BODY_LOST:
		take_lost(verify, record->lost);
		return 0;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		tally_limited(&verify->tally, record->limited);
		return 0;
	case RINGSIDE__V1__RECORD__BODY_OOM_KILL:
		count_oom_kill(verify, record->oom_kill);
		return take_event(verify, record);
	default:
		return take_event(verify, record);
	}
}

static void count(struct verify *verify, const struct reader_record *item)
{
	verify->begun = true;
	verify->report.records++;
	verify->report.bytes =
		item->offset + (uint64_t)(item->frame - item->start) + (uint64_t)item->size;
}

int verify_record(struct verify *verify, const struct reader_record *item)
{
	coverage_empty(&verify->coverage, item);
	if (item->header) {
		take_header(verify, item);
	} else if (!verify->begun) {
		begin_headless(verify, item);
	} else if (verify->has_footer && !order_is_repair(item->record)) {
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") stands behind the Footer",
			     item->record->seq, item->offset);
	}
	check_hash(verify, item);
	coverage_add(&verify->coverage, item);
	check_order(verify, item);
	if (!item->header)
		between_see(&verify->between, item->record);
	count(verify, item);
	return item->header ? 0 : take_body(verify, item->record);
}

void verify_damaged(struct verify *verify, const struct reader_record *item)
{
	tell_hole(verify);
	findings_add(&verify->report.problems,
		     "the record of %zu bytes at byte %" PRIu64 " is not readable", item->size,
		     item->offset);
	coverage_empty(&verify->coverage, item);
	coverage_add(&verify->coverage, item);
	order_skip(&verify->order);
	begin_gap(verify, false);
	count(verify, item);
}

void verify_hole(struct verify *verify, const char *text)
{
	tell_hole(verify);
	(void)snprintf(verify->hole_text, sizeof(verify->hole_text), "%s", text);
	verify->hole = true;
	coverage_break(&verify->coverage);
}

void verify_frame(struct verify *verify, bool right)
{
	coverage_seal(&verify->coverage, right);
}

void verify_unfinished(struct verify *verify)
{
	verify->unfinished = true;
}

static enum verify_status judge(const struct verify_report *report, int answer)
{
	if (answer < 0 || (answer == READER_FOREIGN && !report->records))
		return VERIFY_FOREIGN;
	if (report->problems.n)
		return VERIFY_DAMAGED;
	return report->losses.n ? VERIFY_LOSSES : VERIFY_COMPLETE;
}

static void report_coverage(struct verify *verify)
{
	struct coverage *coverage = &verify->coverage;
	struct verify_report *report = &verify->report;
	const struct coverage_span *latest = &coverage->latest;

	coverage_end(coverage);
	report->hashes = coverage->hashes;
	report->seals = coverage->seals;
	report->uncovered_records = coverage->records;
	report->uncovered_bytes = coverage->bytes;
	report->uncovered_tail =
		coverage->spans == 1 && latest->offset + latest->bytes == report->bytes;
	report->uncovered = coverage->named;
}

/* Between two records, and nobody is writing. */
static void end_without_footer(struct verify *verify, uint64_t next_seq)
{
	struct verify_report *report = &verify->report;

	if (next_seq && next_seq == verify->order.next)
		findings_add(&report->notes,
			     "it has no Footer, but the next file goes on where it ends");
	else
		findings_add(&report->problems,
			     "ended without a Footer%s: the streamer did not close it",
			     verify->unfinished ? ", in a zstd frame that was never finished" : "");
}

void verify_end(struct verify *verify, int answer, const char *problem,
		const struct verify_context *context)
{
	struct verify_report *report = &verify->report;
	bool may_grow = answer == READER_END || answer == READER_CUT;

	tell_hole(verify);
	report->in_progress = context->in_progress && may_grow && !verify->has_footer;
	if (answer != READER_END && !report->in_progress)
		findings_add(&report->problems, "%s", problem);
	else if (verify->begun && !verify->has_footer && !report->in_progress)
		end_without_footer(verify, context->next_seq);
	if (verify->begun)
		close_stream(verify);
	report_coverage(verify);
	report->status = judge(report, answer);
}

const struct verify_report *verify_report(const struct verify *verify)
{
	return &verify->report;
}

const struct verify_joint *verify_joint(const struct verify *verify)
{
	return &verify->joint;
}

const struct tally *verify_tally(const struct verify *verify)
{
	return &verify->tally;
}
