/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/flawed-streams.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/base/util.h"

void flawed_streams_done(struct flawed_streams *flawed)
{
	for (size_t i = 0; i < flawed->n; i++) {
		free(flawed->all[i]->header);
		free(flawed->all[i]);
	}
	free(flawed->all);
	table_done(&flawed->by_id, NULL);
	*flawed = (struct flawed_streams){0};
}

static bool is_same(const void *item, const void *key)
{
	const struct flawed_stream *stream = item;

	return !memcmp(stream->id, key, FLAWED_ID);
}

struct flawed_stream *flawed_streams_find(const struct flawed_streams *flawed, const uint8_t *id,
					  size_t size)
{
	return size == FLAWED_ID ? table_find(&flawed->by_id, XXH64(id, size, 0), is_same, id)
				 : NULL;
}

static struct flawed_stream *add_stream(struct flawed_streams *flawed, const uint8_t *id)
{
	_cleanup_free_ struct flawed_stream *stream = calloc(1, sizeof(*stream));

	if (!stream || GROW(flawed->all, flawed->n, &flawed->room) ||
	    table_add(&flawed->by_id, XXH64(id, FLAWED_ID, 0), stream))
		return NULL;
	memcpy(stream->id, id, FLAWED_ID);
	flawed->all[flawed->n++] = stream;
	return TAKE_PTR(stream);
}

struct flawed_stream *flawed_streams_keep(struct flawed_streams *flawed,
					  const Ringside__V1__Record *record, const uint8_t *packed,
					  size_t size)
{
	const ProtobufCBinaryData *id = &record->header->stream_id;
	struct flawed_stream *stream = flawed_streams_find(flawed, id->data, id->len);
	const size_t bytes = flawed->bytes - (stream ? stream->size : 0) + size;
	uint8_t *header;

	if (id->len != FLAWED_ID || bytes > FLAWED_BYTES)
		return stream;
	stream = stream ? stream : add_stream(flawed, id->data);
	header = stream ? realloc(stream->header, size) : NULL;
	if (!header)
		return stream;
	memcpy(header, packed, size);
	stream->header = header;
	stream->size = size;
	flawed->bytes = bytes;
	return stream;
}
