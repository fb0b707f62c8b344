/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/targets/nats-window.h"

#include <string.h>

#include "proto/base/util.h"

#define ROOM_MIN 64u
#define ROOM_MAX 4096u
#define TOO_LARGE 10054 /* the stream's bound for a message */

int window_init(struct window *window, size_t memory)
{
	pthread_condattr_t attr;

	window->memory = memory;
	window->room = ROOM_MIN;
	while (window->room < ROOM_MAX && window->room * WINDOW_MESSAGE < memory)
		window->room *= 2;
	window->all = calloc(window->room, sizeof(*window->all));
	if (!window->all)
		return -ENOMEM;
	(void)pthread_mutex_init(&window->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&window->answered, &attr);
	(void)pthread_condattr_destroy(&attr);
	return 0;
}

void window_done(struct window *window)
{
	if (!window->all)
		return;
	for (uint64_t i = window->reaped; i < window->tail; i++)
		natsMsg_Destroy(window_at(window, i)->message);
	free(window->all);
	(void)pthread_cond_destroy(&window->answered);
	(void)pthread_mutex_destroy(&window->lock);
}

void window_reap(struct window *window)
{
	uint64_t head;

	(void)pthread_mutex_lock(&window->lock);
	head = window->head;
	(void)pthread_mutex_unlock(&window->lock);
	for (; window->reaped < head; window->reaped++) {
		struct window_entry *entry = window_at(window, window->reaped);

		natsMsg_Destroy(entry->message);
		window->bytes -= entry->size;
	}
}

void window_settle(struct window *window, struct window_entry *entry)
{
	entry->state = WINDOW_DONE;
	while (window->head < window->tail &&
	       window_at(window, window->head)->state == WINDOW_DONE) {
		const struct window_entry *first = window_at(window, window->head++);

		memcpy(window->settled_id, first->stream_id, TARGET_ID);
		window->settled_seq = first->last_seq;
	}
	window->sums.settled = window->head;
	if (window->next < window->head)
		window->next = window->head;
}

static void take_error(struct window *window, struct window_entry *entry, const char *text,
		       unsigned code)
{
	window->troubled = true;
	(void)snprintf(window->error_text, sizeof(window->error_text), "%s", text);
	entry->state = code == TOO_LARGE ? WINDOW_REFUSED : WINDOW_WAITING;
	window->in_flight--;
	window->failed++;
}

void window_answer(struct window *window, uint64_t index, const struct nats_ack *ack)
{
	struct window_entry *entry = window_at(window, index);

	(void)pthread_mutex_lock(&window->lock);
	if (index >= window->head && index < window->tail && entry->state == WINDOW_SENT) {
		if (ack->seq) {
			window->in_flight--;
			window->sums.acknowledged++;
			window->sums.doubled += ack->duplicate;
			window->highest = max_u64(window->highest, ack->seq);
			window_settle(window, entry);
		} else {
			take_error(window, entry, ack->text, ack->code);
		}
	}
	if (!window->in_flight || window->troubled || window->head >= window->wanted)
		(void)pthread_cond_signal(&window->answered);
	(void)pthread_mutex_unlock(&window->lock);
}

void window_expire(struct window *window, int64_t sent)
{
	(void)pthread_mutex_lock(&window->lock);
	for (uint64_t i = window->head; window->in_flight && i < window->next; i++) {
		struct window_entry *entry = window_at(window, i);

		if (entry->state == WINDOW_SENT && entry->sent < sent)
			take_error(window, entry, "no answer", 0);
	}
	(void)pthread_mutex_unlock(&window->lock);
}

void window_unsend(struct window *window)
{
	(void)pthread_mutex_lock(&window->lock);
	for (uint64_t i = window->head; window->in_flight && i < window->next; i++) {
		struct window_entry *entry = window_at(window, i);

		if (entry->state != WINDOW_SENT)
			continue;
		entry->state = WINDOW_WAITING;
		window->in_flight--;
		window->failed++;
	}
	(void)pthread_mutex_unlock(&window->lock);
}

void window_wait(struct window *window, uint64_t settled, int timeout_ms)
{
	uint64_t until = clock_nano(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * 1000000u;
	const struct timespec end = {.tv_sec = (time_t)(until / 1000000000u),
				     .tv_nsec = (long)(until % 1000000000u)};

	(void)pthread_mutex_lock(&window->lock);
	/* waking up for each answer would cost more than the answer */
	window->wanted = window->head + 1 + window->in_flight / 4;
	if (!window->in_flight && window->head == settled && !window->troubled)
		(void)pthread_cond_timedwait(&window->answered, &window->lock, &end);
	while (window->in_flight && !window->troubled && window->head < window->wanted)
		if (pthread_cond_timedwait(&window->answered, &window->lock, &end))
			break;
	(void)pthread_mutex_unlock(&window->lock);
}
