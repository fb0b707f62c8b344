/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of batches: the caller fills one, when it has enough, a thread formats it into the batch's
 * own writer, the caller writes that out. A thread whose writer is full waits until the caller,
 * whose turn it is to write this batch, has taken what is in it.
 *
 * The caller sleeps when the ring is full, until half of it can be written: it would wake up for
 * each batch otherwise. */
#include "consumer/output/output-threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/arena.h"
#include "consumer/read/container-identity.h"
#include "consumer/read/unpack.h"
#include "proto/base/util.h"
#include "proto/record/container.h"

#define BATCHES 16u
#define ENDS (2 * BATCHES) /* a batch's is there until the one behind it is done */

/* Between what different threads write all the time: cache lines, and those fetched with them. */
#define APART 128

enum state {
	BATCH_FREE,
	BATCH_READY, /* for a thread, or in the hands of one */
	BATCH_FULL,  /* its writer is: what is in it has to be written before more is */
	BATCH_DONE,
};

/* Whether what comes behind a batch can go on with its run of events. */
enum end {
	END_OPEN, /* not known yet */
	END_WHOLE,
	END_BROKEN, /* a record of the run was not readable: nothing is derived from it */
};

/* Before each record in a batch. */
struct prefix {
	size_t size;
	struct output_source source;
};

struct batch {
	enum state state;
	struct output_threads *threads;
	struct writer *writer;
	uint64_t number;
	enum end before; /* how the batch before it ends, as far as it matters */
	/* The first record that is not readable, of those in the writer; and how many there are. */
	struct output_unreadable unreadable;
	size_t unreadable_at; /* bytes in the writer that stand before it */
	bool unreadable_noted;
	uint64_t n_unreadable;
	size_t used;
	uint8_t records[sizeof(struct prefix) + OUTPUT_THREADS_FRAME];
};

struct worker {
	struct output_threads *threads;
	pthread_t thread;
	struct output output;
	struct unpacker *unpacker;
	struct arena arena;
	uint8_t apart[APART];
};

struct output_threads {
	struct output *output; /* the caller's */
	void (*complain)(void *data, const struct output_unreadable *record);
	void *data;
	struct arena arena; /* of the header */
	const Ringside__V1__Header *header;
	/* What is put, at first: a CPU gets lines that another one had faster all at once. */
	uint8_t records[sizeof(struct prefix) + OUTPUT_THREADS_FRAME];
	size_t used;           /* of it */
	bool goes_on;          /* it begins inside of a run of events */
	uint64_t written;      /* batches */
	uint64_t n_unreadable; /* since output_threads_finish */
	pthread_mutex_t lock;  /* of what stands below, and of the states */
	/* room: in the writer of a batch that was full; and that an end is known */
	pthread_cond_t work, room, done;
	enum end ends[ENDS];
	uint64_t filled, taken; /* batches */
	uint64_t awaited;       /* the caller sleeps until this one is done */
	unsigned full;          /* batches in this state */
	bool stop;
	struct batch *batches[BATCHES];
	unsigned n_workers;
	uint8_t apart[APART];
	struct worker workers[OUTPUT_THREADS_MAX];
};

static struct batch *batch_at(const struct output_threads *threads, uint64_t number)
{
	return threads->batches[number % BATCHES];
}

/* The threads' side. */

/* With the lock. How the batch before ends, END_OPEN if the threads are to end. */
static enum end wait_for_end(struct batch *batch)
{
	struct output_threads *threads = batch->threads;

	while (batch->before == END_OPEN && !threads->stop) {
		batch->before = threads->ends[(batch->number - 1) % ENDS];
		if (batch->before == END_OPEN)
			(void)pthread_cond_wait(&threads->room, &threads->lock);
	}
	return batch->before;
}

static bool is_written(const struct batch *batch)
{
	return batch->state != BATCH_FULL || batch->threads->stop;
}

/* Of a batch's writer. -ECANCELED: what was written is not what is to be. */
static int hand_over(void *data, const uint8_t *buf, size_t size)
{
	struct batch *batch = data;
	struct output_threads *threads = batch->threads;

	(void)buf, (void)size;
	(void)pthread_mutex_lock(&threads->lock);
	if (wait_for_end(batch) != END_WHOLE) {
		(void)pthread_mutex_unlock(&threads->lock);
		return -ECANCELED;
	}
	batch->state = BATCH_FULL;
	threads->full++;
	(void)pthread_cond_signal(&threads->done);
	while (!is_written(batch))
		(void)pthread_cond_wait(&threads->room, &threads->lock);
	(void)pthread_mutex_unlock(&threads->lock);
	return 0;
}

