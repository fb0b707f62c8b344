/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/verify-internal.h"

#include <inttypes.h>

#include "proto/base/count.h"

/* Sums are counted on from behind a gap; they will tell what was in it. */
void verify_begin_gap(struct verify *verify, bool before_input)
{
	recount_gap(&verify->recount);
	verify->gap_notes = before_input ? &verify->joint.notes : &verify->report.notes;
}

/* A hole that nothing more is known of. */
void verify_tell_hole(struct verify *verify, uint64_t until_nano)
{
	if (*verify->hole_text) {
		verify->report.mendable = true;
		findings_add(&verify->report.problems, "%s", verify->hole_text);
		findings_when(&verify->report.problems, verify->latest_nano, until_nano);
	}
	verify->hole_text[0] = '\0';
}

/* @missing records before the one at hand. */
static void tell_gap(struct verify *verify, const struct reader_record *item, uint64_t missing)
{
	struct findings *findings =
		verify_is_before(verify) ? &verify->joint.problems : &verify->report.problems;
	uint64_t seq = item->record->seq, first = seq - missing;
	uint32_t files = verify->files_missing;

	verify->report.mendable |= *verify->hole_text != 0;
	if (*verify->hole_text)
		findings_add(findings, "%s; %s, %" PRIu64 " to %" PRIu64 ", %s missing",
			     verify->hole_text, COUNTED(missing, "record"), first, seq - 1,
			     missing == 1 ? "is" : "are");
	else if (files)
		findings_add(findings,
			     "%s of the stream %s missing, with %s, %" PRIu64 " to %" PRIu64,
			     COUNTED(files, "file"), files == 1 ? "is" : "are",
			     COUNTED(missing, "record"), first, seq - 1);
	else
		findings_add(findings, "%s %s missing before record %" PRIu64 " (byte %" PRIu64 ")",
			     COUNTED(missing, "record"), missing == 1 ? "is" : "are", seq,
			     item->offset);
	findings_when(findings, verify->latest_nano, item->record->time_unix_nano);
	verify->hole_text[0] = '\0';
}

static void say_missing(struct verify *verify, const struct reader_record *item, uint64_t missing)
{
	tell_gap(verify, item, missing);
	if (!item->header) /* with which a hash begins anew */
		checksums_break(&verify->checksums);
	verify_begin_gap(verify, verify_is_before(verify));
}

void verify_check_order(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Record *record = item->record;
	uint64_t expected = verify->sequence.next, missing;
	struct findings *findings;

	switch (sequence_seq(&verify->sequence, record, &missing)) {
	case SEQUENCE_NONE:
		findings_add(&verify->report.problems, "the record at byte %" PRIu64 " has no seq",
			     item->offset);
		break;
	case SEQUENCE_GAP:
		say_missing(verify, item, missing);
		break;
	case SEQUENCE_LOST:
		findings =
			verify_is_before(verify) ? &verify->joint.losses : &verify->report.losses;
		findings_add(findings,
			     "%s %s missing before record %" PRIu64
			     ", where a repair could not count",
			     COUNTED(missing, "record"), missing == 1 ? "is" : "are", record->seq);
		findings_when(findings, verify->latest_nano, record->time_unix_nano);
		break;
	case SEQUENCE_BACK:
		findings_add(&verify->report.problems,
			     "record %" PRIu64 " (byte %" PRIu64 ") comes after record %" PRIu64,
			     record->seq, item->offset, expected - 1);
		break;
	default:
		break;
	}
	verify_tell_hole(verify, record->time_unix_nano);
	verify->files_missing = 0;
	if (record->has_seq)
		verify->report.latest_seq = record->seq;
	if (!sequence_part(&verify->sequence, record))
		findings_add(&verify->report.problems,
			     "a set of Counters is not whole before record %" PRIu64, record->seq);
}

/* The first sums behind a gap. */
void verify_tell_missing(struct verify *verify, const char *where)
{
	for (unsigned i = 0; i < verify->recount.n; i++) {
		struct recount_kind *kind = &verify->recount.kinds[i];

		if (kind->missing && verify->gap_notes)
			findings_add(verify->gap_notes,
				     "among the missing records: %s of %s (by the sums of %s)",
				     COUNTED(kind->missing, "event"), kind->name, where);
		kind->missing = 0;
	}
	verify->gap_notes = NULL;
}

void verify_take_lost(struct verify *verify, const Ringside__V1__Record *record)
{
	const Ringside__V1__Lost *lost = record->lost;
	struct finding_time when = {verify->latest_nano, record->time_unix_nano};

	if (lost->has_after_boottime_nano && record->boottime_nano > lost->after_boottime_nano &&
	    record->time_unix_nano)
		when.from = record->time_unix_nano -
			    (record->boottime_nano - lost->after_boottime_nano);
	recount_lost(&verify->recount, lost, &when);
	verify->report.lost_more |= !lost->has_count;
}
