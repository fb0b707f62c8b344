/* SPDX-License-Identifier: Apache-2.0 */
/* What an index frame says of the data frame before it, and how it is collected: from the
 * records' own stamps, without decoding their bodies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/record/event-run.h"
#include "proto/record/peek.h"

#define RECORDING_STREAM_ID 16
/* Fields of Record below 16: its bodies have numbers below 12. */

struct recording_index {
	uint64_t first_seq, last_seq;
	uint64_t min_boottime, max_boottime; /* ns */
	uint64_t min_time, max_time;         /* ns since 1970 */
	uint64_t compressed_bytes, uncompressed_bytes, uncompressed_offset;
	uint64_t counts[RECORD_BODIES]; /* by number of the body's field */
	uint64_t others;                /* of kinds that are not known here */
	uint8_t stream_id[RECORDING_STREAM_ID];
	bool has_stream_id, has_seq, has_boottime, has_time;
	struct event_run run; /* of the records taken in; goes on in the next frame */
};

/* Takes a record in; uncompressed_bytes is the caller's. */
void recording_index_add(struct recording_index *index, const uint8_t *record, size_t size);
void recording_index_add_peek(struct recording_index *index, const struct peek *peek);

/* Whether the record is a Header. */
bool recording_index_is_header(const uint8_t *record, size_t size);

/* Writes the payload of the index frame, checksum and FrameIndex, to @buf, which has room for
 * RECORDING_INDEX_MAX. Returns its size. */
size_t recording_index_pack(const struct recording_index *index, uint8_t *buf);

/* Reads it back. Returns 0, or -EBADMSG if the checksum or the message is wrong. */
int recording_index_unpack(struct recording_index *ret, const uint8_t *payload, size_t size);
