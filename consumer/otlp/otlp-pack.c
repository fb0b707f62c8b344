/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-pack.h"

#include <libdeflate.h>
#include <string.h>
#include <zstd.h>

/* What is told repeats itself: more effort saves little. */
#define GZIP_LEVEL 1
#define ZSTD_LEVEL 1

struct otlp_packer {
	struct writer *head;
	enum otlp_compression compression;
	struct libdeflate_compressor *gzip;
	ZSTD_CCtx *zstd;
	uint8_t *room; /* what is compressed comes here first: how much it is shows then */
	size_t size;
	struct otlp_bytes bytes; /* that a batch has left; none: there are none */
};

int otlp_packer_new(struct otlp_packer **ret, enum otlp_compression compression)
{
	_cleanup_(otlp_packer_freep) struct otlp_packer *packer = calloc(1, sizeof(*packer));
	int r;

	if (!packer)
		return -ENOMEM;
	packer->compression = compression;
	r = writer_new(&packer->head, -1);
	if (!r && compression == OTLP_GZIP) {
		packer->gzip = libdeflate_alloc_compressor(GZIP_LEVEL);
		r = packer->gzip ? 0 : -ENOMEM;
	}
	if (!r && compression == OTLP_ZSTD) {
		packer->zstd = ZSTD_createCCtx();
		r = packer->zstd ? 0 : -ENOMEM;
	}
	if (!r)
		*ret = TAKE_PTR(packer);
	return r;
}

struct otlp_packer *otlp_packer_free(struct otlp_packer *packer)
{
	if (!packer)
		return NULL;
	if (packer->gzip)
		libdeflate_free_compressor(packer->gzip);
	(void)ZSTD_freeCCtx(packer->zstd);
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

static size_t bound_of(const struct otlp_packer *packer, size_t size)
{
	return packer->gzip ? libdeflate_gzip_compress_bound(packer->gzip, size)
			    : ZSTD_compressBound(size);
}

/* Into the packer's room, which suffices. Returns how many bytes it took; 0: there is no memory. */
static size_t compress_bytes(struct otlp_packer *packer, const uint8_t *plain, size_t size)
{
	size_t n;

	if (packer->gzip)
		return libdeflate_gzip_compress(packer->gzip, plain, size, packer->room,
						packer->size);
	n = ZSTD_compressCCtx(packer->zstd, packer->room, packer->size, plain, size, ZSTD_LEVEL);
	return ZSTD_isError(n) ? 0 : n;
}

static int compress_body(struct otlp_packer *packer, struct otlp_batch *batch, const uint8_t *plain,
			 size_t size)
{
	int r = make_room(packer, bound_of(packer, size));
	size_t n;

	if (r)
		return r;
	n = compress_bytes(packer, plain, size);
	if (!n)
		return -ENOMEM;
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
	if (packer->compression != OTLP_NONE)
		return compress_body(packer, batch, plain, head->size + size);
	batch->body = plain;
	batch->body_size = head->size + size;
	return 0;
}

/* What the body was made of, into the packer's room, which suffices. 0 or -errno. */
static int decompress_body(const struct otlp_packer *packer, const struct otlp_batch *batch,
			   size_t *ret)
{
	struct libdeflate_decompressor *gzip;
	enum libdeflate_result result;

	if (packer->compression == OTLP_ZSTD) {
		*ret = ZSTD_decompress(packer->room, packer->size, batch->body, batch->body_size);
		return ZSTD_isError(*ret) ? -EBADMSG : 0;
	}
	gzip = libdeflate_alloc_decompressor();
	if (!gzip)
		return -ENOMEM;
	result = libdeflate_gzip_decompress(gzip, batch->body, batch->body_size, packer->room,
					    packer->size, ret);
	libdeflate_free_decompressor(gzip);
	return result == LIBDEFLATE_SUCCESS ? 0 : -EBADMSG;
}

int otlp_packer_undo(struct otlp_packer *packer, struct otlp_batch *batch)
{
	const size_t size = otlp_batch_bytes(batch);
	size_t all = 0;
	int r;

	if (batch->bytes.p) {
		otlp_batch_unpack(batch);
		return 0;
	}
	otlp_packer_lend(packer, batch);
	r = otlp_bytes_grow(&batch->bytes, size);
	/* what it begins with lies before the bytes, but does not begin with their room */
	if (!r)
		r = make_room(packer, batch->bytes.head_room + size);
	if (!r)
		r = decompress_body(packer, batch, &all);
	if (r)
		return r;
	memcpy(batch->bytes.p, packer->room + all - size, size);
	otlp_batch_unpack(batch);
	return 0;
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
