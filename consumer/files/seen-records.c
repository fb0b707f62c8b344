/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/seen-records.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

/* In the place of a chunk's number: of what struct seen_floor holds. */
#define FLOOR UINT64_MAX
#define WORD 64u

struct key {
	const uint8_t *stream;
	uint64_t number;
};

struct seen_floor {
	struct seen_chunk chunk; /* its number is FLOOR */
	uint64_t seq;
};

static void free_chunk(void *item)
{
	struct seen_chunk *chunk = item;

	free(chunk->bits);
	free(chunk->stamps);
	free(chunk);
}

void seen_records_done(struct seen_records *seen)
{
	table_done(&seen->chunks, free_chunk);
	for (size_t i = 0; i < seen->n; i++)
		free(seen->inputs[i].name);
	free(seen->inputs);
	*seen = (struct seen_records){0};
}

int seen_records_begin(struct seen_records *seen, const char *name)
{
	if (GROW(seen->inputs, seen->n, &seen->room))
		return -ENOMEM;
	seen->inputs[seen->n] = (struct seen_input){.name = strdup(name)};
	if (!seen->inputs[seen->n].name)
		return -ENOMEM;
	seen->at = seen->n++;
	seen->next = 0;
	return 0;
}

void seen_records_go_on(struct seen_records *seen, size_t at)
{
	seen->at = at;
	seen->next = 0;
}

static bool is_chunk(const struct seen_chunk *chunk, const uint8_t *stream, uint64_t number)
{
	return chunk->number == number && !memcmp(chunk->stream, stream, SEEN_ID);
}

static bool is_same(const void *item, const void *key)
{
	const struct key *of = key;

	return is_chunk(item, of->stream, of->number);
}

/* An id is random: whoever writes another one hides only what is his. */
static uint64_t hash_key(const uint8_t *stream, uint64_t number)
{
	return XXH64(stream, SEEN_ID, number);
}

static void *find_chunk(const struct seen_records *seen, const uint8_t *stream, uint64_t number)
{
	return table_find(&seen->chunks, hash_key(stream, number), is_same,
			  &(struct key){stream, number});
}

/* NULL: there is no room. */
static void *add_chunk(struct seen_records *seen, const uint8_t *stream, uint64_t number,
		       size_t size)
{
	struct seen_chunk *chunk = seen->chunks.n < SEEN_CHUNKS ? calloc(1, size) : NULL;

	if (chunk) {
		memcpy(chunk->stream, stream, SEEN_ID);
		chunk->number = number;
	}
	if (!chunk || table_add(&seen->chunks, hash_key(stream, number), chunk)) {
		free(chunk);
		seen->full = true;
		return NULL;
	}
	return chunk;
}

static bool has_bit(const struct seen_chunk *chunk, uint32_t in)
{
	return chunk->bits[in / WORD] >> in % WORD & 1;
}

static bool has(const struct seen_chunk *chunk, uint32_t in)
{
	return chunk->bits ? has_bit(chunk, in) : in >= chunk->first && in <= chunk->last;
}

/* What stood in a row stands in bits from now on. */
static bool make_bits(struct seen_records *seen, struct seen_chunk *chunk)
{
	if (seen->n_maps < SEEN_MAPS)
		chunk->bits = calloc(SEEN_SPAN / WORD, sizeof(*chunk->bits));
	if (!chunk->bits) {
		seen->full = true;
		return false;
	}
	seen->n_maps++;
	for (uint32_t i = chunk->first; i <= chunk->last; i++)
		chunk->bits[i / WORD] |= UINT64_C(1) << i % WORD;
	return true;
}

static uint32_t input_of(const struct seen_chunk *chunk, uint32_t in)
{
	if (chunk->stamps)
		return chunk->stamps[in].input;
	return chunk->mixed ? SEEN_SEVERAL : chunk->input;
}

