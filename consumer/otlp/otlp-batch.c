/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 4096u
#define HEAD_MORE 256u /* of a request, besides the resource: lengths, and who tells */

static size_t end_of(const struct otlp_batch *batch, size_t n)
{
	return n ? batch->records[n - 1].end : 0;
}

static size_t frame_end_of(const struct otlp_batch *batch, size_t n)
{
	return n ? batch->records[n - 1].frame_end : 0;
}

int otlp_batch_new(struct otlp_batch **ret, const uint8_t *stream_id,
		   const struct otel_piece *resource)
{
	_cleanup_(otlp_batch_freep) struct otlp_batch *batch = calloc(1, sizeof(*batch));
	int r = batch ? otlp_batch_begin(batch, stream_id, resource) : -ENOMEM;

	if (!r)
		*ret = TAKE_PTR(batch);
	return r;
}

void otlp_bytes_free(struct otlp_bytes *bytes)
{
	free(bytes->p ? bytes->p - bytes->head_room : NULL);
	bytes->p = NULL;
	bytes->room = 0;
}

int otlp_batch_begin(struct otlp_batch *batch, const uint8_t *stream_id,
		     const struct otel_piece *resource)
{
	uint8_t *copy = malloc(resource->size + 1);

	if (!copy)
		return -ENOMEM;
	otlp_batch_unpack(batch);
	if (batch->bytes.head_room != resource->size + HEAD_MORE)
		otlp_bytes_free(&batch->bytes);
	batch->bytes.head_room = resource->size + HEAD_MORE;
	free(batch->resource);
	batch->resource = copy;
	memcpy(batch->resource, resource->data, resource->size);
	batch->resource_size = resource->size;
	memcpy(batch->stream_id, stream_id, sizeof(batch->stream_id));
	batch->next = NULL;
	batch->state = OTLP_FILLING;
	batch->again = false;
	batch->begun_nano = batch->upto = 0;
	batch->n = batch->kept = 0;
	return 0;
}

struct otlp_batch *otlp_batch_free(struct otlp_batch *batch)
{
	if (!batch)
		return NULL;
	otlp_batch_unpack(batch);
	free(batch->resource);
	free(batch->records);
	otlp_bytes_free(&batch->bytes);
	free(batch->frames);
	free(batch);
	return NULL;
}

size_t otlp_batch_bytes(const struct otlp_batch *batch)
{
	return end_of(batch, batch->n);
}

size_t otlp_batch_memory(const struct otlp_batch *batch)
{
	return sizeof(*batch) + batch->resource_size + batch->bytes.head_room + batch->bytes.room +
	       batch->frames_room + batch->records_room * sizeof(*batch->records) +
	       (batch->packed ? batch->body_size : 0);
}

/* Rooms are doubled. */
static size_t room_for(size_t room, size_t size)
{
	room = room ? room : ROOM_FIRST;
	while (room < size)
		room *= 2;
	return room;
}

static size_t records_for(const struct otlp_batch *batch)
{
	return batch->n < batch->records_room ? batch->records_room
					      : max_u64(2 * batch->records_room, 64);
}

size_t otlp_batch_memory_with(const struct otlp_batch *batch, size_t told, size_t frame)
{
	return otlp_batch_memory(batch) - batch->bytes.room - batch->frames_room -
	       batch->records_room * sizeof(*batch->records) +
	       room_for(batch->bytes.room, otlp_batch_bytes(batch) + told) +
	       room_for(batch->frames_room, frame_end_of(batch, batch->n) + frame) +
	       records_for(batch) * sizeof(*batch->records);
}

static int grow(uint8_t **buf, size_t *room, size_t size)
{
	const size_t wanted = room_for(*room, size);
	uint8_t *more;

	if (*buf && wanted == *room)
		return 0;
	more = realloc(*buf, wanted);
	if (!more)
		return -ENOMEM;
	*buf = more;
	*room = wanted;
	return 0;
}

int otlp_bytes_grow(struct otlp_bytes *bytes, size_t size)
{
	const size_t wanted = room_for(bytes->room, size);
	uint8_t *more;

	if (bytes->p && wanted == bytes->room)
		return 0;
	more = realloc(bytes->p ? bytes->p - bytes->head_room : NULL, bytes->head_room + wanted);
	if (!more)
		return -ENOMEM;
	bytes->p = more + bytes->head_room;
	bytes->room = wanted;
	return 0;
}

static int make_room(struct otlp_batch *batch, size_t told, size_t frame)
{
	int r = util_grow(&batch->records, batch->n, &batch->records_room, sizeof(*batch->records));

	if (!r)
		r = otlp_bytes_grow(&batch->bytes, otlp_batch_bytes(batch) + told);
	if (!r)
		r = grow(&batch->frames, &batch->frames_room,
			 frame_end_of(batch, batch->n) + frame);
	return r;
}

static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
	if (size)
		memcpy(to, from, size);
}

static void copy_told(uint8_t *to, const struct otel_told *told)
{
	for (size_t i = 0; i < told->n; i++) {
		copy(to, told->pieces[i].data, told->pieces[i].size);
		to += told->pieces[i].size;
	}
}

int otlp_batch_add(struct otlp_batch *batch, const struct target_item *item, uint64_t upto,
		   const struct otel_told *told)
{
	const size_t end = otlp_batch_bytes(batch), frame_end = frame_end_of(batch, batch->n);
	int r = make_room(batch, told->size, item->size);

	if (r)
		return r;
	copy_told(batch->bytes.p + end, told);
	copy(batch->frames + frame_end, item->frame, item->size);
	batch->records[batch->n++] = (struct otlp_record){
		.upto = upto,
		.seq = item->seq,
		.end = (uint32_t)(end + told->size),
		.frame_end = (uint32_t)(frame_end + item->size),
	};
	batch->upto = upto;
	return 0;
}

/* The records from @from on, as if they were put there. */
static int copy_half(struct otlp_batch *to, const struct otlp_batch *batch, size_t from)
{
	int r = 0;

	for (size_t i = from; !r && i < batch->n; i++) {
		const struct otlp_record *record = &batch->records[i];
		const size_t start = end_of(batch, i), frame = frame_end_of(batch, i);
		const struct otel_told told = {
			.pieces = {{batch->bytes.p + start, record->end - start}},
			.n = 1,
			.size = record->end - start,
		};
		const struct target_item item = {
			.seq = record->seq,
			.frame = batch->frames + frame,
			.size = record->frame_end - frame,
		};

		r = otlp_batch_add(to, &item, record->upto, &told);
	}
	return r;
}

int otlp_batch_split(struct otlp_batch *batch)
{
	_cleanup_(otlp_batch_freep) struct otlp_batch *half = NULL;
	const struct otel_piece resource = {batch->resource, batch->resource_size};
	const size_t from = batch->n / 2;
	int r = otlp_batch_new(&half, batch->stream_id, &resource);

	if (!r)
		r = copy_half(half, batch, from);
	if (r)
		return r;
	half->state = batch->state = OTLP_READY;
	half->again = batch->again;
	half->kept = batch->kept > from ? batch->kept - from : 0;
	batch->kept = min_u64(batch->kept, from);
	half->upto = batch->upto;
	half->next = batch->next;
	batch->next = half;
	batch->n = from;
	batch->upto = batch->records[from - 1].upto;
	otlp_batch_unpack(batch);
	TAKE_PTR(half);
	return 0;
}

void otlp_batch_unpack(struct otlp_batch *batch)
{
	free(batch->packed);
	batch->packed = NULL;
	batch->body = NULL;
	batch->body_size = 0;
}
