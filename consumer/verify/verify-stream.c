/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/verify-internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "consumer/base/duration.h"
#include "proto/base/count.h"
#include "proto/recording/recording.h"

static bool is_same_stream(const struct verify *verify, const Ringside__V1__Header *header)
{
	return verify->open && !verify->excerpt && verify->has_id &&
	       header->stream_id.len == sizeof(verify->stream_id) &&
	       !memcmp(header->stream_id.data, verify->stream_id, sizeof(verify->stream_id));
}

static void note_unattached(struct verify *verify, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];

		if (!probe->tier)
			findings_add(&verify->report.notes, "%s was not attached",
				     recount_name(&verify->recount, probe->kind));
	}
}

#define GROUPS "(of memory.oom.group the kernel counts the first victim twice)"

/* ", in which there were 1 to 2 OOM kills" */
static void kills_text(const struct downtime_gap *gap, char text[FINDING_SIZE])
{
	*text = '\0';
	if (!gap->has_kills)
		return;
	if (!gap->kills)
		(void)snprintf(text, FINDING_SIZE, ", in which the kernel counted no OOM kill");
	else if (gap->kills_min == gap->kills)
		(void)snprintf(text, FINDING_SIZE, ", in which the kernel counted %s",
			       COUNTED(gap->kills, "OOM kill"));
	else
		(void)snprintf(text, FINDING_SIZE,
			       ", in which there were %s to %s OOM kills " GROUPS,
			       COUNT(gap->kills_min), COUNT(gap->kills));
}

/* Between two streams of one boot nobody counted but the kernel. */
static void tell_unattended(struct verify *verify, const struct downtime_gap *gap)
{
	bool joint = verify_is_before(verify);
	char length[DURATION_SIZE], kills[FINDING_SIZE];
	struct findings *losses = joint ? &verify->joint.losses : &verify->report.losses;
	struct findings *notes = joint ? &verify->joint.notes : &verify->report.notes;

	duration_text(gap->nano, length);
	kills_text(gap, kills);
	findings_add(gap->kills_min ? losses : notes, "no streamer was attached for %s%s", length,
		     kills);
}

void verify_close_stream(struct verify *verify)
{
	struct verify_report *report = &verify->report;

	/* of an excerpt, what its own records tell */
	if (verify->open)
		report->lost += losses_add(&verify->recount, &report->span, &report->losses);
	if (verify->open && !verify->excerpt)
		report->limited += losses_limited(&verify->recount);
	losses_add_kinds(verify);
}

/* What was before it is not at hand. */
static void note_part(struct verify *verify, const Ringside__V1__Header *header)
{
	char index[32] = "";

	if (header->has_file_index && header->file_index)
		(void)snprintf(index, sizeof(index), " (its index is %u)", header->file_index);
	findings_add(&verify->report.notes,
		     "it is not the first file of its stream%s: what Lost and Limited say is not "
		     "compared with the sums",
		     index);
}

/* @whole: it begins with the record at hand. */
static void begin_sums(struct verify *verify, const struct reader_record *item, bool whole)
{
	recount_begin(&verify->recount, whole);
	verify->sequence = (struct sequence){0};
	verify->gap_notes = NULL;
	verify->report.streams++;
	verify->report.first_seq = item->record->seq;
	verify->latest_nano = 0;
}

void verify_end_stream(struct verify *verify, const struct reader_record *item)
{
	if (!verify->begun)
		return;
	if (verify->open && !verify->has_footer && !verify->excerpt) {
		findings_add(&verify->report.problems,
			     "the stream before byte %" PRIu64 " has no Footer", item->offset);
		verify->report.unclosed++;
	}
	verify_close_stream(verify);
}

