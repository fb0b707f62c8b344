/* SPDX-License-Identifier: Apache-2.0 */
/* Two loads for a flood, and each record's event as protobuf-c has it in memory. */
#pragma once

#include "proto/ringside.pb-c.h"
#include "tests/bench/flood.h"

struct load {
	const char *name;
	struct flood_record first[FLOOD_RECORDS]; /* the same events with all their paths */
	struct flood_record records[FLOOD_RECORDS];
	Ringside__V1__Record *messages[FLOOD_RECORDS]; /* by load_index of a record's head */
};

/* Four processes of two threads in two containers repeat themselves, without paths. */
struct load *load_storm(void);

/* 64 processes in 16 containers, never with the same registers; one in 32 brings its paths. */
struct load *load_node(void);

struct load *load_free(struct load *load); /* NULL is fine; returns NULL */

/* The index is in bits of the flags nobody else uses. */
static inline unsigned load_index(const struct wire_head *head)
{
	return head->flags >> 8;
}
