/* SPDX-License-Identifier: Apache-2.0 */
/* Every set of labels there can be is there from the start, at zero, where that is known: an
 * increase from nothing is none. */
#include "consumer/serve/metrics.h"

#include "consumer/serve/forward-metrics.h"

#include <string.h>

#include "consumer/kinds/kind.h"
#include "consumer/kinds/row-metrics.h"
#include "proto/base/hex.h"
#include "proto/base/util.h"

#define STREAMS_SHOWN 8 /* that live at once: more is a mistake */

/* The sums of a probe, one family each. */
static const struct sum {
	enum ledger_sum sum;
	const char *name, *help;
} sums[] = {
	{LEDGER_SEEN, "ringside_events_seen", "Events the probe saw in the kernel."},
	{LEDGER_SUBMITTED, "ringside_events_submitted", "Events that the ring took."},
	{LEDGER_WRITTEN, "ringside_events_written", "Events written to the stream."},
	{LEDGER_LIMITED, "ringside_events_limited",
	 "Events held back by the limits: counted, and not lost."},
	{LEDGER_OVERFLOW, "ringside_events_unnamed",
	 "Events seen that no row could be had for: of which container is not known."},
	{LEDGER_OVERFLOW_LIMITED, "ringside_events_unnamed_limited",
	 "Of the unnamed events, those held back by the limits."},
};

static const struct sum missed = {
	LEDGER_MISSED_RUNS, "ringside_missed_runs",
	"Runs of the probe that the kernel refused, an upper bound of events never "
	"seen; absent where the kernel does not count them."};

static void put_sum(struct prometheus *e, const struct ledger *ledger, const struct sum *sum)
{
	prometheus_family(e, PROMETHEUS_COUNTER, sum->name, NULL, sum->help);
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		const struct ledger_kind *kind = &ledger->kinds[k];

		if (sum == &missed ? !kind->missed_known : !kind->has_sums)
			continue;
		prometheus_sample_of(e, "kind", kind->name);
		prometheus_uint(e, kind->sums[sum->sum]);
	}
}

/* What the sums know of is there for each kind; the rest where it was told. */
static bool is_reason(const struct ledger_kind *kind, unsigned reason)
{
	const bool summed = reason == RINGSIDE__V1__LOST__REASON__RING_FULL ||
			    reason == RINGSIDE__V1__LOST__REASON__SINK;

	return (summed && kind->has_sums) || kind->lost[reason].count;
}

static void put_reasons(struct prometheus *e, const struct ledger *ledger, bool uncounted)
{
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		for (unsigned r = 0; r < LOST_REASONS; r++) {
			const struct lost_count lost = ledger_lost(&ledger->kinds[k], r);

			if (uncounted ? !lost.unknown : !is_reason(&ledger->kinds[k], r))
				continue;
			prometheus_sample_of(e, "kind", ledger->kinds[k].name);
			prometheus_label(e, "reason", lost_reasons[r].word);
			prometheus_uint(e, uncounted ? 1 : lost.count);
		}
	}
}

static void put_lost(struct prometheus *e, const struct ledger *ledger)
{
	prometheus_family(e, PROMETHEUS_COUNTER, "ringside_events_lost", NULL,
			  "Events that are missing from the stream, by reason.");
	put_reasons(e, ledger, false);
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_losses_uncounted", NULL,
			  "1: events were lost, too, of which nobody knows how many.");
	put_reasons(e, ledger, true);
}

static void put_self_tests(struct prometheus *e, const struct ledger *ledger)
{
	prometheus_family(e, PROMETHEUS_COUNTER, "ringside_self_tests", NULL,
			  "Of the events seen, those that Ringside made to test itself: the series "
			  "by container are without them.");
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		if (!ledger->kinds[k].has_sums)
			continue;
		prometheus_sample_of(e, "kind", ledger->kinds[k].name);
		prometheus_uint(e, ledger->kinds[k].self_tests[SERIES_COUNT]);
	}
}

static void put_in_flight(struct prometheus *e, const struct ledger *ledger)
{
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_events_in_flight", NULL,
			  "Events between hook and ring at the latest Counters.");
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		if (!ledger->kinds[k].has_sums)
			continue;
		prometheus_sample_of(e, "kind", ledger->kinds[k].name);
		prometheus_uint(e, ledger->kinds[k].in_flight);
	}
}

