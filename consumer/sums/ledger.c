/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/sums/ledger.h"

#include <string.h>

#include "consumer/read/body.h"
#include "consumer/sums/ledger-internal.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"

void ledger_init(struct ledger *ledger, size_t series_limit)
{
	*ledger = (struct ledger){.series.limit = series_limit};
}

void ledger_done(struct ledger *ledger)
{
	for (unsigned i = 0; i < ledger->n_streams; i++)
		ledger_stream_free(ledger->streams[i]);
	series_done(&ledger->series);
	groups_done(&ledger->groups);
	bpf_objects_done(&ledger->objects);
	*ledger = (struct ledger){0};
}

/* Of more kinds than there are places, the last place stands for all. */
static unsigned get_kind(struct ledger *ledger, const char *name)
{
	char clean[KIND_NAME];
	unsigned i;

	kind_clean(clean, name ? name : "any");
	for (i = 0; i < ledger->n_kinds; i++)
		if (!strcmp(ledger->kinds[i].name, clean))
			return i;
	if (i == LEDGER_KINDS)
		return i - 1;
	strcpy(ledger->kinds[i].name, clean);
	ledger->n_kinds++;
	return i;
}

int ledger_expect(struct ledger *ledger, const uint8_t id[LEDGER_ID], const char *boot_id,
		  uint64_t boottime_nano, uint64_t nano)
{
	struct ledger_stream *stream = ledger_stream_get(ledger, id, boot_id);

	if (!stream)
		return -ENOMEM;
	if (boottime_nano < stream->since)
		stream->since = boottime_nano;
	stream->begun_nano = nano;
	return 0;
}

static void take_text(char to[LEDGER_TEXT], const char *from)
{
	(void)snprintf(to, LEDGER_TEXT, "%s", from ? from : "");
}

static void take_probe(struct ledger *ledger, struct ledger_stream *stream,
		       const Ringside__V1__Probe *probe)
{
	bool attached = probe->has_tier && probe->tier;

	(void)snprintf(stream->tiers[get_kind(ledger, probe->kind)], LEDGER_TIER, "%s",
		       attached ? body_tier((int)probe->tier) : "");
}

static void take_header(struct ledger *ledger, struct ledger_stream *stream,
			const Ringside__V1__Record *record)
{
	const Ringside__V1__Header *header = record->header;

	if (stream->since == UINT64_MAX)
		stream->since = record->boottime_nano;
	if (!stream->begun_nano)
		stream->begun_nano = record->time_unix_nano;
	stream->excerpt = header->excerpt != NULL;
	take_text(stream->host, header->host_name);
	take_text(stream->kernel, header->kernel_release);
	take_text(stream->version, header->streamer_version);
	if (header->counters_interval_nano)
		stream->interval_nano = header->counters_interval_nano;
	stream->critical_ring_bytes = header->critical_ring_bytes;
	stream->bulk_ring_bytes = header->bulk_ring_bytes;
	stream->failed_starts = header->failed_starts;
	for (size_t i = 0; i < header->n_probes; i++)
		take_probe(ledger, stream, header->probes[i]);
	if (stream->counts)
		ledger_stream_show(ledger, stream);
}

/* Over all CPUs. */
static void add_up(const Ringside__V1__ProbeSums *from, uint64_t to[LEDGER_SUMS],
		   uint64_t *ret_in_flight)
{
	for (size_t i = 0; i < from->n_cpus; i++) {
		const Ringside__V1__CpuCounters *cpu = from->cpus[i];

		to[LEDGER_SEEN] += cpu->seen;
		to[LEDGER_SUBMITTED] += cpu->submitted;
		to[LEDGER_LIMITED] += cpu->limited;
		to[LEDGER_DROPPED] += cpu->dropped;
		to[LEDGER_WRITTEN] += cpu->written;
		*ret_in_flight += cpu->in_flight;
	}
	to[LEDGER_LOST_IN_SINK] = from->lost_in_sink;
	to[LEDGER_MISSED_RUNS] = from->missed_runs;
	to[LEDGER_OVERFLOW] = from->overflow;
	to[LEDGER_OVERFLOW_LIMITED] = from->overflow_limited;
}

static void take_sums(struct ledger *ledger, struct ledger_stream *stream,
		      const Ringside__V1__ProbeSums *from)
{
	unsigned k = get_kind(ledger, from->kind);
	struct ledger_kind *kind = &ledger->kinds[k];
	uint64_t sums[LEDGER_SUMS] = {0}, in_flight = 0;

	kind->has_sums = true;
	add_up(from, sums, &in_flight);
	for (unsigned i = 0; i < LEDGER_SUMS; i++)
		kind->sums[i] += account_take(&stream->sums[k][i], sums[i], stream->mode);
	ledger_tail_begin(&stream->tails[k], from);
	if (!stream->counts)
		return;
	kind->in_flight = in_flight;
	kind->missed_known = from->has_missed_runs;
}

