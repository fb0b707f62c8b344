/* SPDX-License-Identifier: Apache-2.0 */
/* Of an excerpt (Header.excerpt) records are missing by choice, and with them what hashes and sums
 * are over. */
#include "consumer/verify/verify-internal.h"

#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

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

static void choose(struct verify *verify, const char *options)
{
	struct verify_stretch *choice = &verify->choice;
	struct line line = line_make(choice->choice, sizeof(choice->choice));

	line_safe(&line, options, sizeof(choice->choice));
	(void)line_end(&line);
	choice->hash = XXH3_64bits(options, strlen(options));
}

/* The record @seq is of the stretch at hand, or begins another one. Such as come late, because
 * another filter chose them that was applied to older records, belong to none: what else it left
 * out there is not known. Nor does what is missing right before it (@gap). */
static void note_stretch(struct verify *verify, uint64_t seq, bool gap)
{
	struct verify_report *report = &verify->report;
	struct verify_stretch *choice = &verify->choice;
	const unsigned kept = min_u64(report->n_stretches, VERIFY_STRETCHES);
	const bool same = report->n_stretches && report->latest_choice == choice->hash;

	if (!verify->checked || seq <= choice->last)
		return;
	choice->first = report->n_stretches && !gap ? choice->last + 1 : seq;
	choice->last = seq;
	if (same) {
		if (kept == report->n_stretches)
			report->stretches[kept - 1].last = seq;
		return;
	}
	report->latest_choice = choice->hash;
	if (kept < VERIFY_STRETCHES)
		report->stretches[kept] = *choice;
	report->n_stretches++;
}

/* Up to here all records were there, and no Header said of anything else. */
static void note_whole_stretch(struct verify *verify)
{
	const uint64_t last = verify->report.latest_seq;

	choose(verify, "");
	verify->choice.last = 0;
	verify->checked = true;
	note_stretch(verify, verify->report.first_seq, false);
	if (last > verify->report.first_seq)
		note_stretch(verify, last, false);
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

static bool is_same_stream(const struct verify *verify, const uint8_t *id)
{
	return verify->begun && verify->has_id &&
	       !memcmp(id, verify->stream_id, sizeof(verify->stream_id));
}

/* The stream at hand was sent whole up to here. */
static bool was_whole(const struct verify *verify, const Ringside__V1__Header *header)
{
	return !verify->excerpt && verify->open && header->excerpt_checked &&
	       verify->report.streams == 1;
}

/* ... and from here on something is left out. It was counted. */
static void turn_stream(struct verify *verify)
{
	verify_close_stream(verify);
	(void)stream_set_add(&verify->streams, verify->stream_id);
	note_whole_stretch(verify);
}

/* Whether it is the Header that was there, which comes once more to say what was wrong, or that
 * something else is chosen from here on. */
static bool begin_excerpt(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	uint8_t id[sizeof(verify->stream_id)] = {0};
	bool same, turns;

	if (header->stream_id.len == sizeof(id))
		memcpy(id, header->stream_id.data, sizeof(id));
	same = is_same_stream(verify, id);
	turns = same && was_whole(verify, header);
	same = turns || (same && verify->excerpt);
	if (!same)
		tell_missing(verify, 0, 0);
	if (turns)
		turn_stream(verify);
	else
		verify_end_stream(verify, item);
	verify_set_host(verify, header);
	if (!same)
		verify->choice.last = verify->report.n_stretches = 0;
	choose(verify, header->excerpt);
	note_choice(&verify->report, header);
	note_flaws(&verify->report, header);
	verify_note_made(verify, header);
	recount_begin(&verify->recount, false);
	verify->downtime = (struct downtime){0};
	memcpy(verify->stream_id, id, sizeof(id));
	verify->has_id = header->stream_id.len == sizeof(id);
	verify->latest_nano = same ? verify->latest_nano : 0;
	count_header(verify, item->record->seq);
	verify->again |= turns;
	verify->excerpt = verify->open = true;
	verify->checked = header->excerpt_checked;
	verify->has_footer &= same;
	verify->has_file = verify->kills.known = false;
	verify->files_missing = 0;
	/* where streams take turns, each one's Header comes again and again */
	verify->sequence = (struct sequence){0};
	return same && (text_has(header->excerpt_flaws) || header->excerpt_in_progress ||
			item->record->seq <= verify->choice.last);
}

static bool ends_stream(const Ringside__V1__Record *record)
{
	return record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER &&
	       !(record->footer->reason && !strcmp(record->footer->reason, RECORDING_ROTATED));
}

/* A Header that was there. */
static bool is_turn(const struct verify *verify, const struct reader_record *item)
{
	return item->header && verify->checked && item->record->seq <= verify->choice.last;
}

bool verify_take_excerpt(struct verify *verify, const struct reader_record *item)
{
	struct sequence *sequence = &verify->sequence;
	const Ringside__V1__Record *record = item->record;
	const bool again = item->header && begin_excerpt(verify, item);
	const bool gap = verify->missing.from;

	verify_tell_hole(verify, record->time_unix_nano);
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LOST && !verify_has_seen(verify, item))
		take_lost(verify, record);
	else if (!again)
		tell_missing(verify, record->seq, record->time_unix_nano);
	if (verify->checked)
		verify->has_footer |= ends_stream(record);
	verify_see(verify, item);
	if (!record->has_seq)
		findings_add(&verify->report.problems, "the record at byte %" PRIu64 " has no seq",
			     item->offset);
	else if (sequence->known && record->seq < sequence->next)
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") comes after record %" PRIu64,
			     record->seq, item->offset, sequence->next - 1);
	if (!record->has_seq)
		return true;
	sequence->known = true;
	sequence->next = record->seq + 1;
	verify->report.latest_seq =
		verify->checked ? max_u64(verify->report.latest_seq, record->seq) : record->seq;
	if (is_turn(verify, item))
		return false;
	if (!body_stands_in(record))
		note_stretch(verify, record->seq, gap);
	return true;
}
