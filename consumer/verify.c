/* SPDX-License-Identifier: Apache-2.0 */
/* One stream after the other: begin_stream at a Header, end_stream before the next one and at
 * the end of the input. */
#include "verify.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#define WHERE_SIZE 64

struct verify {
	struct verify_report report;
	struct tally tally;

	/* the stream at hand */
	bool open;
	bool has_footer;
	uint8_t stream_id[16];
	uint64_t next_seq;
	bool seq_known;
	uint32_t part, parts; /* the latest of a set of Counters */
	bool has_oom_kills;
	uint64_t oom_kills; /* the kernel's count at its beginning */
	uint64_t uncounted; /* events of which the kernel counts no kill */

	/* the bytes since the record with the previous hash */
	XXH64_state_t *hash;
	uint64_t hashed;
	uint64_t hashed_records;
	uint64_t hashed_from; /* in the input */
};

int verify_new(struct verify **ret)
{
	_cleanup_(verify_freep) struct verify *verify = calloc(1, sizeof(*verify));

	if (!verify)
		return -ENOMEM;
	verify->hash = XXH64_createState();
	if (!verify->hash)
		return -ENOMEM;
	(void)XXH64_reset(verify->hash, 0);
	*ret = TAKE_PTR(verify);
	return 0;
}

struct verify *verify_free(struct verify *verify)
{
	if (verify) {
		tally_done(&verify->tally);
		(void)XXH64_freeState(verify->hash);
		free(verify);
	}
	return NULL;
}

static void hash_reset(struct verify *verify, uint64_t offset)
{
	(void)XXH64_reset(verify->hash, 0);
	verify->hashed = 0;
	verify->hashed_records = 0;
	verify->hashed_from = offset;
}

static void hash_empty(struct verify *verify, size_t n)
{
	static const uint8_t zeros[64];

	verify->hashed += n;
	for (; n; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		(void)XXH64_update(verify->hash, zeros, n < sizeof(zeros) ? n : sizeof(zeros));
}

static size_t whole_size(const struct reader_record *item)
{
	return (size_t)(item->frame - item->start) + item->size;
}

static void hash_record(struct verify *verify, const struct reader_record *item)
{
	(void)XXH64_update(verify->hash, item->start, whole_size(item));
	verify->hashed += whole_size(item);
	verify->hashed_records++;
}

/* The record at hand carries a hash of all that was hashed. */
static void hash_compare(struct verify *verify, const struct reader_record *item, uint64_t stated,
			 bool has_bytes, uint64_t bytes)
{
	if ((has_bytes && bytes != verify->hashed) || XXH64_digest(verify->hash) != stated)
		findings_add(&verify->report.problems,
			     "the bytes from %" PRIu64 " to %" PRIu64
			     " are not those that were written (xxh64)",
			     verify->hashed_from, item->offset);
	verify->report.hashes++;
	hash_reset(verify, item->offset);
}

static void check_hash(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS && record->counters->has_xxh64)
		hash_compare(verify, item, record->counters->xxh64,
			     record->counters->has_hashed_bytes, record->counters->hashed_bytes);
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER && record->footer->has_xxh64)
		hash_compare(verify, item, record->footer->xxh64, record->footer->has_hashed_bytes,
			     record->footer->hashed_bytes);
}

static void check_seq(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;

	if (!record->has_seq) {
		findings_add(&verify->report.problems, "the record at byte %" PRIu64 " has no seq",
			     item->offset);
		verify->next_seq++;
		return;
	}
	if (verify->seq_known && record->seq > verify->next_seq)
		findings_add(&verify->report.problems,
			     "%" PRIu64 " record%s missing before record %" PRIu64 " (byte %" PRIu64
			     ")",
			     record->seq - verify->next_seq,
			     record->seq - verify->next_seq == 1 ? " is" : "s are", record->seq,
			     item->offset);
	if (verify->seq_known && record->seq < verify->next_seq)
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") comes after record %" PRIu64,
			     record->seq, item->offset, verify->next_seq - 1);
	verify->seq_known = true;
	verify->next_seq = record->seq + 1;
	verify->report.latest_seq = record->seq;
}