/* A set of sums that were so at this moment. */
static void begin_set(struct ledger *ledger, struct ledger_stream *stream, uint64_t boottime_nano,
		      uint64_t now_nano)
{
	ledger_review(ledger, now_nano);
	if (ledger_stream_others(ledger, stream) > stream->since)
		stream->mode = LEDGER_COVER;
	else
		stream->mode = stream->counts ? LEDGER_COUNT : LEDGER_HOLD;
	if (stream->mode == LEDGER_COVER)
		ledger_stream_settle(ledger, stream, LEDGER_COVER);
	stream->held |= stream->mode == LEDGER_HOLD;
	stream->since = boottime_nano;
	if (stream->counts)
		stream->counted_until = boottime_nano;
}

static void take_oom_kills(struct ledger *ledger, const struct ledger_stream *stream, bool has,
			   uint64_t kills)
{
	if (!has || !stream->counts)
		return;
	ledger->has_oom_kills = true;
	ledger->oom_kills = kills;
}

static void begin_counters(struct ledger *ledger, struct ledger_stream *stream,
			   const Ringside__V1__Record *record, uint64_t now_nano)
{
	const Ringside__V1__Counters *counters = record->counters;

	begin_set(ledger, stream, record->boottime_nano, now_nano);
	stream->set++;
	own_usage_take(&stream->usage, counters->cost, record->boottime_nano);
	ledger_objects_begin(ledger, stream, counters->full, now_nano);
	if (stream->counts)
		ledger_stream_forget_fullest(ledger, stream);
	for (size_t i = 0; i < counters->n_probes; i++)
		take_sums(ledger, stream, counters->probes[i]);
	take_oom_kills(ledger, stream, counters->has_kernel_oom_kills, counters->kernel_oom_kills);
	if (!stream->counts || !record->has_time_unix_nano)
		return;
	ledger->has_lag = true;
	ledger->lag_nano =
		now_nano > record->time_unix_nano ? now_nano - record->time_unix_nano : 0;
}

/* BPF objects are no sums, and have a place of their own. */
static int take_row(struct ledger *ledger, struct ledger_stream *stream,
		    const Ringside__V1__CounterRow *row, uint64_t time_unix_nano)
{
	unsigned kind = get_kind(ledger, row->kind);

	return row->bpf_object || !strcmp(ledger->kinds[kind].name, "bpf_object")
		       ? ledger_objects_take(ledger, stream, row)
		       : ledger_row_take(ledger, stream, kind, row, time_unix_nano);
}

static int take_counters(struct ledger *ledger, struct ledger_stream *stream,
			 const Ringside__V1__Record *record, uint64_t now_nano)
{
	const Ringside__V1__Counters *counters = record->counters;
	int r = 0;

	stream->counters_seq = record->seq;
	stream->counters_nano = record->time_unix_nano;
	if (counters->part == 1)
		begin_counters(ledger, stream, record, now_nano);
	stream->parts_seen = counters->part == 1                        ? 1
			     : counters->part == stream->parts_seen + 1 ? counters->part
									: 0;
	for (size_t i = 0; !r && i < counters->n_rows; i++)
		r = take_row(ledger, stream, counters->rows[i], record->time_unix_nano);
	if (r || !counters->full || stream->parts_seen != counters->parts)
		return r;
	ledger_stream_sweep(stream);
	ledger_objects_sweep(ledger, stream);
	return 0;
}

/* What the sums do not tell, too: they know nothing of what was before them, or of files. */
static void take_lost(struct ledger *ledger, const struct ledger_stream *stream,
		      const Ringside__V1__Lost *lost)
{
	if (stream->counts)
		lost_add(ledger->kinds[get_kind(ledger, lost->kind)].lost, lost);
}

static void take_footer(struct ledger *ledger, struct ledger_stream *stream,
			const Ringside__V1__Record *record, uint64_t now_nano)
{
	const Ringside__V1__Footer *footer = record->footer;

	if (footer->n_probes)
		begin_set(ledger, stream, record->boottime_nano, now_nano);
	for (size_t i = 0; i < footer->n_probes; i++)
		take_sums(ledger, stream, footer->probes[i]);
	take_oom_kills(ledger, stream, footer->has_kernel_oom_kills, footer->kernel_oom_kills);
	stream->ended = !footer->reason || strcmp(footer->reason, RECORDING_ROTATED) != 0;
}

