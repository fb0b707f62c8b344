/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/pipeline/handover-state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/base/util.h"
#include "streamer/pipeline/pipeline-internal.h"

static const char magic[] = "RINGHAND";

/* A state while it is written. */
struct writer {
	uint8_t *data;
	size_t size, room;
	uint64_t n; /* pieces of the present sort */
	int error;
};

/* While it is read. */
struct reader {
	const uint8_t *at, *end;
};

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static void put(struct writer *w, const void *data, size_t size)
{
	const size_t whole = padded(size);

	if (w->error)
		return;
	if (w->room - w->size < whole) {
		const size_t room = 2 * w->room + whole;
		uint8_t *grown = realloc(w->data, room);

		if (!grown) {
			w->error = -ENOMEM;
			return;
		}
		w->data = grown;
		w->room = room;
	}
	memset(w->data + w->size, 0, whole);
	memcpy(w->data + w->size, data, size);
	w->size += whole;
}

/* NULL: there is less. */
static const void *take(struct reader *r, size_t size)
{
	const uint8_t *at = r->at;

	if ((size_t)(r->end - at) < padded(size))
		return NULL;
	r->at += padded(size);
	return at;
}

static uint64_t hash_of(const struct handover_head *state)
{
	const size_t begin = offsetof(struct handover_head, bytes);

	return XXH3_64bits((const uint8_t *)state + begin, state->bytes - begin);
}

bool handover_state_is_whole(const struct handover_head *state, size_t size)
{
	return size >= sizeof(*state) && !memcmp(state->magic, magic, sizeof(state->magic)) &&
	       state->version == HANDOVER_VERSION && state->head_bytes == sizeof(*state) &&
	       state->bytes == size && state->hash == hash_of(state);
}

void handover_state_seal(struct handover_head *state)
{
	memcpy(state->magic, magic, sizeof(state->magic));
	state->version = HANDOVER_VERSION;
	state->head_bytes = sizeof(*state);
	state->hash = hash_of(state);
}

/* limited_fn */
static int put_limited(void *data, const struct limited_told *told)
{
	struct writer *w = data;

	put(w, told, sizeof(*told));
	w->n++;
	return 0;
}

/* encoder_fn */
static int put_learnt(void *data, unsigned table, const uint64_t key[2], const void *entry,
		      size_t size)
{
	const struct handover_learnt learnt = {.key = {key[0], key[1]},
					       .table = table,
					       .size = (uint32_t)size};
	struct writer *w = data;

	put(w, &learnt, sizeof(learnt));
	put(w, entry, size);
	w->n++;
	return 0;
}

static int fill_head(const struct pipeline *p, struct handover_head *head)
{
	memset(head, 0, sizeof(*head));
	memcpy(head->stream_id, p->stream->id, sizeof(head->stream_id));
	head->seq = p->stream->committed.seq;
	head->file = p->stream->committed.file;
	head->n_cpus = p->totals.n_cpus;
	memcpy(head->lost_in_sink, p->totals.lost_in_sink, sizeof(head->lost_in_sink));
	memcpy(head->told_in_sink, p->totals.committed_told, sizeof(head->told_in_sink));
	head->sink_nano = p->totals.sink_nano;
	head->epoch = p->reports.committed_epoch;
	head->limited = p->reports.limited.committed;
	return kernel_write_note(p->kernel, &head->kernel);
}

int handover_state_save(const struct pipeline *p, struct handover_head **ret)
{
	struct handover_head head, *state;
	struct writer w = {0};
	int r = fill_head(p, &head);

	if (r < 0)
		return r;
	put(&w, &head, sizeof(head));
	put(&w, p->totals.committed,
	    (size_t)p->totals.n_cpus * WIRE_PROBE_COUNT * sizeof(struct totals_cpu));
	(void)limited_walk(&p->reports.limited, put_limited, &w);
	head.n_limited = w.n;
	w.n = 0;
	(void)encoder_walk(p->encoder, put_learnt, &w);
	head.n_learnt = w.n;
	if (w.error) {
		free(w.data);
		return w.error;
	}
	head.bytes = w.size;
	state = (struct handover_head *)(void *)w.data;
	*state = head;
	*ret = state;
	return 0;
}

static int load_totals(struct pipeline *p, const struct handover_head *state, struct reader *r)
{
	const size_t n = (size_t)p->totals.n_cpus * WIRE_PROBE_COUNT;
	const void *cpus;

	if (state->n_cpus != p->totals.n_cpus)
		return -EBADMSG;
	cpus = take(r, n * sizeof(*p->totals.cpus));
	if (!cpus)
		return -EBADMSG;
	memcpy(p->totals.cpus, cpus, n * sizeof(*p->totals.cpus));
	for (size_t i = 0; i < n; i++)
		p->totals.cpus[i].run = 0; /* a file's runs are its own */
	memcpy(p->totals.lost_in_sink, state->lost_in_sink, sizeof(p->totals.lost_in_sink));
	memcpy(p->totals.told_in_sink, state->told_in_sink, sizeof(p->totals.told_in_sink));
	p->totals.sink_nano = state->sink_nano;
	return 0;
}

static int load_limited(struct pipeline *p, const struct handover_head *state, struct reader *r)
{
	int error = 0;

	p->reports.limited.sums = p->reports.limited.committed = state->limited;
	for (uint64_t i = 0; i < state->n_limited && !error; i++) {
		const struct limited_told *told = take(r, sizeof(*told));

		error = told ? limited_recall(&p->reports.limited, told) : -EBADMSG;
	}
	return error;
}

/* What is not taken is learnt again. */
static int load_learnt(struct pipeline *p, const struct handover_head *state, struct reader *r)
{
	for (uint64_t i = 0; i < state->n_learnt; i++) {
		const struct handover_learnt *learnt = take(r, sizeof(*learnt));
		const void *entry = learnt ? take(r, learnt->size) : NULL;

		if (!entry)
			return -EBADMSG;
		(void)encoder_recall(p->encoder, learnt->table, learnt->key, entry, learnt->size);
	}
	return 0;
}

int handover_state_load(struct pipeline *p, const struct handover_head *state)
{
	const uint8_t *at = (const uint8_t *)state;
	struct reader r = {.at = at + sizeof(*state), .end = at + state->bytes};
	int error = load_totals(p, state, &r);

	if (!error)
		error = load_limited(p, state, &r);
	if (!error)
		error = load_learnt(p, state, &r);
	if (error)
		return error;
	memcpy(p->stream->id, state->stream_id, sizeof(p->stream->id));
	p->stream->now.seq = state->seq;
	p->stream->now.file = state->file + 1;
	p->reports.counters.epoch = state->epoch;
	return 0;
}
