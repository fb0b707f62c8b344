/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry says of a record besides what its kind has: journal-fields.c. */
#include "consumer/journal/journal-entry.h"
#include "consumer/base/json.h"
#include "consumer/base/text-line.h"
#include "consumer/kinds/message-ids.h"
#include "consumer/kinds/sentence.h"
#include "proto/base/hex.h"
#include "proto/record/peek.h"

#define PREFIX JOURNAL_PREFIX
/* The catalog has a place for it in every explanation. */
#define NO_ADVICE "the record does not say enough to tell what to change"

static void put_number(struct journal_entry *entry, const char *name, uint64_t value)
{
	uint8_t digits[JSON_NUMBER];

	journal_entry_put(entry, name, digits, (size_t)(json_digits(digits, value) - digits));
}

/* Of the Header: which stream it is, and what the streamer was told of it. */
static void put_stream(struct journal_entry *entry, const struct target_item *item)
{
	const Ringside__V1__Header *header = item->header;
	char id[HEX_SIZE(TARGET_ID)];

	journal_entry_text(entry, PREFIX "HOST", item->host);
	hex_put(id, item->stream_id, TARGET_ID);
	journal_entry_text(entry, PREFIX "STREAM_ID", id);
	put_number(entry, PREFIX "SEQ", item->seq);
	if (item->last_seq > item->seq)
		put_number(entry, PREFIX "LAST_SEQ", item->last_seq);
	for (size_t i = 0; header && i < header->n_labels; i++) {
		const Ringside__V1__Header__LabelsEntry *label = header->labels[i];
		char text[1024];

		(void)snprintf(text, sizeof(text), "%s=%s", label->key, label->value);
		journal_entry_text(entry, PREFIX "LABELS", text);
	}
	if (*item->redacted)
		journal_entry_text(entry, PREFIX "REDACTED", item->redacted);
	if (item->filtered) {
		put_number(entry, PREFIX "PREVIOUS_SEQ", item->previous_seq);
		put_number(entry, PREFIX "LEFT_OUT", item->left_out);
		if (item->filter && *item->filter)
			journal_entry_text(entry, PREFIX "FILTER", item->filter);
	}
}

/* The sentence stands by itself, as in JSON: whose it is in front. */
static void put_message(struct journal_entry *entry, const struct target_item *item)
{
	const Ringside__V1__Record *record = item->record;
	char text[2 * TEXT_MAX];
	size_t size = 0;

	if (kind_of(record) || record->body_case == RINGSIDE__V1__RECORD__BODY_LOST) {
		size = text_who(text, TEXT_MAX, record);
		journal_entry_put(entry, PREFIX "WHERE", text, size);
		memcpy(text + size, ": ", 2);
		size += 2;
	}
	size += text_message(text + size, TEXT_MAX, record, item->header);
	journal_entry_put(entry, "MESSAGE", text, size);
	size = text_advice(text, sizeof(text), record);
	if (size)
		journal_entry_put(entry, PREFIX "ADVICE", text, size);
	else
		journal_entry_text(entry, PREFIX "ADVICE", NO_ADVICE);
}

static const char *priority_of(const char *severity)
{
	return *severity == 'E' ? "3" : *severity == 'W' ? "4" : "6"; /* ERROR, WARN, INFO */
}

/* What all records have. */
static void put_record(struct journal_entry *entry, const struct target_item *item)
{
	const Ringside__V1__Record *record = item->record;
	const Ringside__V1__Process *process = text_whose_process(record);
	const char *severity = text_severity(record);
	uint8_t time[JSON_TIME];

	journal_entry_text(entry, "PRIORITY", priority_of(severity));
	journal_entry_text(entry, "SYSLOG_IDENTIFIER", "ringside");
	journal_entry_text(entry, "MESSAGE_ID", message_id(record));
	journal_entry_text(entry, PREFIX "KIND", item->kind);
	journal_entry_text(entry, PREFIX "SEVERITY", severity);
	if (item->time_unix_nano)
		journal_entry_put(entry, PREFIX "TIME", time,
				  (size_t)(json_time(time, item->time_unix_nano) - time));
	if (process && process->has_pid)
		put_number(entry, PREFIX "PID", process->pid);
	if (text_has(text_comm(process)))
		journal_entry_text(entry, PREFIX "COMM", text_comm(process));
	if (record->self_test)
		journal_entry_text(entry, PREFIX "SELF_TEST", "true");
}

int journal_entry_make(struct journal_entry *entry, const struct journal_fields *fields,
		       const struct target_item *item)
{
	const unsigned body = item->record ? (unsigned)item->record->body_case : 0;

	if (!body || body >= RECORD_BODIES || !message_id(item->record))
		return JOURNAL_SKIP;
	entry->size = 0;
	entry->failed = false;
	put_message(entry, item);
	put_record(entry, item);
	put_stream(entry, item);
	journal_fields_put(entry, fields, item->record);
	return entry->failed ? -ENOMEM : 0;
}
