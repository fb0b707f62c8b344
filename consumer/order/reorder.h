/* SPDX-License-Identifier: Apache-2.0 */
/* Messages come nearly in order, those that were sent again late, and those of several streams of a
 * host between each other: this makes streams of them, one behind the other, each in order. What is
 * missing stays missing; of what was
 * sent with a filter, a Lost says it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/order/chain.h"
#include "consumer/order/ids.h"

#define REORDER_BEHIND                                                                             \
	5000u /* messages a late one may be behind: more than are on their way at once */
#define REORDER_BYTES (32u << 20)

struct reorder_message {
	const uint8_t *stream;  /* IDS_STREAM bytes */
	uint64_t seq, last;     /* last: seq, unless it stands for several */
	bool header, footer;    /* footer: its stream ends with it */
	bool redacted;          /* it is not as it was recorded */
	bool hashed;            /* it is of a kind that has hashes */
	struct chain_link link; /* its filter is the message's */
	const void *data;
	size_t size;
};

struct reorder;

/* @put: gets records in order; before one of another stream than the one before it, or that another
 * filter chose, this stream's Header, if it is known, which says so. Where it is known of a stream
 * that records were left out, one that comes so late that others behind it were put has it before
 * it, too. 0 or -errno, which ends it. */
typedef int reorder_put_fn(void *data, const void *record, size_t size);
/* The Header of @stream in force at @seq, which no message brought: to be given to reorder_header()
 * if there is one. May be NULL. */
typedef void reorder_find_fn(void *data, const uint8_t *stream, uint64_t seq);

/* @live: nothing waits for its stream's turn. @from_start: streams begin with 1. */
int reorder_new(struct reorder **ret, bool live, bool from_start, reorder_put_fn *put,
		reorder_find_fn *find, void *data);
struct reorder *reorder_free(struct reorder *reorder);

/* 0, -ENOMEM, or what put said. */
int reorder_take(struct reorder *reorder, const struct reorder_message *message);
/* A Header. It may come before it is asked for, and may be a later one than that. */
int reorder_header(struct reorder *reorder, const struct reorder_message *header);
/* What waits for others waits no longer. */
int reorder_flush(struct reorder *reorder);
/* The first stream has come to its Footer, and nothing before it is missing. */
bool reorder_ended(const struct reorder *reorder);
bool reorder_waits(const struct reorder *reorder);
