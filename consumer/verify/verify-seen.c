/* SPDX-License-Identifier: Apache-2.0 */
/* What was verified before: in another input, or in the one at hand. */
#include "consumer/verify/verify-internal.h"

#include "consumer/base/text-line.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"

void verify_see(struct verify *verify, const struct reader_record *item)
{
	struct record_memory *memory = verify->memory;
	uint64_t seq = item->record->seq, nano = item->record->boottime_nano;

	if (!memory)
		return;
	if (item->header || !verify->open)
		side_streams_go_on(&memory->sides, item->header ? item->record->header : NULL);
	if ((item->header || !verify->open || !seen_records_next(&memory->seen, seq)) &&
	    !seen_records_take(&memory->seen, verify->open ? verify->stream_id : NULL, seq))
		return;
	if (!side_streams_next(&memory->sides, seq, nano))
		(void)side_streams_take(&memory->sides,
					body_is_event(item->record) ? UINT32_C(1) << item->peek.kind
								    : 0,
					seq, nano);
}

bool verify_has_seen(const struct verify *verify, const struct reader_record *item)
{
	return verify->memory && verify->open &&
	       seen_records_has(&verify->memory->seen, verify->stream_id, item->record->seq);
}

void verify_note_seen(struct verify *verify)
{
	const struct seen_records *seen = verify->memory ? &verify->memory->seen : NULL;
	const struct seen_input *input = seen && seen->n ? &seen->inputs[seen->at] : NULL;
	struct verify_report *report = &verify->report;
	char of[LINE_FILE];

	if (!input || !input->old)
		return;
	report->repeated = input->old;
	line_file(seen->inputs[input->of].name, of);
	if (input->of == seen->at)
		findings_add(&report->notes, "%s of its records %s in it twice", COUNT(input->old),
			     input->old == 1 ? "is" : "are");
	else if (!input->fresh)
		findings_add(&report->notes, "its records are those of %s", of);
	else
		findings_add(&report->notes, "%s of its records %s in %s, too", COUNT(input->old),
			     input->old == 1 ? "is" : "are", of);
}
