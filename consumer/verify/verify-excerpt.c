/* SPDX-License-Identifier: Apache-2.0 */
/* Of an excerpt (Header.excerpt) records are missing by choice, and with them what hashes and sums
 * are over. */
#include "consumer/verify/verify-internal.h"

#include <inttypes.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"
#include "proto/recording/recording.h"

static void note_choice(struct verify_report *report, const Ringside__V1__Header *header)
{
	const bool checked = header->excerpt_checked;

	report->checked = checked && (report->checked || !report->excerpt);
	excerpt_choices_take(&report->choices, header->excerpt);
	report->excerpt = true;
}

/* One that comes later may say more of the same. */
static void note_flaws(struct verify_report *report, const Ringside__V1__Header *header)
{
	report->unfinished_source |= header->excerpt_in_progress;
	excerpt_flaws_take(&report->flaws, header);
}

void verify_tell_flaws(struct verify_report *report)
{
	char flaws[EXCERPT_FLAWS];

	findings_set_host(&report->losses, NULL); /* each flaw has its own */
	if (report->flaws.found)
		findings_add(&report->losses,
			     "the recording that it is of %s: something may be missing in it",
			     excerpt_flaws_text(&report->flaws, flaws));
	if (report->unfinished_source)
		findings_add(
			&report->notes,
			"the recording that it is of was in progress: more may have come since");
}

/* @before: the next one that is there; 0: there is none. */
static void tell_missing(struct verify *verify, uint64_t before, uint64_t nano)
{
	struct verify_report *report = &verify->report;
	const struct verify_missing missing = verify->missing;
	char where[80] = "", many[32] = "some records";

	if (!missing.from)
		return;
	verify->missing.from = 0;
	if (missing.count)
		(void)snprintf(many, sizeof(many), "%s", COUNTED(missing.count, "record"));
	if (before && missing.from > 1)
		(void)snprintf(where, sizeof(where), "between the records %" PRIu64 " and %" PRIu64,
			       missing.from - 1, before);
	else if (before)
		(void)snprintf(where, sizeof(where), "before record %" PRIu64, before);
	else
		(void)snprintf(where, sizeof(where), "behind record %" PRIu64, missing.from - 1);
	findings_add(&report->losses, "%s %s missing %s%s", many, missing.count == 1 ? "is" : "are",
		     where, missing.deleted ? " (deleted before they could be sent)" : "");
	findings_when(&report->losses, verify->latest_nano, nano);
	report->lost += missing.count;
	report->lost_more |= !missing.count;
}

/* A Lost. */
static void take_lost(struct verify *verify, const Ringside__V1__Record *record)
{
	if (!verify->checked || !body_stands_in(record)) {
		verify_take_lost(verify, record);
		return;
	}
	tell_missing(verify, record->seq, record->time_unix_nano);
	verify->missing = (struct verify_missing){
		.from = record->seq,
		.count = record->lost->count,
		.deleted = record->lost->reason == RINGSIDE__V1__LOST__REASON__RETENTION,
	};
}

void verify_end_excerpt(struct verify *verify)
{
	tell_missing(verify, 0, 0);
}

/* Both count once, though they come again and again where streams take turns. */
static void count_header(struct verify *verify, uint64_t seq)
{
	uint8_t key[STREAM_SET_ID];
	uint64_t part;

	memcpy(key, verify->stream_id, sizeof(key));
	memcpy(&part, key, sizeof(part));
	part ^= seq;
	memcpy(key, &part, sizeof(part));
	verify->again = verify->has_id && !stream_set_add(&verify->headers, key);
	if (verify->has_id && !stream_set_add(&verify->streams, verify->stream_id))
		return;
	verify->report.streams++;
	verify->report.first_seq = seq;
}

/* Whether it is the Header that was there, which comes once more to say what was wrong. */
static bool begin_excerpt(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	uint8_t id[sizeof(verify->stream_id)] = {0};
	bool same;

	if (header->stream_id.len == sizeof(id))
		memcpy(id, header->stream_id.data, sizeof(id));
	same = verify->excerpt && verify->begun && verify->has_id &&
	       !memcmp(id, verify->stream_id, sizeof(id));
	if (!same)
		tell_missing(verify, 0, 0);
	verify_end_stream(verify, item);
	verify_set_host(verify, header);
	note_choice(&verify->report, header);
	note_flaws(&verify->report, header);
	verify_note_made(verify, header);
	recount_begin(&verify->recount, false);
	verify->downtime = (struct downtime){0};
	memcpy(verify->stream_id, id, sizeof(id));
	verify->has_id = header->stream_id.len == sizeof(id);
	verify->latest_nano = same ? verify->latest_nano : 0;
	count_header(verify, item->record->seq);
	verify->excerpt = verify->open = true;
	verify->checked = header->excerpt_checked;
	verify->has_footer = verify->has_file = verify->kills.known = false;
	verify->files_missing = 0;
	/* where streams take turns, each one's Header comes again and again */
	verify->sequence = (struct sequence){0};
	return same && (text_has(header->excerpt_flaws) || header->excerpt_in_progress);
}

static bool ends_stream(const Ringside__V1__Record *record)
{
	return record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER &&
	       !(record->footer->reason && !strcmp(record->footer->reason, RECORDING_ROTATED));
}

void verify_take_excerpt(struct verify *verify, const struct reader_record *item)
{
	struct sequence *sequence = &verify->sequence;
	const Ringside__V1__Record *record = item->record;
	const bool again = item->header && begin_excerpt(verify, item);

	verify_tell_hole(verify, record->time_unix_nano);
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LOST && !verify_has_seen(verify, item))
		take_lost(verify, record);
	else if (!again)
		tell_missing(verify, record->seq, record->time_unix_nano);
	if (verify->checked)
		verify->has_footer = ends_stream(record);
	verify_see(verify, item);
	if (!record->has_seq)
		findings_add(&verify->report.problems, "the record at byte %" PRIu64 " has no seq",
			     item->offset);
	else if (sequence->known && record->seq < sequence->next)
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") comes after record %" PRIu64,
			     record->seq, item->offset, sequence->next - 1);
	if (!record->has_seq)
		return;
	sequence->known = true;
	sequence->next = record->seq + 1;
	verify->report.latest_seq = record->seq;
}