static void put_probes(struct prometheus *e, const struct ledger *ledger, bool living)
{
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_probe_attached", NULL,
			  "Whether the probe is attached, and by which tier.");
	for (unsigned k = 0; k < ledger->n_kinds; k++) {
		const struct ledger_kind *kind = &ledger->kinds[k];

		if (!strcmp(kind->name, "any")) /* of Lost records that name none */
			continue;
		prometheus_sample_of(e, "kind", kind->name);
		prometheus_label(e, "tier", kind->tier);
		prometheus_uint(e, living && *kind->tier);
	}
}

/* By namespace or unit. */
static void put_groups(struct prometheus *e, const struct ledger *ledger, unsigned kind,
		       uint64_t now_nano)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct kind *known = kind_find(of->name);
	char name[KIND_NAME + 64];

	if (known && known->metrics) {
		known->group_metrics(e, ledger, kind, now_nano);
		return;
	}
	if (!ledger->groups.n[kind] && !*of->tier)
		return;
	(void)snprintf(name, sizeof(name), "ringside_%ss", of->name);
	prometheus_family(e, PROMETHEUS_COUNTER, name, NULL,
			  "Events by namespace or unit, those held back by the limits included.");
	for (unsigned i = 0; i < ledger->groups.n[kind]; i++) {
		row_metrics_begin_group(e, ledger->groups.all[kind][i]);
		prometheus_uint(e, ledger->groups.all[kind][i]->totals[SERIES_COUNT]);
	}
}

static void put_rows(struct prometheus *e, const struct ledger *ledger, unsigned kind,
		     uint64_t now_nano)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct kind *known = kind_find(of->name);
	char name[KIND_NAME + 64];

	if (known && known->metrics) {
		known->metrics(e, ledger, kind, now_nano);
		return;
	}
	if (!ledger->series.n_kind[kind] && !*of->tier)
		return;
	(void)snprintf(name, sizeof(name), "ringside_%ss", of->name);
	prometheus_family(e, PROMETHEUS_COUNTER, name, NULL,
			  "Events by container, those held back by the limits included.");
	row_metrics_values(e, ledger, kind, SERIES_COUNT);
	(void)snprintf(name, sizeof(name), "ringside_%ss_limited", of->name);
	prometheus_family(e, PROMETHEUS_COUNTER, name, NULL,
			  "Of the events by container, those held back by the limits.");
	row_metrics_values(e, ledger, kind, SERIES_LIMITED);
}

static void put_cpu(struct prometheus *e, const char *mode, uint64_t nano)
{
	prometheus_sample_of(e, "mode", mode);
	prometheus_seconds(e, nano);
}

static void put_upkeep(struct prometheus *e, const struct own_usage *usage)
{
	if (usage->has_cpu) {
		prometheus_family(e, PROMETHEUS_COUNTER, "ringside_streamer_cpu_seconds", "seconds",
				  "CPU time of the streamer that counts, since it started.");
		put_cpu(e, "user", usage->user_nano);
		put_cpu(e, "system", usage->system_nano);
	}
	if (usage->has_anonymous)
		prometheus_single(e, PROMETHEUS_GAUGE, "ringside_streamer_anonymous_memory_bytes",
				  "bytes",
				  "Anonymous memory of the streamer that counts: its own, apart "
				  "from code and BPF maps.",
				  usage->anonymous_bytes);
	if (usage->has_maps)
		prometheus_single(e, PROMETHEUS_GAUGE, "ringside_streamer_map_memory_bytes",
				  "bytes", "Memory of its BPF maps, with the rings.",
				  usage->map_bytes);
}

static void put_stream(struct prometheus *e, const struct ledger_stream *stream)
{
	char id[HEX_SIZE(LEDGER_ID)];

	(void)hex_put(id, stream->id, LEDGER_ID);
	prometheus_sample_of(e, "stream_id", id);
	prometheus_label(e, "host", stream->host);
	prometheus_label(e, "boot_id", stream->boot_id);
	prometheus_label(e, "kernel_release", stream->kernel);
	prometheus_label(e, "streamer_version", stream->version);
	prometheus_label(e, "counts", stream->counts ? "true" : "false");
	prometheus_uint(e, 1);
}

