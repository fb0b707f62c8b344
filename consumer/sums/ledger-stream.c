/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/sums/ledger-internal.h"
#include "proto/base/util.h"

/* So many intervals without a record, and a stream is dead. */
#define DEAD_INTERVALS 3
#define DEAD_NANO UINT64_C(5000000000)
#define INTERVAL_NANO UINT64_C(10000000000) /* where a Header does not say */

struct ledger_stream *ledger_stream_find(const struct ledger *ledger, const uint8_t *id)
{
	for (unsigned i = ledger->n_streams; i--;)
		if (!memcmp(ledger->streams[i]->id, id, LEDGER_ID))
			return ledger->streams[i];
	return NULL;
}

void ledger_stream_free(struct ledger_stream *stream)
{
	ledger_stream_forget_rows(stream);
	for (unsigned i = 0; i < LEDGER_KINDS; i++)
		free(stream->tails[i].cpus);
	free(stream);
}

/* The one that ended first, or was silent for longest. */
static void forget_one(struct ledger *ledger)
{
	unsigned best = 0;

	for (unsigned i = 1; i < ledger->n_streams; i++) {
		const struct ledger_stream *a = ledger->streams[i], *b = ledger->streams[best];

		if (a->ended != b->ended ? a->ended : a->latest_nano < b->latest_nano)
			best = i;
	}
	ledger_stream_free(ledger->streams[best]);
	ledger->n_streams--;
	memmove(ledger->streams + best, ledger->streams + best + 1,
		(ledger->n_streams - best) * sizeof(ledger->streams[0]));
}

struct ledger_stream *ledger_stream_get(struct ledger *ledger, const uint8_t *id,
					const char *boot_id)
{
	struct ledger_stream *stream = ledger_stream_find(ledger, id);

	if (stream)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	if (ledger->n_streams == LEDGER_STREAMS)
		forget_one(ledger);
	memcpy(stream->id, id, LEDGER_ID);
	(void)snprintf(stream->boot_id, sizeof(stream->boot_id), "%s", boot_id ? boot_id : "");
	stream->order = ++ledger->orders;
	stream->since = UINT64_MAX;
	stream->interval_nano = INTERVAL_NANO;
	ledger->streams[ledger->n_streams++] = stream;
	return stream;
}

bool ledger_stream_lives(const struct ledger_stream *stream, uint64_t now_nano)
{
	return stream->latest_seq && !stream->ended && !stream->gone &&
	       now_nano < stream->latest_nano + DEAD_INTERVALS * stream->interval_nano + DEAD_NANO;
}

bool ledger_stream_same_boot(const struct ledger_stream *a, const struct ledger_stream *b)
{
	return *a->boot_id && !strcmp(a->boot_id, b->boot_id);
}

uint64_t ledger_stream_others(const struct ledger *ledger, const struct ledger_stream *stream)
{
	uint64_t until = 0;

	for (unsigned i = 0; i < ledger->n_streams; i++) {
		const struct ledger_stream *one = ledger->streams[i];

		if (one != stream && ledger_stream_same_boot(one, stream) &&
		    one->counted_until > until)
			until = one->counted_until;
	}
	return until;
}

/* The other one of its boot that counts now. */
static struct ledger_stream *find_rival(const struct ledger *ledger,
					const struct ledger_stream *stream)
{
	for (unsigned i = 0; i < ledger->n_streams; i++) {
		struct ledger_stream *one = ledger->streams[i];

		if (one != stream && one->counts && ledger_stream_same_boot(one, stream))
			return one;
	}
	return NULL;
}

void ledger_stream_show(struct ledger *ledger, const struct ledger_stream *stream)
{
	for (unsigned i = 0; i < LEDGER_KINDS; i++)
		memcpy(ledger->kinds[i].tier, stream->tiers[i], LEDGER_TIER);
}

static void review_one(struct ledger *ledger, struct ledger_stream *stream, uint64_t now_nano)
{
	struct ledger_stream *other = find_rival(ledger, stream);

	if (stream->counts || !stream->latest_seq)
		return;
	if (ledger_stream_others(ledger, stream) > stream->since)
		ledger_stream_settle(ledger, stream, LEDGER_COVER);
	if (other && (ledger_stream_lives(other, now_nano) ||
		      !(stream->held || ledger_stream_lives(stream, now_nano))))
		return; /* or both are dead, and it has nothing to tell */
	if (other)
		other->counts = false;
	stream->counts = true;
	stream->counted_until = stream->since;
	ledger_stream_settle(ledger, stream, LEDGER_COUNT);
	ledger_stream_show(ledger, stream);
	ledger->generation++;
}

void ledger_stream_gone(struct ledger *ledger, const uint8_t id[LEDGER_ID], uint64_t now_nano)
{
	struct ledger_stream *stream = ledger_stream_find(ledger, id);

	if (!stream || stream->gone || stream->ended)
		return;
	stream->gone = true;
	ledger->generation++;
	ledger_review(ledger, now_nano);
}

/* Another one of its boot has begun since: nobody goes on with this one any more. */
static bool is_followed(const struct ledger *ledger, const struct ledger_stream *stream)
{
	for (unsigned i = 0; i < ledger->n_streams; i++) {
		const struct ledger_stream *other = ledger->streams[i];

		if (other->order > stream->order && ledger_stream_same_boot(other, stream))
			return true;
	}
	return false;
}

void ledger_review(struct ledger *ledger, uint64_t now_nano)
{
	for (unsigned i = 0; i < ledger->n_streams; i++)
		review_one(ledger, ledger->streams[i], now_nano);
	for (unsigned i = 0; i < ledger->n_streams; i++) {
		struct ledger_stream *stream = ledger->streams[i];

		if (stream->ended && stream->counts && stream->rows.n &&
		    is_followed(ledger, stream))
			ledger_stream_forget_rows(stream);
	}
}