static void note_unreadable(struct batch *batch, const struct worker *worker,
			    const struct prefix *prefix)
{
	batch->n_unreadable++;
	if (batch->unreadable_noted)
		return;
	batch->unreadable_noted = true;
	batch->unreadable_at = batch->writer->size;
	batch->unreadable = (struct output_unreadable){
		.source = prefix->source,
		.starved = worker->arena.starved,
	};
}

/* As a reader has it that did not go on with the run. */
static void leave_underived(struct derived_parts *parts, const Ringside__V1__Record *record)
{
	parts->timed = false;
	parts->summed = parts->summed && record->cpu_sums && record->cpu_sums->has_seen;
}

static enum end format_batch(struct worker *worker, struct batch *batch)
{
	enum end run = batch->before;
	const Ringside__V1__Header *header = worker->threads->header;
	const uint8_t *p = batch->records, *end = p + batch->used;
	const Ringside__V1__Record *record;
	struct prefix prefix;

	batch->before = run == END_OPEN ? END_OPEN : END_WHOLE; /* that was seen to */
	run = run == END_BROKEN ? END_BROKEN : END_WHOLE;
	worker->output.writer = batch->writer;
	worker->output.header = header;
	worker->output.hosts = worker->threads->output->hosts; /* as it was when they were put */
	for (; p < end; p += prefix.size) {
		memcpy(&prefix, p, sizeof(prefix));
		p += sizeof(prefix);
		record = unpacker_unpack(worker->unpacker, &worker->arena, p, prefix.size);
		if (!record) {
			note_unreadable(batch, worker, &prefix);
			run = END_BROKEN;
			continue;
		}
		if (header && header->identity_version < CONTAINER_IDENTITY_VERSION)
			container_identity_mend(record, &worker->arena);
		if (!prefix.source.derived.timed)
			run = END_WHOLE;
		else if (run == END_BROKEN)
			leave_underived(&prefix.source.derived, record);
		derived_apply(&prefix.source.derived, record);
		(void)output_put(&worker->output, record, p, prefix.size);
	}
	return run;
}

/* It went on with a run that is broken: it is as it was before. */
static bool is_to_be_redone(struct batch *batch)
{
	enum end before;

	(void)pthread_mutex_lock(&batch->threads->lock);
	before = wait_for_end(batch);
	(void)pthread_mutex_unlock(&batch->threads->lock);
	if (before != END_BROKEN)
		return false;
	batch->writer->size = 0;
	batch->writer->error = 0;
	batch->n_unreadable = 0;
	batch->unreadable_noted = false;
	return true;
}

/* NULL: the thread is to end. */
static struct batch *take_batch(struct output_threads *threads)
{
	struct batch *batch;

	(void)pthread_mutex_lock(&threads->lock);
	while (!threads->stop && threads->taken == threads->filled)
		(void)pthread_cond_wait(&threads->work, &threads->lock);
	batch = threads->stop ? NULL : batch_at(threads, threads->taken++);
	if (batch && batch->before == END_OPEN)
		batch->before = threads->ends[(batch->number - 1) % ENDS];
	(void)pthread_mutex_unlock(&threads->lock);
	return batch;
}

static void *work(void *data)
{
	struct worker *worker = data;
	struct output_threads *threads = worker->threads;
	struct batch *batch;

	while ((batch = take_batch(threads))) {
		enum end end = format_batch(worker, batch);

		if (is_to_be_redone(batch))
			end = format_batch(worker, batch);
		(void)pthread_mutex_lock(&threads->lock);
		batch->state = BATCH_DONE;
		threads->ends[batch->number % ENDS] = end;
		(void)pthread_cond_broadcast(&threads->room);
		if (batch == batch_at(threads, threads->awaited))
			(void)pthread_cond_signal(&threads->done);
		(void)pthread_mutex_unlock(&threads->lock);
	}
	return NULL;
}

/* The caller's side. */