static void add_number(struct seen_records *seen, struct seen_chunk *chunk, uint32_t in)
{
	chunk->mixed |= chunk->input != seen->at;
	if (!chunk->bits && in == chunk->last + 1)
		chunk->last = in;
	else if (!chunk->bits && in + 1 == chunk->first)
		chunk->first = in;
	else if (chunk->bits || make_bits(seen, chunk))
		chunk->bits[in / WORD] |= UINT64_C(1) << in % WORD;
}

static void begin_chunk(struct seen_records *seen, struct seen_chunk *chunk, uint32_t in)
{
	chunk->first = chunk->last = in;
	chunk->input = (uint32_t)seen->at;
	if (seen->n_stamped == SEEN_STAMPED)
		return;
	chunk->stamps = calloc(SEEN_SPAN, sizeof(*chunk->stamps));
	seen->n_stamped += chunk->stamps != NULL;
}

static bool is_skipped(const struct seen_records *seen, const uint8_t *stream, uint64_t seq)
{
	const struct seen_floor *floor = find_chunk(seen, stream, FLOOR);

	return floor && seq < floor->seq;
}

bool seen_records_has(const struct seen_records *seen, const uint8_t *stream, uint64_t seq)
{
	const struct seen_chunk *chunk = find_chunk(seen, stream, seq / SEEN_SPAN);

	return (chunk && has(chunk, seq % SEEN_SPAN)) || is_skipped(seen, stream, seq);
}

static void note_old(struct seen_input *input, uint32_t of)
{
	input->of = input->old && input->of != of ? SEEN_SEVERAL : of;
	input->old++;
}

/* It has the number of one that was taken, and is another one. */
static bool is_another(struct seen_records *seen, const struct seen_chunk *chunk, uint32_t in,
		       uint32_t stamp)
{
	struct seen_input *input = seen->n ? &seen->inputs[seen->at] : NULL;
	uint32_t of = input_of(chunk, in);

	if (!stamp || !chunk->stamps || !chunk->stamps[in].time || chunk->stamps[in].time == stamp)
		return false;
	if (input) {
		input->other_of = input->others && input->other_of != of ? SEEN_SEVERAL : of;
		input->others++;
	}
	return true;
}

/* It is not the one behind the latest. */
static bool look_up(struct seen_records *seen, const uint8_t *stream, uint64_t seq, uint32_t stamp)
{
	struct seen_chunk *chunk = seen->latest;
	uint32_t in = seq % SEEN_SPAN;
	bool old;

	if (!chunk || !is_chunk(chunk, stream, seq / SEEN_SPAN))
		chunk = find_chunk(seen, stream, seq / SEEN_SPAN);
	old = chunk && has(chunk, in);
	if (old && is_another(seen, chunk, in, stamp)) {
		seen->latest = NULL; /* which does not go on with it */
		return true;
	}
	if (old || is_skipped(seen, stream, seq)) {
		if (seen->n)
			note_old(&seen->inputs[seen->at], old ? input_of(chunk, in) : SEEN_SKIPPED);
		return false;
	}
	if (chunk) {
		add_number(seen, chunk, in);
	} else {
		chunk = add_chunk(seen, stream, seq / SEEN_SPAN, sizeof(*chunk));
		if (chunk)
			begin_chunk(seen, chunk, in);
	}
	if (chunk && chunk->stamps)
		chunk->stamps[in] = (struct seen_stamp){stamp, (uint32_t)seen->at};
	seen->latest = chunk;
	return true;
}

bool seen_records_take(struct seen_records *seen, const uint8_t *stream, uint64_t seq,
		       uint64_t nano)
{
	const struct seen_chunk *latest;
	bool fresh = true;

	seen->next = 0;
	if (stream && seq)
		fresh = look_up(seen, stream, seq, (uint32_t)nano);
	latest = seen->latest;
	if (!fresh || !seen->n)
		return fresh;
	seen->inputs[seen->at].fresh++;
	if (stream && seq && latest && is_chunk(latest, stream, seq / SEEN_SPAN) && !latest->bits &&
	    seq % SEEN_SPAN == latest->last)
		seen->next = (seq + 1) % SEEN_SPAN ? seq + 1 : 0;
	return true;
}