bool ledger_wants(unsigned kind)
{
	return kind == RINGSIDE__V1__RECORD__BODY_HEADER ||
	       kind == RINGSIDE__V1__RECORD__BODY_COUNTERS ||
	       kind == RINGSIDE__V1__RECORD__BODY_LOST || kind == RINGSIDE__V1__RECORD__BODY_FOOTER;
}

/* The stream of a record that is new. 0, LEDGER_OLD, -ENOMEM, or -ENODATA: its stream is unknown.
 */
static int find_stream(struct ledger *ledger, const Ringside__V1__Header *header, uint64_t seq,
		       struct ledger_stream **ret)
{
	struct ledger_stream *stream;

	if (!header || header->stream_id.len != LEDGER_ID)
		return -ENODATA;
	stream = ledger_stream_get(ledger, header->stream_id.data, header->boot_id);
	if (!stream)
		return -ENOMEM;
	if (seq && seq <= stream->latest_seq)
		return LEDGER_OLD;
	*ret = stream;
	return 0;
}

static void pass_record(struct ledger_stream *stream, uint64_t seq, uint64_t time_unix_nano)
{
	stream->latest_seq = seq;
	/* one that another process goes on with has more behind a Footer */
	stream->gone = stream->ended = false;
	if (time_unix_nano > stream->latest_nano)
		stream->latest_nano = time_unix_nano;
}

/* The place of the kind that is this field in Record.body; LEDGER_KINDS: it is none. */
static unsigned find_place(struct ledger *ledger, unsigned field)
{
	const ProtobufCFieldDescriptor *of;

	if (field >= RECORD_BODIES)
		return LEDGER_KINDS;
	if (ledger->places[field])
		return ledger->places[field] - 1;
	of = protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor, field);
	if (!of)
		return LEDGER_KINDS;
	ledger->places[field] = (uint8_t)(get_kind(ledger, of->name) + 1);
	return ledger->places[field] - 1;
}

int ledger_pass(struct ledger *ledger, const Ringside__V1__Header *header, const struct peek *peek,
		const Ringside__V1__CpuSums *sums)
{
	struct ledger_stream *stream;
	int r = find_stream(ledger, header, peek->seq, &stream);
	unsigned kind;

	if (r)
		return r == -ENODATA ? 0 : r;
	pass_record(stream, peek->seq, peek->time_unix_nano);
	kind = peek->sums ? find_place(ledger, peek->kind) : LEDGER_KINDS;
	if (kind < LEDGER_KINDS)
		ledger_tail_take(&stream->tails[kind], sums);
	return 0;
}

int ledger_take(struct ledger *ledger, const Ringside__V1__Header *header,
		const Ringside__V1__Record *record, uint64_t now_nano)
{
	struct ledger_stream *stream;
	int r = find_stream(ledger, header, record->seq, &stream);

	if (r)
		return r == -ENODATA ? 0 : r;
	pass_record(stream, record->seq, record->time_unix_nano);
	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
		take_header(ledger, stream, record);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		r = take_counters(ledger, stream, record, now_nano);
		break;
	case RINGSIDE__V1__RECORD__BODY_LOST:
		take_lost(ledger, stream, record->lost);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		take_footer(ledger, stream, record, now_nano);
		break;
	default:
		return 0;
	}
	ledger->generation++;
	ledger_review(ledger, now_nano);
	return r;
}

bool ledger_lives(const struct ledger *ledger, uint64_t now_nano)
{
	for (unsigned i = 0; i < ledger->n_streams; i++)
		if (ledger->streams[i]->counts && ledger_stream_lives(ledger->streams[i], now_nano))
			return true;
	return false;
}

const struct ledger_stream *ledger_newest(const struct ledger *ledger)
{
	const struct ledger_stream *best = NULL;

	for (unsigned i = 0; i < ledger->n_streams; i++) {
		const struct ledger_stream *one = ledger->streams[i];

		if (one->counts && (!best || one->latest_nano >= best->latest_nano))
			best = one;
	}
	return best;
}

struct lost_count ledger_lost(const struct ledger_kind *kind, unsigned reason)
{
	struct lost_count lost = kind->lost[reason];
	uint64_t sum = 0;

	if (reason == RINGSIDE__V1__LOST__REASON__RING_FULL)
		sum = kind->sums[LEDGER_DROPPED];
	if (reason == RINGSIDE__V1__LOST__REASON__SINK)
		sum = kind->sums[LEDGER_LOST_IN_SINK];
	if (sum)
		lost.unknown = false;
	lost.count = lost.count > sum ? lost.count : sum;
	return lost;
}
