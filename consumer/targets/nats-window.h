/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way: taken, sent, acknowledged, in order. The library's thread brings the
 * answers: what it touches stands under the lock. */
#pragma once

#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "consumer/forward/target.h"

#define WINDOW_MESSAGE 1024u /* bytes a message takes besides its body: the library's, too */

enum window_state {
	WINDOW_WAITING, /* to be sent, for the first time or again */
	WINDOW_SENT,
	WINDOW_REFUSED, /* for good; goes to refuse() */
	WINDOW_DONE,
};

struct window_entry {
	natsMsg *message; /* ours, unless it was sent; then only to be compared */
	enum window_state state;
	uint8_t stream_id[TARGET_ID];
	uint64_t seq, last_seq, time; /* time: of the record, real, ns */
	int64_t first_sent;           /* ms, nats_Now(); 0: never */
	unsigned host;
	size_t size;    /* that is counted */
	jsErrCode code; /* WINDOW_REFUSED: why */
};

struct window {
	struct window_entry *all;
	uint64_t room;       /* entries, a power of two */
	uint64_t head, tail; /* of them: the first that is not settled; behind the last */
	uint64_t next;       /* those before it were sent once, or are done */
	uint64_t hint;       /* where the next answer is likely to belong */
	size_t bytes, memory;
	unsigned in_flight, failed; /* failed: wait, and were sent before */
	uint64_t highest;           /* number in the stream that was acknowledged */
	bool troubled;              /* an answer since was an error: error, code */
	natsStatus error;
	jsErrCode code;
	char error_text[128];
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

static inline bool window_is_full(const struct window *window, size_t size)
{
	return window->tail - window->head == window->room ||
	       (window->bytes + size > window->memory && window->tail != window->head);
}

/* What happened to an entry; the lock is held. */
void window_settle(struct window *window, struct window_entry *entry);

/* jsPubAckHandler; @closure: the window. */
void window_answer(jsCtx *js, natsMsg *message, jsPubAck *ack, jsPubAckErr *error, void *closure);

/* Until some of what is on its way is settled, beyond @settled, or failed, or @timeout_ms is over.
 */
void window_wait(struct window *window, uint64_t settled, int timeout_ms);
