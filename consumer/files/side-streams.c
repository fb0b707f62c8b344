/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/side-streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/base/duration.h"
#include "consumer/base/text-line.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define TOLD_FROM UINT64_C(1000000000) /* ns */
#define ID_SHOWN 4                     /* bytes, as in the names of files */

void side_streams_done(struct side_streams *sides)
{
	for (size_t i = 0; i < sides->n; i++)
		free(sides->all[i].spans);
	*sides = (struct side_streams){0};
}

/* Without a word about probes, all. */
static uint32_t kinds_of(const Ringside__V1__Header *header)
{
	uint32_t kinds = 0;

	for (size_t i = 0; i < header->n_probes; i++) {
		const Ringside__V1__Probe *probe = header->probes[i];

		if (probe->tier && probe->kind)
			kinds |= UINT32_C(1) << body_kind(probe->kind, strlen(probe->kind));
	}
	return header->n_probes ? kinds : UINT32_MAX;
}

static struct side_stream *find_stream(struct side_streams *sides, const uint8_t *id)
{
	for (size_t i = 0; i < sides->n; i++)
		if (!memcmp(sides->all[i].id, id, SIDE_ID))
			return &sides->all[i];
	return NULL;
}

/* In the place of the one that was met first, if need be. */
static struct side_stream *add_stream(struct side_streams *sides,
				      const Ringside__V1__Header *header)
{
	struct side_stream *stream = &sides->all[sides->n];

	if (sides->n == SIDE_STREAMS) {
		stream = &sides->all[sides->oldest++ % SIDE_STREAMS];
		free(stream->spans);
	} else {
		sides->n++;
	}
	*stream = (struct side_stream){
		.boot = XXH64(header->boot_id, strlen(header->boot_id), 0),
		.kinds = kinds_of(header),
	};
	memcpy(stream->id, header->stream_id.data, SIDE_ID);
	return stream;
}

void side_streams_go_on(struct side_streams *sides, const Ringside__V1__Header *header)
{
	struct side_stream *at;

	sides->at = NULL;
	sides->span = NULL;
	sides->beside = false;
	if (!header || header->stream_id.len != SIDE_ID || !text_has(header->boot_id))
		return;
	at = find_stream(sides, header->stream_id.data);
	if (!at)
		at = add_stream(sides, header);
	sides->at = at;
	for (size_t i = 0; i < sides->n && !sides->beside; i++)
		sides->beside = &sides->all[i] != at && sides->all[i].boot == at->boot;
	if (!sides->met)
		(void)snprintf(sides->host, sizeof(sides->host), "%s",
			       header->host_name ? header->host_name : "");
}

/* The kinds that the stream tells at this moment. */
static uint32_t kinds_told(const struct side_stream *stream, uint64_t nano)
{
	uint32_t kinds = 0;

	for (size_t i = stream->n; i--;)
		if (nano >= stream->spans[i].from && nano <= stream->spans[i].until)
			kinds |= stream->spans[i].kinds;
	return kinds;
}

static void meet(struct side_streams *sides, const struct side_stream *other, uint64_t nano)
{
	if (!sides->met) {
		sides->met = true;
		sides->from = sides->until = nano;
		memcpy(sides->ids[0], other->id, SIDE_ID);
		memcpy(sides->ids[1], sides->at->id, SIDE_ID);
	}
	if (memcmp(sides->ids[1], sides->at->id, SIDE_ID) != 0)
		return;
	sides->from = min_u64(sides->from, nano);
	sides->until = max_u64(sides->until, nano);
}

static uint32_t kinds_of_others(struct side_streams *sides, uint64_t nano)
{
	const struct side_stream *at = sides->at;
	uint32_t kinds = 0;

	for (size_t i = 0; i < sides->n; i++) {
		const struct side_stream *one = &sides->all[i];
		uint32_t told = one == at || one->boot != at->boot ? 0 : kinds_told(one, nano);

		if (told & at->kinds)
			meet(sides, one, nano);
		kinds |= told;
	}
	return kinds;
}

/* Up to this moment, and since its record before if none is missing between them, the stream tells
 * these kinds. */
static void add_span(struct side_stream *at, uint32_t kinds, uint64_t seq, uint64_t nano)
{
	struct side_span *latest = at->n ? &at->spans[at->n - 1] : NULL;
	bool next = at->latest && seq == at->seq + 1;

	if (next && latest && latest->kinds == kinds && at->told == kinds) {
		latest->until = max_u64(latest->until, nano);
		return;
	}
	if (!kinds)
		return;
	if (at->n == SIDE_SPANS) { /* of the far past nothing more comes */
		memmove(at->spans, at->spans + 1, (SIDE_SPANS - 1) * sizeof(*at->spans));
		at->n--;
	}
	if (GROW(at->spans, at->n, &at->room))
		return;
	at->spans[at->n++] = (struct side_span){
		.from = next ? min_u64(at->latest, nano) : nano,
		.until = nano,
		.kinds = kinds,
	};
}

bool side_streams_take(struct side_streams *sides, uint32_t kind, uint64_t seq,
		       uint64_t boottime_nano)
{
	struct side_stream *at = sides->at;
	uint32_t others = 0, own;

	if (!at || !boottime_nano)
		return false;
	if (sides->beside)
		others = kinds_of_others(sides, boottime_nano);
	own = others ? (at->kinds & ~others) | kinds_told(at, boottime_nano) : at->kinds;
	sides->events += kind && others & kind && !(sides->one && own & kind);
	add_span(at, sides->one ? own : at->kinds, seq, boottime_nano);
	at->told = sides->one ? own : at->kinds;
	at->seq = seq;
	at->latest = boottime_nano;
	sides->span = !sides->beside && at->n && at->spans[at->n - 1].kinds == at->told
			      ? &at->spans[at->n - 1]
			      : NULL;
	return sides->one && kind & others & ~own;
}

bool side_streams_tell(struct side_streams *sides, char *buf, size_t size)
{
	struct line line = line_make(buf, size);
	char length[DURATION_SIZE];

	/* one that takes over from another may have begun before that had ended */
	if (!sides->met || sides->told ||
	    (!sides->events && (sides->chosen || sides->until - sides->from < TOLD_FROM)))
		return false;
	sides->told = true;
	line_text(&line, "two streamers saw ");
	line_safe(&line, *sides->host ? sides->host : "this machine", SIDE_HOST);
	line_text(&line, " at the same time (streams ");
	for (unsigned i = 0; i < ARRAY_SIZE(sides->ids); i++) {
		line_text(&line, i ? " and " : "");
		for (unsigned k = 0; k < ID_SHOWN; k++)
			line_hex(&line, sides->ids[i][k], 2);
	}
	line_text(&line, ", for ");
	line_text(&line, duration_text(sides->until - sides->from, length));
	if (sides->one) {
		line_text(&line, "): of two that tell the same, one counts; ");
		line_count(&line, sides->events);
		line_text(&line, " left out");
	} else {
		line_text(&line, "): the events of both count, ");
		line_count(&line, sides->events);
		line_text(&line,
			  " of them twice (with --one-stream, cat, tail and stats take one)");
	}
	(void)line_end(&line);
	return true;
}