static void put_streams(struct prometheus *e, const struct ledger *ledger, uint64_t now_nano)
{
	const struct ledger_stream *newest = ledger_newest(ledger);

	prometheus_family(e, PROMETHEUS_INFO, "ringside_stream", NULL,
			  "The streams being written. Of several on one machine one counts; "
			  "what the others saw is the same.");
	for (unsigned i = 0, n = 0; i < ledger->n_streams && n < STREAMS_SHOWN; i++) {
		if (!ledger_stream_lives(ledger->streams[i], now_nano))
			continue;
		put_stream(e, ledger->streams[i]);
		n++;
	}
	if (!newest)
		return;
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_last_counters_timestamp_seconds",
			  "seconds", "When the latest Counters were made: the heartbeat.");
	prometheus_sample(e);
	prometheus_seconds(e, newest->counters_nano);
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_counters_interval_seconds", "seconds",
			  "How often Counters are made.");
	prometheus_sample(e);
	prometheus_seconds(e, newest->interval_nano);
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_ring_size_bytes", "bytes",
			  "Size of the rings between kernel and streamer.");
	prometheus_sample_of(e, "ring", "critical");
	prometheus_uint(e, newest->critical_ring_bytes);
	prometheus_sample_of(e, "ring", "bulk");
	prometheus_uint(e, newest->bulk_ring_bytes);
	if (ledger_stream_lives(newest, now_nano))
		put_upkeep(e, &newest->usage);
}

static void put_server(struct prometheus *e, const struct ledger *ledger,
		       const struct metrics_server *server)
{
	prometheus_family(e, PROMETHEUS_INFO, "ringside_build", NULL, "What serves this.");
	prometheus_sample_of(e, "version", RINGSIDE_VERSION);
	prometheus_uint(e, 1);
	prometheus_single(e, PROMETHEUS_COUNTER, "ringside_serve_damaged_records", NULL,
			  "Records, or stretches of them, that could not be read.",
			  server->damaged);
	prometheus_single(e, PROMETHEUS_COUNTER, "ringside_serve_rows_left_out", NULL,
			  "Rows of Counters that found no room in memory.", ledger->rows_left_out);
	prometheus_single(e, PROMETHEUS_COUNTER, "ringside_serve_events_refused", NULL,
			  "Requests for events refused, because there were too many clients.",
			  server->refused);
	prometheus_single(e, PROMETHEUS_COUNTER, "ringside_serve_events_sent", NULL,
			  "Events sent, to all clients together.", server->events_sent);
	prometheus_single(e, PROMETHEUS_COUNTER, "ringside_serve_events_dropped", NULL,
			  "Events not sent, because the client was too slow.",
			  server->events_dropped);
	prometheus_single(e, PROMETHEUS_GAUGE, "ringside_serve_events_clients", NULL,
			  "Clients that are sent events now.", server->events_clients);
	prometheus_single(e, PROMETHEUS_GAUGE, "ringside_serve_connections", NULL,
			  "Connections there are now.", server->connections);
	prometheus_single(
		e, PROMETHEUS_COUNTER, "ringside_serve_connections_late", NULL,
		"Connections ended because a request, or reading its answer, took too long.",
		server->connections_late);
	prometheus_single(e, PROMETHEUS_COUNTER, "ringside_serve_connections_displaced", NULL,
			  "Connections ended because another one needed the place.",
			  server->connections_displaced);
}

void metrics_write(struct prometheus *e, const struct ledger *ledger,
		   const struct metrics_server *server, uint64_t now_nano)
{
	put_server(e, ledger, server);
	put_streams(e, ledger, now_nano);
	put_probes(e, ledger, ledger_lives(ledger, now_nano));
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		put_sum(e, ledger, &sums[i]);
	put_self_tests(e, ledger);
	put_lost(e, ledger);
	put_sum(e, ledger, &missed);
	put_in_flight(e, ledger);
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		if (kinds[i]->machine_metrics)
			kinds[i]->machine_metrics(e, ledger);
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		(server->per_container ? put_rows : put_groups)(e, ledger, k, now_nano);
	forward_metrics_put(e, server->forwards, server->n_forwards, now_nano);
	prometheus_end(e);
}
