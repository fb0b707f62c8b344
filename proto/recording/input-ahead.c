/* SPDX-License-Identifier: Apache-2.0 */
/* The thread has an input of its own, which the reader's was until it began. With each piece of
 * content goes a copy of what that input was when it had decoded it: so the reader's says what it
 * would without a thread. Content is not copied, the memory it lies in changes hands. */
#include "proto/recording/input-ahead.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/cpus.h"
#include "proto/base/util.h"

struct slot {
	int answer; /* 0 or INPUT_MARK */
	struct input input;
};

struct input_ahead {
	struct input input; /* the thread's, until it has ended */
	pthread_t thread;
	pthread_mutex_t lock; /* of what stands below */
	pthread_cond_t changed;
	struct slot slots[INPUT_AHEAD]; /* each one's hold is owned */
	uint64_t put, taken;
	bool stop;  /* the thread is to end */
	int answer; /* what it has ended with; 0: it has not */
};

/* What was decoded and is not proved stays the thread's. */
static void fill_slot(struct slot *slot, struct input *input, int answer)
{
	uint8_t *hold = slot->input.hold;
	size_t left = input->end - input->ready;

	memcpy(hold, input->hold + input->ready, left);
	slot->answer = answer;
	slot->input = *input;
	slot->input.end = input->ready;
	input->hold = hold;
	input->begin = input->ready = 0;
	input->end = left;
}

/* The place for the next answer, when there is one; NULL: the thread is to end. */
static struct slot *wait_for_room(struct input_ahead *ahead)
{
	struct slot *slot;

	(void)pthread_mutex_lock(&ahead->lock);
	while (!ahead->stop && ahead->put - ahead->taken == INPUT_AHEAD)
		(void)pthread_cond_wait(&ahead->changed, &ahead->lock);
	slot = ahead->stop ? NULL : &ahead->slots[ahead->put % INPUT_AHEAD];
	(void)pthread_mutex_unlock(&ahead->lock);
	return slot;
}

/* @answer: 0: one more slot is there. */
static void tell_reader(struct input_ahead *ahead, int answer)
{
	(void)pthread_mutex_lock(&ahead->lock);
	if (answer)
		ahead->answer = answer;
	else
		ahead->put++;
	(void)pthread_cond_signal(&ahead->changed);
	(void)pthread_mutex_unlock(&ahead->lock);
}

static void *decode_ahead(void *data)
{
	struct input_ahead *ahead = data;
	struct slot *slot;
	int r;

	while ((slot = wait_for_room(ahead))) {
		r = input_zstd_decode(&ahead->input);
		if (r && r != INPUT_MARK) {
			tell_reader(ahead, r);
			break;
		}
		fill_slot(slot, &ahead->input, r);
		tell_reader(ahead, 0);
	}
	return NULL;
}

static struct input_ahead *free_ahead(struct input_ahead *ahead)
{
	for (size_t i = 0; i < INPUT_AHEAD; i++)
		free(ahead->slots[i].input.hold);
	(void)pthread_cond_destroy(&ahead->changed);
	(void)pthread_mutex_destroy(&ahead->lock);
	free(ahead);
	return NULL;
}

/* With memory for content, or NULL. */
static struct input_ahead *make_ahead(void)
{
	struct input_ahead *ahead = calloc(1, sizeof(*ahead));
	bool whole = ahead;

	if (!ahead)
		return NULL;
	(void)pthread_mutex_init(&ahead->lock, NULL);
	(void)pthread_cond_init(&ahead->changed, NULL);
	for (size_t i = 0; i < INPUT_AHEAD; i++) {
		ahead->slots[i].input.hold = malloc(INPUT_HOLD);
		whole &= ahead->slots[i].input.hold != NULL;
	}
	return whole ? ahead : free_ahead(ahead);
}

void input_ahead_begin(struct input *input)
{
	struct input_ahead *ahead = cpus_usable() > 1 ? make_ahead() : NULL;
	uint8_t *hold = ahead ? malloc(INPUT_HOLD) : NULL;

	input->may_run_ahead = false;
	if (ahead)
		ahead->input = *input;
	if (!hold || pthread_create(&ahead->thread, NULL, decode_ahead, ahead)) {
		free(hold);
		if (ahead)
			(void)free_ahead(ahead);
		return;
	}
	input->ahead = ahead;
	input->hold = hold;
	input->begin = input->ready = input->end = 0;
}

/* The thread has ended with an answer: its input becomes the reader's. */
static int take_over(struct input *input)
{
	struct input_ahead *ahead = input->ahead;
	int answer = ahead->answer;

	(void)pthread_join(ahead->thread, NULL);
	free(input->hold);
	*input = ahead->input;
	(void)free_ahead(ahead);
	return answer;
}

/* The reader's input becomes the one in the slot; the memory it had goes there. */
static int take_slot(struct input *input, struct slot *slot)
{
	struct input_ahead *ahead = input->ahead;
	uint8_t *hold = input->hold;
	int answer;

	*input = slot->input;
	input->ahead = ahead;
	slot->input.hold = hold;
	answer = slot->answer;
	(void)pthread_mutex_lock(&ahead->lock);
	ahead->taken++;
	(void)pthread_cond_signal(&ahead->changed);
	(void)pthread_mutex_unlock(&ahead->lock);
	return answer;
}

int input_ahead_next(struct input *input)
{
	struct input_ahead *ahead = input->ahead;
	bool more;

	(void)pthread_mutex_lock(&ahead->lock);
	while (ahead->put == ahead->taken && !ahead->answer)
		(void)pthread_cond_wait(&ahead->changed, &ahead->lock);
	more = ahead->put != ahead->taken;
	(void)pthread_mutex_unlock(&ahead->lock);
	return more ? take_slot(input, &ahead->slots[ahead->taken % INPUT_AHEAD])
		    : take_over(input);
}

void input_ahead_end(struct input *input)
{
	struct input_ahead *ahead = input->ahead;

	if (!ahead)
		return;
	(void)pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	(void)pthread_cond_signal(&ahead->changed);
	(void)pthread_mutex_unlock(&ahead->lock);
	(void)pthread_join(ahead->thread, NULL);
	source_forget(&input->source); /* the thread has read other bytes into the buffer */
	free(ahead->input.hold);
	input->ahead = free_ahead(ahead);
}
