/* SPDX-License-Identifier: Apache-2.0 */
/* What an input gives of a stream, collected. */
#pragma once

#include "proto/recording/input.h"
#include "tests/lib/zstd-fixture.h"
#include <malloc.h>
#include <pthread.h>
#include <zstd.h>

/* What an input gave, and what it said at the end. */
struct got {
	uint8_t *data;
	size_t size;
	int answer;
	unsigned damages, marks, indexed;
	struct input_damage damage; /* the first */
	size_t damaged_at;          /* how much was given before it */
};

/* Frees what an input gave. */
void got_free(struct got *got);

#define _cleanup_got_ _cleanup_(got_free)

/* Reads until the input is at its end, fails, or has to wait. */
struct got drain(struct input *input);

/* Reads a file of these bytes as a whole, with marks. */
struct got read_bytes(const void *data, size_t size);

/* Makes a closed stream of so many events. */
void build_stream(struct stream *stream, unsigned events);

/* Fails unless the input gave the stream as it is, and told of no damage. */
void assert_whole(const struct got *got, const struct stream *stream);
