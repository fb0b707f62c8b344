/* SPDX-License-Identifier: Apache-2.0 */
/* A set of ids of messages: numbers of streams, as stretches. Numbers without a gap, however many
 * they are and in whatever order they came, are one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDS_STREAM 16
#define IDS_STRETCHES 65536u

struct ids_stretch {
	uint8_t stream[IDS_STREAM];
	uint64_t first, last;
};

/* All there is to it is to be zero. */
struct ids {
	struct ids_stretch *all; /* in order */
	size_t n, room;
};

void ids_done(struct ids *ids);
/* 0, -ENOMEM; -ENOSPC: there would be too many stretches. */
int ids_add(struct ids *ids, const uint8_t *stream, uint64_t number);
bool ids_has(const struct ids *ids, const uint8_t *stream, uint64_t number);

/* "<stream id in hex>:<number>[-<last>]", as target_name() makes it. False: it is none. */
bool ids_parse(const char *name, uint8_t stream[IDS_STREAM], uint64_t *ret_number,
	       uint64_t *ret_last);
