/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/targets/nats-window.h"

#include <string.h>

#include "proto/base/clock.h"
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
	for (uint64_t i = window->head; i < window->tail; i++)
		if (window_at(window, i)->state != WINDOW_SENT)
			natsMsg_Destroy(window_at(window, i)->message);
	free(window->all);
	(void)pthread_cond_destroy(&window->answered);
	(void)pthread_mutex_destroy(&window->lock);
}

void window_settle(struct window *window, struct window_entry *entry)
{
	entry->state = WINDOW_DONE;
	entry->message = NULL;
	window->bytes -= entry->size;
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

static bool is_it(const struct window_entry *entry, const natsMsg *message)
{
	return entry->state == WINDOW_SENT && entry->message == message;
}

/* Answers come nearly in the order of what was sent. */
static struct window_entry *find_entry(struct window *window, const natsMsg *message)
{
	uint64_t hint = window->hint;

	if (hint < window->head || hint >= window->tail)
		hint = window->head;
	for (uint64_t i = hint; i < window->tail; i++)
		if (is_it(window_at(window, i), message)) {
			window->hint = i + 1;
			return window_at(window, i);
		}
	for (uint64_t i = window->head; i < hint; i++)
		if (is_it(window_at(window, i), message))
			return window_at(window, i);
	return NULL;
}

static void take_error(struct window *window, struct window_entry *entry, const jsPubAckErr *error)
{
	window->troubled = true;
	window->error = error ? error->Err : NATS_ERR;
	window->code = error ? error->ErrCode : 0;
	(void)snprintf(window->error_text, sizeof(window->error_text), "%s",
		       error && error->ErrText ? error->ErrText
					       : natsStatus_GetText(window->error));
	entry->code = window->code;
	entry->state = window->code == TOO_LARGE ? WINDOW_REFUSED : WINDOW_WAITING;
	window->failed++;
}

void window_answer(jsCtx *js, natsMsg *message, jsPubAck *ack, jsPubAckErr *error, void *closure)
{
	struct window *window = closure;
	struct window_entry *entry;

	(void)pthread_mutex_lock(&window->lock);
	entry = find_entry(window, message);
	if (entry) {
		window->in_flight--;
		if (ack) {
			window->sums.acknowledged++;
			window->sums.doubled += ack->Duplicate;
			window->highest = max_u64(window->highest, ack->Sequence);
			window_settle(window, entry);
		} else {
			take_error(window, entry, error);
			message = NULL; /* ours again, and still in the entry */
		}
	}
	if (!window->in_flight || window->troubled || window->head >= window->wanted)
		(void)pthread_cond_signal(&window->answered);
	(void)pthread_mutex_unlock(&window->lock);
	natsMsg_Destroy(message);
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