void verify_set_host(struct verify *verify, const Ringside__V1__Header *header)
{
	struct verify_report *report = &verify->report;
	struct verify_joint *joint = &verify->joint;
	struct findings *all[] = {&report->problems, &report->losses,  &report->doubts,
				  &report->notes,    &joint->problems, &joint->losses,
				  &joint->notes};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		findings_set_host(all[i], header ? header->host_name : NULL);
	if (header)
		named_hosts_add(&report->hosts, header->host_name);
}

static void begin_stream(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	struct downtime_gap gap;

	verify_end_stream(verify, item);
	verify_set_host(verify, header);
	verify->excerpt = false;
	if (downtime_begin(&verify->downtime, item->record, &gap))
		tell_unattended(verify, &gap);
	begin_sums(verify, item, item->record->seq == 1);
	verify->open = true;
	verify->kills = (struct kernel_kills){0};
	kernel_kills_set(&verify->kills, &header->base);
	memset(verify->stream_id, 0, sizeof(verify->stream_id));
	verify->has_id = header->stream_id.len == sizeof(verify->stream_id);
	if (verify->has_id)
		memcpy(verify->stream_id, header->stream_id.data, sizeof(verify->stream_id));
	note_unattached(verify, header);
	if (!verify->recount.whole)
		note_part(verify, header);
}

void verify_begin_headless(struct verify *verify, const struct reader_record *item)
{
	const bool excerpt = verify->begun && verify->excerpt; /* and so are these, likely */

	verify_end_stream(verify, item);
	verify_set_host(verify, NULL);
	if (verify->begun)
		findings_add(&verify->report.problems,
			     "whose the records from byte %" PRIu64 " on are is not known: their "
			     "Header may have been in what is damaged before them",
			     item->offset);
	else
		findings_add(&verify->report.problems, "the Header is missing");
	begin_sums(verify, item, false);
	verify->downtime = (struct downtime){0};
	verify->open = verify->excerpt = excerpt;
	verify->has_id = verify->has_file = verify->kills.known = verify->has_footer = false;
	verify->files_missing = 0;
	verify->runs = true;
}

/* The next file of the stream. */
static void go_on(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	uint32_t next = verify->file_index + 1;
	bool known = verify->has_file && header->has_file_index;

	verify_set_host(verify, header);
	if (!verify->begun) {
		verify->report.streams++;
		verify->report.first_seq = item->record->seq;
	}
	/* told with the records that are missing */
	if (known && header->file_index > next)
		verify->files_missing = header->file_index - next;
	if (verify->has_footer && known && header->file_index < next)
		findings_add(&verify->report.problems,
			     "the stream goes on behind its Footer (byte %" PRIu64 ")",
			     item->offset);
	downtime_see(&verify->downtime, item->record);
}

void verify_note_made(struct verify *verify, const Ringside__V1__Header *header)
{
	if (!header->streamer_version || strcmp(header->streamer_version, RECORDING_REPAIRER) != 0)
		return;
	verify->report.repaired = true;
	findings_add(&verify->report.losses, "the Header was lost, and is made anew");
}

void verify_take_header(struct verify *verify, const struct reader_record *item)
{
	const Ringside__V1__Header *header = item->record->header;
	bool copy = header->file_index <= verify->file_index &&
		    (verify_is_before(verify) || verify_has_seen(verify, item));

	/* a file that was read already is not its own next one */
	if (is_same_stream(verify, header) && !copy)
		go_on(verify, item);
	else
		begin_stream(verify, item);
	verify->has_footer = false;
	verify->runs = header->format_version != 1;
	verify->has_file = header->has_file_index;
	verify->file_index = header->file_index;
	checksums_begin(&verify->checksums, item->offset); /* a file begins */
	if (header->has_first_seq && header->first_seq != item->record->seq)
		findings_add(&verify->report.problems,
			     "the Header at byte %" PRIu64 " says it is record %" PRIu64
			     ", it is record %" PRIu64,
			     item->offset, header->first_seq, item->record->seq);
	recount_header(&verify->recount, header);
	verify_note_made(verify, header);
}
