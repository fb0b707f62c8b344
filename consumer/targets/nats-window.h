/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way: taken, sent, acknowledged, in order. The library's thread brings the
 * answers: what it touches stands under the lock. It frees nothing: what it says is settled may be
 * on its way a second time just then, and goes by window_reap(). */
#pragma once

#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "consumer/forward/target.h"
#include "consumer/nats/nats-ack.h"
#include "proto/base/clock.h"

#define WINDOW_MESSAGE 1024u /* bytes a message takes besides its body: the library's, too */

enum window_state {
	WINDOW_WAITING, /* to be sent, for the first time or again */
	WINDOW_SENT,
	WINDOW_REFUSED, /* for good; goes to refuse() */
	WINDOW_DONE,
};

struct window_entry {
	natsMsg *message;
	enum window_state state;
	uint8_t stream_id[TARGET_ID];
	uint64_t seq, last_seq, time; /* time: of the record, real, ns */
	int64_t first_sent, sent;     /* ms, window_now(); 0: never */
	unsigned host;
	size_t size; /* that is counted */
};

struct window {
	struct window_entry *all;
	uint64_t room; /* entries, a power of two */
	/* Of them: the first that is not freed; that is not settled; behind the last. */
	uint64_t reaped, head, tail;
	uint64_t next; /* those before it were sent once, or are done */
	size_t bytes, memory;
	unsigned in_flight, failed; /* failed: wait, and were sent before */
	uint64_t highest;           /* number in the stream that was acknowledged */
	bool troubled;              /* an answer since was an error: error_text */
	char error_text[NATS_ACK_TEXT];
	uint64_t wanted; /* who waits waits until head is this far */
	/* The last one that is settled. */
	uint8_t settled_id[TARGET_ID];
	uint64_t settled_seq;
	struct target_sums sums;
	pthread_mutex_t lock;
	pthread_cond_t answered;
};

int window_init(struct window *window, size_t memory);
void window_done(struct window *window);

static inline struct window_entry *window_at(struct window *window, uint64_t index)
{
	return &window->all[index & (window->room - 1)];
}

/* ms since the machine's start, with what it slept: no clock that is set turns it back. */
static inline int64_t window_now(void)
{
	return (int64_t)(clock_nano(CLOCK_BOOTTIME) / 1000000);
}

static inline bool window_is_full(const struct window *window, size_t size)
{
	return window->tail - window->reaped == window->room ||
	       (window->bytes + size > window->memory && window->tail != window->reaped);
}

/* What happened to an entry; the lock is held. */
void window_settle(struct window *window, struct window_entry *entry);

/* Frees what is settled. Not of the library's threads, as all below but window_answer(). */
void window_reap(struct window *window);

/* The answer to the entry @index, which may be settled or sent again meanwhile. */
void window_answer(struct window *window, uint64_t index, const struct nats_ack *ack);

/* What was sent before @sent (ms) and has no answer, is to be sent again. */
void window_expire(struct window *window, int64_t sent);

/* What has no answer will have none: its connection is gone. It is to be sent again. */
void window_unsend(struct window *window);

/* Until some of what is on its way is settled, beyond @settled, or failed, or @timeout_ms is over.
 */
void window_wait(struct window *window, uint64_t settled, int timeout_ms);