static const char *reason_text(unsigned reason)
{
	static const char *const texts[TALLY_REASONS] = {
		[RINGSIDE__V1__LOST__REASON__REASON_UNSPECIFIED] = "for an unknown reason",
		[RINGSIDE__V1__LOST__REASON__RING_FULL] = "ring full",
		[RINGSIDE__V1__LOST__REASON__SINK] = "the output could not take them",
		[RINGSIDE__V1__LOST__REASON__NOT_ATTACHED] = "no streamer was attached",
		[RINGSIDE__V1__LOST__REASON__RETENTION] = "deleted by the limits on space or age",
		[RINGSIDE__V1__LOST__REASON__DAMAGED] = "left out by a repair",
	};

	return texts[reason];
}

static void add_loss(struct findings *losses, const struct tally_lost *lost, const char *kind,
		     unsigned reason)
{
	const char *of = *kind ? " of " : "", *more = lost->unknown ? "more than " : "";

	if (lost->count)
		findings_add(losses, "%s%" PRIu64 " event%s%s%s lost (%s)", more, lost->count,
			     lost->count == 1 ? "" : "s", of, kind, reason_text(reason));
	else if (lost->unknown)
		findings_add(losses, "an unknown number of events%s%s lost (%s)", of, kind,
			     reason_text(reason));
}

static void sum_losses(struct verify *verify, const struct tally_kind *kind)
{
	for (unsigned reason = 0; reason < TALLY_REASONS; reason++) {
		struct tally_lost lost = tally_kind_lost(kind, reason);

		add_loss(&verify->report.losses, &lost, kind->name, reason);
	}
}

/* Why more cannot be known of an attached probe, at the Footer. */
static void doubt(struct verify *verify, const struct tally_kind *kind)
{
	struct findings *doubts = &verify->report.doubts;

	if (!kind->stated)
		findings_add(doubts, "there are no sums of %s", kind->name);
	else if (kind->missed_known && kind->missed_runs)
		findings_add(doubts, "%" PRIu64 " run%s of %s may have been missed (missed_runs)",
			     kind->missed_runs, kind->missed_runs == 1 ? "" : "s", kind->name);
	if (kind->stated && kind->kernel.in_flight)
		findings_add(doubts, "%" PRIu64 " run%s of %s had not ended (in flight)",
			     kind->kernel.in_flight, kind->kernel.in_flight == 1 ? "" : "s",
			     kind->name);
}

/* Said once if it is so for all. */
static void doubt_uncounted(struct verify *verify)
{
	const struct tally *tally = &verify->tally;
	unsigned attached = 0, uncounted = 0;

	for (unsigned i = 0; i < tally->n; i++) {
		const struct tally_kind *kind = &tally->kinds[i];

		attached += kind->attached && kind->stated;
		uncounted += kind->attached && kind->stated && !kind->missed_known;
	}
	if (uncounted && uncounted == attached) {
		findings_add(&verify->report.doubts, "missed_runs is not counted by this kernel");
		return;
	}
	for (unsigned i = 0; i < tally->n; i++) {
		const struct tally_kind *kind = &tally->kinds[i];

		if (kind->attached && kind->stated && !kind->missed_known)
			findings_add(&verify->report.doubts,
				     "missed_runs of %s is not counted by this kernel", kind->name);
	}
}

static void sum_limited(struct verify *verify, const struct tally_kind *kind)
{
	uint64_t told = kind->limited + kind->limited_overflow;

	verify->report.limited += told > kind->kernel.limited ? told : kind->kernel.limited;
}

