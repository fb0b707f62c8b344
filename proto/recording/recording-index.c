/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/recording/recording-index.h"

#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "proto/record/pb-read.h"
#include "proto/record/peek.h"
#include "proto/recording/recording.h"
#include "proto/ringside-fields.h"

#define CHECKSUM 4u
#define TAG(field, type) ((field) << 3 | (type))

static const char *const names[RECORD_BODIES] = {RECORD_BODY_NAMES};

bool recording_index_is_header(const uint8_t *record, size_t size)
{
	return size && record[0] == TAG(FIELD_RECORD_HEADER, PB_BYTES);
}

static void add_header(struct recording_index *index, const uint8_t *p, size_t size)
{
	const uint8_t *end = p + size;
	struct pb_field field;

	while (p && p < end) {
		p = pb_get_field(p, end, &field);
		if (!p || field.number != FIELD_HEADER_STREAM_ID || field.type != PB_BYTES ||
		    field.size != RECORDING_STREAM_ID)
			continue;
		memcpy(index->stream_id, field.data, RECORDING_STREAM_ID);
		index->has_stream_id = true;
	}
}

static void widen_range(bool *has, uint64_t *min, uint64_t *max, uint64_t v)
{
	if (!*has || v < *min)
		*min = v;
	if (!*has || v > *max)
		*max = v;
	*has = true;
}

void recording_index_add_peek(struct recording_index *index, const struct peek *peek)
{
	if (peek->seq) {
		if (!index->has_seq)
			index->first_seq = peek->seq;
		index->last_seq = peek->seq;
		index->has_seq = true;
	}
	if (peek->has_boottime)
		widen_range(&index->has_boottime, &index->min_boottime, &index->max_boottime,
			    peek->boottime_nano);
	if (peek->has_time)
		widen_range(&index->has_time, &index->min_time, &index->max_time,
			    peek->time_unix_nano);
	index->others += !peek->kind;
	if (peek->kind)
		index->counts[peek->kind]++;
	if (peek->kind == FIELD_RECORD_HEADER)
		add_header(index, peek->body, peek->body_size);
}

void recording_index_add(struct recording_index *index, const uint8_t *record, size_t size)
{
	struct peek peek;

	if (!peek_record(record, size, &peek))
		return;
	(void)event_run_goes_on(&index->run, &peek);
	recording_index_add_peek(index, &peek);
}

static void put_counts(const struct recording_index *index, struct pb *pb)
{
	for (unsigned i = 0; i < RECORD_BODIES; i++) {
		uint8_t *mark;

		if (!index->counts[i])
			continue;
		mark = pb_open(pb, FIELD_FRAME_INDEX_COUNTS);
		pb_string(pb, FIELD_KIND_COUNT_KIND, names[i]);
		pb_uint(pb, FIELD_KIND_COUNT_COUNT, index->counts[i]);
		pb_close(pb, mark);
	}
}

size_t recording_index_pack(const struct recording_index *index, uint8_t *buf)
{
	struct pb pb = pb_make(buf + CHECKSUM, RECORDING_INDEX_MAX - CHECKSUM);
	uint32_t sum;

	if (index->has_stream_id)
		pb_bytes(&pb, FIELD_FRAME_INDEX_STREAM_ID, index->stream_id, RECORDING_STREAM_ID);
	if (index->has_seq) {
		pb_uint(&pb, FIELD_FRAME_INDEX_FIRST_SEQ, index->first_seq);
		pb_uint(&pb, FIELD_FRAME_INDEX_LAST_SEQ, index->last_seq);
	}
	if (index->has_boottime) {
		pb_fixed64(&pb, FIELD_FRAME_INDEX_MIN_BOOTTIME_NANO, index->min_boottime);
		pb_fixed64(&pb, FIELD_FRAME_INDEX_MAX_BOOTTIME_NANO, index->max_boottime);
	}
	if (index->has_time) {
		pb_fixed64(&pb, FIELD_FRAME_INDEX_MIN_TIME_UNIX_NANO, index->min_time);
		pb_fixed64(&pb, FIELD_FRAME_INDEX_MAX_TIME_UNIX_NANO, index->max_time);
	}
	pb_uint(&pb, FIELD_FRAME_INDEX_COMPRESSED_BYTES, index->compressed_bytes);
	pb_uint(&pb, FIELD_FRAME_INDEX_UNCOMPRESSED_BYTES, index->uncompressed_bytes);
	pb_uint(&pb, FIELD_FRAME_INDEX_UNCOMPRESSED_OFFSET, index->uncompressed_offset);
	put_counts(index, &pb);

	sum = XXH32(buf + CHECKSUM, (size_t)(pb.p - buf) - CHECKSUM, 0);
	for (unsigned i = 0; i < CHECKSUM; i++)
		buf[i] = (uint8_t)(sum >> (8 * i));
	return (size_t)(pb.p - buf);
}

