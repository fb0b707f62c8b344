/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF objects the ledger shows are those of one machine: ids of another are other objects. */
#include <string.h>

#include "consumer/sums/ledger-internal.h"

static const struct ledger_stream *owner_of(const struct ledger *ledger)
{
	for (unsigned i = 0; i < ledger->n_streams; i++)
		if (ledger->streams[i]->order == ledger->objects.order)
			return ledger->streams[i];
	return NULL;
}

/* While an old recording is read nothing lives: the later one is right then. */
static bool gives_way(const struct ledger_stream *owner, const struct ledger_stream *to,
		      uint64_t now_nano)
{
	return owner == to || !owner->counts || owner->ended ||
	       (!ledger_stream_lives(owner, now_nano) && owner->latest_nano < to->latest_nano);
}

void ledger_objects_begin(struct ledger *ledger, const struct ledger_stream *stream, bool full,
			  uint64_t now_nano)
{
	const struct ledger_stream *owner = owner_of(ledger);

	if (!stream->counts || (owner && !gives_way(owner, stream, now_nano)))
		return;
	/* of the same boot they are the same objects, and its first full set will say which are
	 * left */
	if (!owner || (owner != stream && !ledger_stream_same_boot(owner, stream)))
		bpf_objects_done(&ledger->objects);
	bpf_objects_begin(&ledger->objects, stream->order, full);
}

int ledger_objects_take(struct ledger *ledger, const struct ledger_stream *stream,
			const Ringside__V1__CounterRow *row)
{
	const struct series_stamp stamp = {stream->order, stream->counters_seq};

	if (ledger->objects.order != stream->order)
		return 0;
	return bpf_objects_take(&ledger->objects, ledger->series.limit, row, stamp, stream->since);
}

void ledger_objects_sweep(struct ledger *ledger, const struct ledger_stream *stream)
{
	if (ledger->objects.order == stream->order)
		bpf_objects_sweep(&ledger->objects);
}

const struct bpf_objects *ledger_objects(const struct ledger *ledger, uint64_t now_nano)
{
	const struct ledger_stream *owner = owner_of(ledger);

	for (unsigned i = 0; owner && i < ledger->n_streams; i++) {
		const struct ledger_stream *one = ledger->streams[i];

		if (one->counts && ledger_stream_lives(one, now_nano) &&
		    (one == owner || ledger_stream_same_boot(one, owner)))
			return &ledger->objects;
	}
	return NULL;
}
