/* SPDX-License-Identifier: Apache-2.0 */
/* Records that go in one request: of one stream, in its form, with what is needed to refuse each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/forward/target.h"
#include "consumer/otel/otel-form.h"
#include "proto/base/util.h"

enum otlp_state {
	OTLP_FILLING,
	OTLP_READY,  /* to be sent, or sent again */
	OTLP_FLYING, /* on its way */
	OTLP_DONE,   /* nothing is left to do */
};

struct otlp_record {
	uint64_t upto; /* it was the how manieth to be taken */
	uint64_t seq;
	uint32_t end, frame_end; /* in bytes, in frames */
};

/* What was told, with room before it for what a request begins with. */
struct otlp_bytes {
	uint8_t *p; /* NULL: there are none */
	size_t head_room, room;
};

struct otlp_batch {
	struct otlp_batch *next;
	enum otlp_state state;
	bool again; /* it was sent before */
	uint64_t begun_nano;
	uint64_t sent_nano; /* the latest time */
	uint64_t upto;      /* records that were taken up to here: all told of, or none of ours */
	uint8_t stream_id[TARGET_ID];
	uint8_t *resource;
	size_t resource_size;
	struct otlp_record *records;
	size_t n, records_room;
	size_t kept; /* of n, as refused: when not all of them could be */
	uint8_t *frames;
	size_t frames_room;
	struct otlp_bytes bytes; /* none: they are in the body only */
	const uint8_t *body;     /* as it is posted; NULL: not made yet */
	size_t body_size;
	uint8_t *packed; /* a body that does not lie in bytes */
};

int otlp_batch_new(struct otlp_batch **ret, const uint8_t *stream_id,
		   const struct otel_piece *resource);
/* Makes it an empty one of these; what it has room for stays. 0 or -ENOMEM. */
int otlp_batch_begin(struct otlp_batch *batch, const uint8_t *stream_id,
		     const struct otel_piece *resource);
struct otlp_batch *otlp_batch_free(struct otlp_batch *batch); /* NULL is fine; returns NULL */

size_t otlp_batch_bytes(const struct otlp_batch *batch); /* of records */
/* All that it takes, and with one more record of these. */
size_t otlp_batch_memory(const struct otlp_batch *batch);
size_t otlp_batch_memory_with(const struct otlp_batch *batch, size_t told, size_t frame);

/* 0 or -ENOMEM. */
int otlp_batch_add(struct otlp_batch *batch, const struct target_item *item, uint64_t upto,
		   const struct otel_told *told);

/* The second half of its records becomes a batch behind it. 0 or -ENOMEM; there are two at least,
 * and its bytes. */
int otlp_batch_split(struct otlp_batch *batch);

void otlp_batch_unpack(struct otlp_batch *batch); /* its body is to be made again */

/* Room for @size bytes; what is there stays. 0 or -ENOMEM. */
int otlp_bytes_grow(struct otlp_bytes *bytes, size_t size);
void otlp_bytes_free(struct otlp_bytes *bytes);

DEFINE_FREEP(otlp_batch);