bool seen_records_take_stand_in(struct seen_records *seen, const uint8_t *stream, uint64_t seq)
{
	uint8_t apart[SEEN_ID];

	if (!stream || seen_records_has(seen, stream, seq))
		return seen_records_take(seen, stream, seq, 0);
	for (size_t i = 0; i < SEEN_ID; i++)
		apart[i] = (uint8_t)~stream[i];
	return seen_records_take(seen, apart, seq, 0);
}

void seen_records_skip(struct seen_records *seen, const uint8_t *stream, uint64_t seq)
{
	struct seen_floor *floor = find_chunk(seen, stream, FLOOR);

	if (!floor)
		floor = add_chunk(seen, stream, FLOOR, sizeof(*floor));
	if (floor && seq > floor->seq)
		floor->seq = seq;
}

static bool tell_full(struct seen_records *seen, char *buf, size_t size)
{
	if (!seen->full || seen->full_told)
		return false;
	seen->full_told = true;
	(void)snprintf(buf, size,
		       "too many records with gaps between them to remember all: what is in "
		       "several files may be counted twice");
	return true;
}

const char *seen_records_name(const struct seen_records *seen, uint32_t input, char buf[LINE_FILE])
{
	if (input == SEEN_SKIPPED || input == SEEN_SEVERAL)
		return NULL;
	return line_file(seen->inputs[input].name, buf);
}

static bool tell_others(const struct seen_records *seen, struct seen_input *input, char *buf,
			size_t size)
{
	char name[LINE_FILE], of[LINE_FILE];

	if (!input || !input->others || input->others_told)
		return false;
	input->others_told = true;
	(void)seen_records_name(seen, input->other_of, of);
	(void)snprintf(buf, size,
		       "%s: %s of its records %s the numbers of others in %s: both count (was the "
		       "machine cloned while it was recorded?)",
		       line_file(input->name, name), COUNT(input->others),
		       input->others == 1 ? "has" : "have",
		       input->other_of == SEEN_SEVERAL ? "what was read before" : of);
	return true;
}

bool seen_records_tell(struct seen_records *seen, char *buf, size_t size)
{
	struct seen_input *input = seen->n ? &seen->inputs[seen->at] : NULL;
	char name[LINE_FILE], of[LINE_FILE];
	const char *are;

	if (tell_others(seen, input, buf, size))
		return true;
	if (!input || !input->old || input->told)
		return tell_full(seen, buf, size);
	are = input->old == 1 ? "is" : "are";
	input->told = true;
	line_file(input->name, name);
	(void)seen_records_name(seen, input->of, of);
	if (input->of == SEEN_SKIPPED)
		(void)snprintf(buf, size,
			       "%s: %s of its records %s older than what was asked for: "
			       "left out",
			       name, COUNT(input->old), are);
	else if (input->of == SEEN_SEVERAL && !input->fresh)
		(void)snprintf(buf, size, "%s: all its records were read before: left out", name);
	else if (input->of == SEEN_SEVERAL)
		(void)snprintf(buf, size, "%s: %s of its %s %s read before: left out", name,
			       COUNT(input->old), COUNTED(input->old + input->fresh, "record"),
			       input->old == 1 ? "was" : "were");
	else if (input->of == seen->at)
		(void)snprintf(buf, size, "%s: %s of its records %s in it twice: left out", name,
			       COUNT(input->old), are);
	else if (!input->fresh)
		(void)snprintf(buf, size, "%s: the same records as %s: left out", name, of);
	else
		(void)snprintf(buf, size, "%s: %s of its %s %s in %s, too: left out", name,
			       COUNT(input->old), COUNTED(input->old + input->fresh, "record"), are,
			       of);
	return true;
}
