/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/verify-internal.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "consumer/verify/index-check.h"
#include "proto/base/count.h"

/* "; it held 12 records, 100 to 111 (10 lost, 2 counters)" */
static void append_index(char *buf, size_t size, const struct recording_index *index)
{
	struct line line = line_make(buf, size);
	const char *between = " (";

	line_text(&line, "; it held the records ");
	line_uint(&line, index->first_seq);
	line_text(&line, " to ");
	line_uint(&line, index->last_seq);
	for (unsigned i = 0; i < RECORD_BODIES; i++) {
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
								i);

		if (!index->counts[i] || !field)
			continue;
		line_text(&line, between);
		line_count(&line, index->counts[i]);
		line_put(&line, " ", 1);
		line_text(&line, field->name);
		between = ", ";
	}
	if (between[0] == ',')
		line_text(&line, ")");
	(void)line_end(&line);
}

static void tell_hole(struct verify *verify, const struct damaged_reader_hole *hole)
{
	char *text = verify->hole_text;
	size_t n;

	verify_tell_hole(verify, 0);
	(void)damaged_reader_hole_text(hole, text, FINDING_SIZE);
	n = strlen(text);
	if (hole->damage && hole->damage->indexed && n + LINE_MIN < FINDING_SIZE)
		append_index(text + n, FINDING_SIZE - n, &hole->damage->index);
	verify->hole = true;
	checksums_break(&verify->checksums);
}

static void tell_frames(struct verify *verify, const struct index_check *check)
{
	struct verify_report *report = &verify->report;
	uint64_t without = check->frames - check->indexed;

	report->frames = check->frames;
	report->indexed = check->indexed;
	report->tables = check->tables;
	if (check->indexed && without)
		findings_add(&report->notes, "%s %s no index", COUNTED(without, "zstd frame"),
			     without == 1 ? "has" : "have");
	if (check->foreign)
		findings_add(&report->notes, "%s %s in skippable frames of other programs",
			     COUNTED(check->foreign, "byte"), check->foreign == 1 ? "is" : "are");
}

/* Why the input ended; of a zstd frame that was cut, what is left of it, too. */
static void tell_tail(const struct damaged_reader *damaged, int answer, char *text, size_t size)
{
	uint64_t position = damaged_reader_position(damaged);
	struct stat st;
	size_t n;

	(void)snprintf(text, size, "%s", damaged_reader_reason(damaged));
	n = strlen(text);
	if (answer == READER_CUT && damaged_reader_is_compressed(damaged) &&
	    !fstat(damaged_reader_fd(damaged), &st) && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size > position)
		(void)snprintf(text + n, size - n, ", but not the last %" PRIu64 " bytes",
			       (uint64_t)st.st_size - position);
}

/* One answer of the input. Returns 0, 1 at the end, or -errno. */
static int take_record(struct verify *verify, struct damaged_reader *damaged,
		       struct index_check *check, int answer, const struct reader_record *item)
{
	switch (answer) {
	case 0:
		index_check_record(check, item);
		return verify_record(verify, item);
	case READER_DAMAGED:
		index_check_record(check, item);
		verify_damaged(verify, item);
		return 0;
	case DAMAGED_READER_HOLE:
		index_check_hole(check, damaged_reader_hole(damaged)->end);
		tell_hole(verify, damaged_reader_hole(damaged));
		return 0;
	case READER_MARK:
		checksums_seal(&verify->checksums, item->mark->checksum);
		return index_check_frame(check, item->mark, &verify->report.problems);
	default:
		return answer == -ENOMEM ? answer : 1;
	}
}

int verify_input(struct verify *verify, struct damaged_reader *damaged,
		 const struct verify_config *config)
{
	bool compressed = damaged_reader_is_compressed(damaged);
	bool file = lseek(damaged_reader_fd(damaged), 0, SEEK_CUR) >= 0;
	struct reader_record item;
	struct index_check check;
	char text[FINDING_SIZE];
	int answer, r;

	verify_begin(verify, compressed);
	index_check_init(&check, compressed && file ? damaged_reader_fd(damaged) : -1);
	do {
		answer = damaged_reader_next(damaged, &item);
		r = take_record(verify, damaged, &check, answer, &item);
	} while (!r);
	if (r == 1 && compressed)
		r = index_check_end(&check, &verify->report.problems) ?: 1;
	if (r != 1)
		return r;
	tell_frames(verify, &check);
	if (verify->report.records)
		tell_tail(damaged, answer, text, sizeof(text));
	else
		(void)snprintf(text, sizeof(text), "%s", damaged_reader_reason(damaged));
	verify->unfinished = answer == READER_END && damaged_reader_unfinished(damaged);
	verify_end(verify, answer, text, config);
	return 0;
}
