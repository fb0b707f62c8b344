/* SPDX-License-Identifier: Apache-2.0 */
/* What was verified before: in another input, or in the one at hand. */
#include "consumer/verify/verify-internal.h"

#include "consumer/base/text-line.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"

static bool take(struct verify *verify, const struct reader_record *item)
{
	struct seen_records *seen = &verify->memory->seen;
	const uint8_t *stream = verify->open && verify->has_id ? verify->stream_id : NULL;
	uint64_t seq = item->record->seq, nano = item->record->time_unix_nano;

	if (body_stands_in(item->record))
		return seen_records_take_stand_in(seen, stream, seq);
	return (!item->header && stream && seen_records_next(seen, seq, nano)) ||
	       seen_records_take(seen, stream, seq, nano);
}

void verify_see(struct verify *verify, const struct reader_record *item)
{
	struct record_memory *memory = verify->memory;
	uint64_t seq = item->record->seq, nano = item->record->boottime_nano;

	if (!memory)
		return;
	if (item->header || !verify->open || !verify->has_id)
		side_streams_go_on(&memory->sides, item->header ? item->record->header : NULL);
	/* of an excerpt it comes again where streams take turns, and where there is more to say */
	if (verify->excerpt && item->header && verify->again)
		return;
	if (!take(verify, item)) {
		verify->report.repeated_events += body_is_event(item->record);
		return;
	}
	if (!side_streams_next(&memory->sides, seq, nano))
		(void)side_streams_take(&memory->sides,
					body_is_event(item->record) ? UINT32_C(1) << item->peek.kind
								    : 0,
					seq, nano);
}

bool verify_has_seen(const struct verify *verify, const struct reader_record *item)
{
	return verify->memory && verify->open && verify->has_id &&
	       seen_records_has(&verify->memory->seen, verify->stream_id, item->record->seq);
}

void verify_note_seen(struct verify *verify)
{
	const struct seen_records *seen = verify->memory ? &verify->memory->seen : NULL;
	const struct seen_input *input = seen && seen->n ? &seen->inputs[seen->at] : NULL;
	struct verify_report *report = &verify->report;
	char of[LINE_FILE];
	const char *name;

	if (input && input->others) {
		name = seen_records_name(seen, input->other_of, of);
		findings_add(&report->problems,
			     "%s of its records %s the numbers of others in %s (was the machine "
			     "cloned while it was recorded?)",
			     COUNT(input->others), input->others == 1 ? "has" : "have",
			     name ? name : "what was read before");
	}
	if (!input || !input->old)
		return;
	report->repeated = input->old;
	if (!seen_records_name(seen, input->of, of))
		findings_add(&report->notes, "%s of its records %s read before", COUNT(input->old),
			     input->old == 1 ? "was" : "were");
	else if (input->of == seen->at)
		findings_add(&report->notes, "%s of its records %s in it twice", COUNT(input->old),
			     input->old == 1 ? "is" : "are");
	else if (!input->fresh)
		findings_add(&report->notes, "its records are those of %s", of);
	else
		findings_add(&report->notes, "%s of its records %s in %s, too", COUNT(input->old),
			     input->old == 1 ? "is" : "are", of);
}