static void write_out(struct output_threads *threads, struct batch *batch)
{
	struct writer *to = threads->output->writer, *from = batch->writer;
	size_t at = 0;

	if (batch->unreadable_noted) {
		at = batch->unreadable_at;
		writer_through(to, from->buf, at);
		threads->complain(threads->data, &batch->unreadable);
		batch->unreadable_noted = false;
	}
	writer_through(to, from->buf + at, from->size - at);
	from->size = 0;
}

/* Writes what can be written of the oldest batch that is not written. False: nothing. */
static bool write_oldest(struct output_threads *threads)
{
	struct batch *batch = batch_at(threads, threads->written);
	enum state state;

	(void)pthread_mutex_lock(&threads->lock);
	state = batch->state;
	(void)pthread_mutex_unlock(&threads->lock);
	if (state != BATCH_DONE && state != BATCH_FULL)
		return false;
	write_out(threads, batch);
	if (state == BATCH_DONE) {
		threads->n_unreadable += batch->n_unreadable;
		batch->n_unreadable = 0;
		threads->written++;
	}
	(void)pthread_mutex_lock(&threads->lock);
	batch->state = state == BATCH_DONE ? BATCH_FREE : BATCH_READY;
	threads->full -= state == BATCH_FULL;
	if (state == BATCH_FULL)
		(void)pthread_cond_broadcast(&threads->room);
	(void)pthread_mutex_unlock(&threads->lock);
	return true;
}

/* Until the oldest batch can be written, and the one before @number is done if nothing is held up
 * by that. */
static void sleep_until(struct output_threads *threads, uint64_t number)
{
	const struct batch *oldest = batch_at(threads, threads->written);
	const struct batch *newest = batch_at(threads, number - 1);

	(void)pthread_mutex_lock(&threads->lock);
	for (;;) {
		bool any = threads->full || newest->state == BATCH_DONE;

		if (any && (oldest->state == BATCH_DONE || oldest->state == BATCH_FULL))
			break;
		threads->awaited = any ? threads->written : number - 1;
		(void)pthread_cond_wait(&threads->done, &threads->lock);
	}
	(void)pthread_mutex_unlock(&threads->lock);
}

/* All batches before @number. */
static void write_until(struct output_threads *threads, uint64_t number)
{
	while (threads->written < number) {
		sleep_until(threads, number);
		while (threads->written < number && write_oldest(threads))
			;
	}
}

/* What was put is for the threads. */
static void give_batch(struct output_threads *threads)
{
	struct batch *batch = batch_at(threads, threads->filled);

	if (!threads->used)
		return;
	batch->number = threads->filled;
	batch->before = threads->goes_on ? END_OPEN : END_WHOLE;
	memcpy(batch->records, threads->records, threads->used);
	batch->used = threads->used;
	threads->used = 0;
	(void)pthread_mutex_lock(&threads->lock);
	batch->state = BATCH_READY;
	threads->ends[threads->filled++ % ENDS] = END_OPEN;
	if (threads->filled - threads->taken >= BATCHES / 2)
		(void)pthread_cond_broadcast(&threads->work);
	(void)pthread_mutex_unlock(&threads->lock);
	if (threads->filled - threads->written == BATCHES)
		write_until(threads, threads->written + BATCHES / 2);
}

int output_threads_put(struct output_threads *threads, const uint8_t *frame, size_t size,
		       const struct output_source *source)
{
	const struct prefix prefix = {.size = size, .source = *source};
	uint8_t *p;

	if (sizeof(threads->records) - threads->used < sizeof(prefix) + size)
		give_batch(threads);
	if (!threads->used)
		threads->goes_on = source->derived.timed;
	p = threads->records + threads->used;
	memcpy(p, &prefix, sizeof(prefix));
	memcpy(p + sizeof(prefix), frame, size);
	threads->used += sizeof(prefix) + size;
	return threads->output->writer->error;
}

uint64_t output_threads_finish(struct output_threads *threads)
{
	uint64_t n;

	give_batch(threads);
	(void)pthread_mutex_lock(&threads->lock);
	(void)pthread_cond_broadcast(&threads->work);
	(void)pthread_mutex_unlock(&threads->lock);
	write_until(threads, threads->filled);
	n = threads->n_unreadable;
	threads->n_unreadable = 0;
	return n;
}

