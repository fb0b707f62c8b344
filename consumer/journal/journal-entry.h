/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry of systemd's journal says of a record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/forward/target.h"

#define JOURNAL_PREFIX "RINGSIDE_"
#define JOURNAL_NAME_MAX 64 /* bytes of a field's name that journald takes */

/* An entry in journald's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
struct journal_entry {
	uint8_t *data; /* NULL at first; the caller frees it */
	size_t size, room;
	bool failed; /* there was no memory */
};

/* Which fields each kind of records has, compiled from the descriptors and the vocabulary. */
struct journal_fields;

int journal_fields_new(struct journal_fields **ret);
struct journal_fields *journal_fields_free(struct journal_fields *fields);

#define JOURNAL_SKIP 1 /* it is about the stream alone: not for the journal */

/* Makes @entry what is told of the record, instead of what it was. 0, JOURNAL_SKIP, or -ENOMEM. */
int journal_entry_make(struct journal_entry *entry, const struct journal_fields *fields,
		       const struct target_item *item);

/* Appends a field. As the protocol has it, the value may be any bytes. */
void journal_entry_put(struct journal_entry *entry, const char *name, const void *value,
		       size_t size);

void journal_entry_text(struct journal_entry *entry, const char *name, const char *value);

/* What the record's kind has. */
void journal_fields_put(struct journal_entry *entry, const struct journal_fields *fields,
			const Ringside__V1__Record *record);

/* Every name that a field of an event can have, for tests: NULL behind the last. */
const char *journal_fields_name(const struct journal_fields *fields, size_t i);

DEFINE_FREEP(journal_fields);