static void end_stream(struct verify *verify)
{
	struct tally *tally = &verify->tally;

	if (!verify->open)
		return;
	verify->open = false;
	for (unsigned i = 0; i < tally->n; i++) {
		sum_losses(verify, &tally->kinds[i]);
		sum_limited(verify, &tally->kinds[i]);
		if (verify->has_footer && tally->kinds[i].attached)
			doubt(verify, &tally->kinds[i]);
	}
	if (verify->has_footer)
		doubt_uncounted(verify);
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

static void begin_stream(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;

	if (verify->open && !verify->has_footer)
		findings_add(&verify->report.problems,
			     "the stream before byte %" PRIu64 " has no Footer", item->offset);
	end_stream(verify);
	tally_done(&verify->tally);
	tally_init(&verify->tally, item->record->seq == 1);
	verify->open = true;
	verify->report.streams++;
	verify->report.first_seq = item->record->seq;
	verify->seq_known = false;
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

static void take_header(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	bool goes_on = is_same_stream(verify, header);

	if (goes_on && verify->has_footer)
		findings_add(&verify->report.problems,
			     "the stream goes on behind its Footer (byte %" PRIu64 ")",
			     item->offset);
	if (!goes_on)
		begin_stream(verify, item);
	verify->has_footer = false;
	verify->parts = 0;
	hash_reset(verify, item->offset); /* a file begins */
	if (header->has_first_seq && header->first_seq != item->record->seq)
		findings_add(&verify->report.problems,
			     "the Header at byte %" PRIu64 " says it is record %" PRIu64
			     ", it is record %" PRIu64,
			     item->offset, header->first_seq, item->record->seq);
	tally_header(&verify->tally, header);
}

/* A set of Counters is records one behind the other: 1 to parts. */
static void check_part(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;
	bool is_counters = record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS;
	uint32_t part = is_counters ? record->counters->part : 0;
	uint32_t parts = is_counters ? record->counters->parts : 0;
	bool awaited = verify->part < verify->parts;

	if (awaited ? part != verify->part + 1 || parts != verify->parts : is_counters && part != 1)
		findings_add(&verify->report.problems,
			     "a set of Counters is not whole before record %" PRIu64, record->seq);
	verify->part = part;
	verify->parts = parts;
}

static int take_counters(struct verify *verify, const Ringside__V1__Record *record,
			 const char *where)
{
	const Ringside__V1__Counters *counters = record->counters;

	if (counters->part != 1)
		return 0;
	return tally_counters(&verify->tally, counters->probes, counters->n_probes, where,
			      &verify->report.problems);
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
	int r;

	if (footer->has_records && footer->records != record->seq)
		findings_add(&verify->report.problems, "%s: the Footer counts %" PRIu64 " records",
			     where, footer->records);
	r = tally_footer(&verify->tally, footer, where, &verify->report.problems,
			 &verify->report.notes);
	if (r)
		return r;
	note_oom_kills(verify, footer);
	verify->has_footer = true;
	return 0;
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
		tally_lost(&verify->tally, record->lost);
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

int verify_record(struct verify *verify, const struct reader_record *item)
{
	hash_empty(verify, item->empty);
	if (item->header) {
		take_header(verify, item);
	} else if (verify->has_footer) {
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") stands behind the Footer",
			     item->record->seq, item->offset);
	}
	check_hash(verify, item);
	hash_record(verify, item);
	check_seq(verify, item);
	check_part(verify, item);
	verify->report.records++;
	verify->report.bytes = item->offset + whole_size(item);
	return item->header ? 0 : take_body(verify, item->record);
}

void verify_damaged(struct verify *verify, const struct reader_record *item)
{
	findings_add(&verify->report.problems,
		     "the record of %zu bytes at byte %" PRIu64 " is not readable", item->size,
		     item->offset);
	hash_empty(verify, item->empty);
	hash_record(verify, item);
	verify->next_seq++; /* it took one */
	verify->report.records++;
	verify->report.bytes = item->offset + whole_size(item);
}

static enum verify_status judge(const struct verify_report *report, int answer)
{
	if (answer < 0 || (answer == READER_FOREIGN && !report->records))
		return VERIFY_FOREIGN;
	if (report->problems.n)
		return VERIFY_DAMAGED;
	return report->losses.n ? VERIFY_LOSSES : VERIFY_COMPLETE;
}

void verify_end(struct verify *verify, int answer, const char *problem, bool in_progress)
{
	struct verify_report *report = &verify->report;
	bool may_grow = answer == READER_END || answer == READER_CUT;

	report->in_progress = in_progress && may_grow && !verify->has_footer;
	if (answer != READER_END && !report->in_progress)
		findings_add(&report->problems, "%s", problem);
	else if (verify->open && !verify->has_footer && !report->in_progress)
		findings_add(&report->problems,
			     "ended without a Footer: the streamer did not close it");
	end_stream(verify);
	report->unhashed_bytes = verify->hashed;
	report->unhashed_records = verify->hashed_records;
	report->status = judge(report, answer);
}

const struct verify_report *verify_report(const struct verify *verify)
{
	return &verify->report;
}

const struct tally *verify_tally(const struct verify *verify)
{
	return &verify->tally;
}
