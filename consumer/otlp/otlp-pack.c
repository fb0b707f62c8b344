/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-pack.h"

#include <libdeflate.h>
#include <string.h>

#define LEVEL 1 /* what is told repeats itself: more effort saves little */

struct otlp_packer {
	struct writer *head;
	struct libdeflate_compressor *gzip; /* NULL: as it is */
	uint8_t *room; /* what is compressed comes here first: how much it is shows then */
	size_t size;
	struct otlp_bytes bytes; /* that a batch has left; none: there are none */
};

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
	otlp_packer_rest(packer);
	free(packer);
	return NULL;
}

static int make_room(struct otlp_packer *packer, size_t size)
{
	if (size <= packer->size)
		return 0;
	free(packer->room);
	packer->room = malloc(size);
	packer->size = packer->room ? size : 0;
	return packer->room ? 0 : -ENOMEM;
}

static int compress_body(struct otlp_packer *packer, struct otlp_batch *batch, const uint8_t *plain,
			 size_t size)
{
	int r = make_room(packer, libdeflate_gzip_compress_bound(packer->gzip, size));
	size_t n;

	if (r)
		return r;
	n = libdeflate_gzip_compress(packer->gzip, plain, size, packer->room, packer->size);
	batch->packed = malloc(n);
	if (!batch->packed)
		return -ENOMEM;
	memcpy(batch->packed, packer->room, n);
	batch->body = batch->packed;
	batch->body_size = n;
	otlp_bytes_free(&packer->bytes);
	packer->bytes = batch->bytes;
	batch->bytes.p = NULL;
	batch->bytes.room = 0;
	return 0;
}

/* What a request begins with is told when it is known how long it will be: in the room before the
 * records. */
int otlp_pack(struct otlp_packer *packer, struct otlp_batch *batch)
{
	const struct otel_piece resource = {batch->resource, batch->resource_size};
	const size_t size = otlp_batch_bytes(batch);
	struct writer *head = packer->head;
	uint8_t *plain;

	if (batch->body)
		return 0;
	head->size = 0;
	otel_protobuf.head(head, &resource, size);
	plain = batch->bytes.p - head->size;
	memcpy(plain, head->buf, head->size);
	if (packer->gzip)
		return compress_body(packer, batch, plain, head->size + size);
	batch->body = plain;
	batch->body_size = head->size + size;
	return 0;
}

int otlp_packer_undo(struct otlp_packer *packer, struct otlp_batch *batch)
{
	const size_t size = otlp_batch_bytes(batch), room = batch->bytes.head_room + size;
	struct libdeflate_decompressor *gzip;
	size_t all = 0;
	int r;

	if (batch->bytes.p) {
		otlp_batch_unpack(batch);
		return 0;
	}
	otlp_packer_lend(packer, batch);
	gzip = libdeflate_alloc_decompressor();
	r = gzip ? otlp_bytes_grow(&batch->bytes, size) : -ENOMEM;
	/* what it begins with lies before the bytes, but does not begin with their room */
	if (!r)
		r = make_room(packer, room);
	if (!r && libdeflate_gzip_decompress(gzip, batch->body, batch->body_size, packer->room,
					     room, &all) != LIBDEFLATE_SUCCESS)
		r = -EBADMSG;
	if (!r)
		memcpy(batch->bytes.p, packer->room + all - size, size);
	if (gzip)
		libdeflate_free_decompressor(gzip);
	if (!r)
		otlp_batch_unpack(batch);
	return r;
}

void otlp_packer_lend(struct otlp_packer *packer, struct otlp_batch *batch)
{
	if (batch->bytes.p || packer->bytes.head_room != batch->bytes.head_room)
		return;
	batch->bytes = packer->bytes;
	packer->bytes.p = NULL;
	packer->bytes.room = 0;
}

size_t otlp_packer_memory(const struct otlp_packer *packer)
{
	return packer->bytes.room;
}

void otlp_packer_rest(struct otlp_packer *packer)
{
	otlp_bytes_free(&packer->bytes);
	free(packer->room);
	packer->room = NULL;
	packer->size = 0;
}