int output_threads_header(struct output_threads *threads, const Ringside__V1__Header *header)
{
	const ProtobufCMessage *message = &header->base;
	_cleanup_free_ uint8_t *bytes = NULL;

	threads->header = NULL;
	threads->ends[(threads->filled - 1) % ENDS] = END_WHOLE;
	arena_reset(&threads->arena);
	if (!header)
		return 0;
	bytes = malloc(protobuf_c_message_get_packed_size(message) + 1);
	if (bytes)
		threads->header =
			ringside__v1__header__unpack(&threads->arena.allocator,
						     protobuf_c_message_pack(message, bytes),
						     bytes);
	return threads->header ? 0 : -ENOMEM;
}

static void worker_done(struct worker *worker)
{
	if (worker->output.ops->apart && worker->output.state)
		worker->output.ops->close(worker->output.state);
	worker->unpacker = unpacker_free(worker->unpacker);
	arena_done(&worker->arena);
}

static int begin_worker(struct output_threads *threads, struct worker *worker)
{
	int r;

	*worker = (struct worker){.threads = threads, .output = *threads->output};
	if (threads->output->ops->apart)
		worker->output.state = NULL;
	arena_init(&worker->arena);
	r = unpacker_new(&worker->unpacker, &ringside__v1__record__descriptor);
	if (!r && threads->output->ops->apart)
		r = output_open(&worker->output);
	if (!r) {
		worker->output.cache = unpacker_memo(worker->unpacker);
		r = -pthread_create(&worker->thread, NULL, work, worker);
	}
	if (r)
		worker_done(worker);
	return r;
}

static int make_batches(struct output_threads *threads)
{
	int r = 0;

	for (size_t i = 0; !r && i < BATCHES; i++) {
		struct batch *batch = threads->batches[i] = calloc(1, sizeof(*batch));

		if (!batch)
			return -ENOMEM;
		batch->threads = threads;
		r = writer_new(&batch->writer, -1);
		if (!r) {
			batch->writer->take = hand_over;
			batch->writer->data = batch;
		}
	}
	return r;
}

int output_threads_new(struct output_threads **ret, struct output *output, unsigned n,
		       void (*complain)(void *data, const struct output_unreadable *record),
		       void *data)
{
	_cleanup_(output_threads_freep) struct output_threads *threads =
		calloc(1, sizeof(*threads));
	int r;

	if (!threads)
		return -ENOMEM;
	threads->output = output;
	threads->complain = complain;
	threads->data = data;
	(void)pthread_mutex_init(&threads->lock, NULL);
	(void)pthread_cond_init(&threads->work, NULL);
	(void)pthread_cond_init(&threads->room, NULL);
	(void)pthread_cond_init(&threads->done, NULL);
	arena_init(&threads->arena);
	n = min_u64(n, output->ops->apart ? OUTPUT_THREADS_MAX : 1);
	r = make_batches(threads);
	while (!r && threads->n_workers < n) {
		r = begin_worker(threads, &threads->workers[threads->n_workers]);
		threads->n_workers += !r;
	}
	if (!threads->n_workers) /* some are as good as all */
		return r ? r : -EAGAIN;
	*ret = TAKE_PTR(threads);
	return 0;
}

struct output_threads *output_threads_free(struct output_threads *threads)
{
	if (!threads)
		return NULL;
	(void)pthread_mutex_lock(&threads->lock);
	threads->stop = true;
	(void)pthread_cond_broadcast(&threads->work);
	(void)pthread_cond_broadcast(&threads->room);
	(void)pthread_mutex_unlock(&threads->lock);
	for (unsigned i = 0; i < threads->n_workers; i++) {
		(void)pthread_join(threads->workers[i].thread, NULL);
		worker_done(&threads->workers[i]);
	}
	for (size_t i = 0; i < BATCHES; i++) {
		if (threads->batches[i])
			(void)writer_free(threads->batches[i]->writer);
		free(threads->batches[i]);
	}
	arena_done(&threads->arena);
	(void)pthread_cond_destroy(&threads->done);
	(void)pthread_cond_destroy(&threads->room);
	(void)pthread_cond_destroy(&threads->work);
	(void)pthread_mutex_destroy(&threads->lock);
	free(threads);
	return NULL;
}
