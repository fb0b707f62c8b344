/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#define ROOM_FIRST 4096u
#define LEVEL 1 /* what is told repeats itself: more effort saves little */

struct otlp_packer {
	struct writer *head;
	struct libdeflate_compressor *gzip; /* NULL: as it is */
};

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

	if (!batch)
		return -ENOMEM;
	batch->resource = malloc(resource->size + 1);
	if (!batch->resource)
		return -ENOMEM;
	memcpy(batch->resource, resource->data, resource->size);
	batch->resource_size = resource->size;
	memcpy(batch->stream_id, stream_id, sizeof(batch->stream_id));
	*ret = TAKE_PTR(batch);
	return 0;
}

struct otlp_batch *otlp_batch_free(struct otlp_batch *batch)
{
	if (!batch)
		return NULL;
	otlp_unpack(batch);
	free(batch->resource);
	free(batch->records);
	free(batch->bytes);
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
	return sizeof(*batch) + batch->resource_size + batch->bytes_room + batch->frames_room +
	       batch->records_room * sizeof(*batch->records) + (batch->body ? batch->body_size : 0);
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
	return otlp_batch_memory(batch) - batch->bytes_room - batch->frames_room -
	       batch->records_room * sizeof(*batch->records) +
	       room_for(batch->bytes_room, otlp_batch_bytes(batch) + told) +
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

static int make_room(struct otlp_batch *batch, size_t told, size_t frame)
{
	int r = util_grow(&batch->records, batch->n, &batch->records_room, sizeof(*batch->records));

	if (!r)
		r = grow(&batch->bytes, &batch->bytes_room, otlp_batch_bytes(batch) + told);
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

int otlp_batch_add(struct otlp_batch *batch, const struct target_item *item, uint64_t upto,
		   const struct otel_piece *told)
{
	const size_t end = otlp_batch_bytes(batch), frame_end = frame_end_of(batch, batch->n);
	int r = make_room(batch, told->size, item->size);

	if (r)
		return r;
	copy(batch->bytes + end, told->data, told->size);
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
		const struct otel_piece told = {batch->bytes + start, record->end - start};
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
	otlp_unpack(batch);
	TAKE_PTR(half);
	return 0;
}

int otlp_packer_new(struct otlp_packer **ret, bool gzip)
{
	_cleanup_(otlp_packer_freep) struct otlp_packer *packer = calloc(1, sizeof(*packer));
	int r;

	if (!packer)
		return -ENOMEM;
	r = writer_new(&packer->head, -1);
	if (r)
		return r;
	packer->gzip = gzip ? libdeflate_alloc_compressor(LEVEL) : NULL;
	if (gzip && !packer->gzip)
		return -ENOMEM;
	*ret = TAKE_PTR(packer);
	return 0;
}

struct otlp_packer *otlp_packer_free(struct otlp_packer *packer)
{
	if (!packer)
		return NULL;
	if (packer->gzip)
		libdeflate_free_compressor(packer->gzip);
	(void)writer_free(packer->head);
	free(packer);
	return NULL;
}

/* libdeflate, which is several times as fast as zlib, wants it in one piece. 0 or -ENOMEM. */
static int compress_body(struct otlp_packer *packer, struct otlp_batch *batch, const uint8_t *plain,
			 size_t size)
{
	size_t room = libdeflate_gzip_compress_bound(packer->gzip, size);
	uint8_t *body = malloc(room);

	if (!body)
		return -ENOMEM;
	batch->body_size = libdeflate_gzip_compress(packer->gzip, plain, size, body, room);
	batch->body = body;
	return 0;
}

int otlp_pack(struct otlp_packer *packer, struct otlp_batch *batch)
{
	const struct otel_piece resource = {batch->resource, batch->resource_size};
	size_t size = otlp_batch_bytes(batch), all;
	uint8_t *plain, *smaller;
	int r;

	if (batch->body)
		return 0;
	packer->head->size = 0;
	otel_protobuf.head(packer->head, &resource, size);
	all = packer->head->size + size;
	plain = malloc(all);
	if (!plain)
		return -ENOMEM;
	memcpy(plain, packer->head->buf, packer->head->size);
	copy(plain + packer->head->size, batch->bytes, size);
	if (!packer->gzip) {
		batch->body = plain;
		batch->body_size = all;
		return 0;
	}
	r = compress_body(packer, batch, plain, all);
	free(plain);
	if (r)
		return r;
	smaller = realloc(batch->body, batch->body_size);
	batch->body = smaller ? smaller : batch->body;
	return 0;
}

void otlp_unpack(struct otlp_batch *batch)
{
	free(batch->body);
	batch->body = NULL;
	batch->body_size = 0;
}