static void get_count(struct recording_index *index, const uint8_t *p, size_t size)
{
	const uint8_t *end = p + size;
	struct pb_field field, kind = {0};
	uint64_t count = 0;

	while (p && p < end) {
		p = pb_get_field(p, end, &field);
		if (p && field.number == FIELD_KIND_COUNT_KIND && field.type == PB_BYTES)
			kind = field;
		else if (p && field.number == FIELD_KIND_COUNT_COUNT && field.type == PB_VARINT)
			count = field.value;
	}
	for (unsigned i = 0; i < RECORD_BODIES; i++)
		if (names[i] && strlen(names[i]) == kind.size &&
		    !memcmp(names[i], kind.data, kind.size)) {
			index->counts[i] += count;
			return;
		}
	index->others += count;
}

static void get_bytes(struct recording_index *index, const struct pb_field *field)
{
	if (field->number == FIELD_FRAME_INDEX_COUNTS) {
		get_count(index, field->data, field->size);
	} else if (field->number == FIELD_FRAME_INDEX_STREAM_ID &&
		   field->size == RECORDING_STREAM_ID) {
		memcpy(index->stream_id, field->data, RECORDING_STREAM_ID);
		index->has_stream_id = true;
	}
}

static void get_number(struct recording_index *index, const struct pb_field *field)
{
	const struct {
		uint64_t tag;
		uint64_t *value;
		bool *has;
	} numbers[] = {
		{TAG(FIELD_FRAME_INDEX_FIRST_SEQ, PB_VARINT), &index->first_seq, NULL},
		{TAG(FIELD_FRAME_INDEX_LAST_SEQ, PB_VARINT), &index->last_seq, &index->has_seq},
		{TAG(FIELD_FRAME_INDEX_MIN_BOOTTIME_NANO, PB_FIXED64), &index->min_boottime, NULL},
		{TAG(FIELD_FRAME_INDEX_MAX_BOOTTIME_NANO, PB_FIXED64), &index->max_boottime,
		 &index->has_boottime},
		{TAG(FIELD_FRAME_INDEX_MIN_TIME_UNIX_NANO, PB_FIXED64), &index->min_time, NULL},
		{TAG(FIELD_FRAME_INDEX_MAX_TIME_UNIX_NANO, PB_FIXED64), &index->max_time,
		 &index->has_time},
		{TAG(FIELD_FRAME_INDEX_COMPRESSED_BYTES, PB_VARINT), &index->compressed_bytes,
		 NULL},
		{TAG(FIELD_FRAME_INDEX_UNCOMPRESSED_BYTES, PB_VARINT), &index->uncompressed_bytes,
		 NULL},
		{TAG(FIELD_FRAME_INDEX_UNCOMPRESSED_OFFSET, PB_VARINT), &index->uncompressed_offset,
		 NULL},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].tag != TAG(field->number, field->type))
			continue;
		*numbers[i].value = field->value;
		if (numbers[i].has)
			*numbers[i].has = true;
	}
}

int recording_index_unpack(struct recording_index *ret, const uint8_t *payload, size_t size)
{
	const uint8_t *p = payload + CHECKSUM, *end = payload + size;
	struct recording_index index = {0};
	struct pb_field field;

	if (size < CHECKSUM || size > RECORDING_INDEX_MAX ||
	    XXH32(p, size - CHECKSUM, 0) != pb_get_little(payload, CHECKSUM))
		return -EBADMSG;
	while (p < end) {
		p = pb_get_field(p, end, &field);
		if (!p)
			return -EBADMSG;
		if (field.type == PB_BYTES)
			get_bytes(&index, &field);
		else
			get_number(&index, &field);
	}
	*ret = index;
	return 0;
}
