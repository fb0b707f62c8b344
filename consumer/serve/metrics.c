/* SPDX-License-Identifier: Apache-2.0 */
/* Every set of labels there can be is there from the start, at zero, where that is known: an
 * increase from nothing is none. */
#include "consumer/serve/metrics.h"

#include <string.h>

#include "consumer/kinds/bpf-object-metrics.h"
#include "proto/base/util.h"

#define NAME_SIZE (KIND_NAME + 64)

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
			prometheus_label(e, "reason", lost_reasons[r].label);
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

static void put_series_labels(struct prometheus *e, const struct series *series)
{
	const char *text = series->text;

	prometheus_sample(e);
	for (unsigned i = 0; i < SERIES_FIELDS; i++, text += strlen(text) + 1)
		prometheus_label(e, series_fields[i], text);
}

static void put_overflow_label(struct prometheus *e)
{
	prometheus_sample_of(e, "overflow", "true");
}

/* One value of all rows of a kind. */
static void put_values(struct prometheus *e, const struct ledger *ledger, unsigned kind,
		       unsigned value)
{
	const struct ledger_kind *of = &ledger->kinds[kind];

	for (size_t i = 0; i < ledger->series.n; i++) {
		if (ledger->series.all[i]->kind != kind)
			continue;
		put_series_labels(e, ledger->series.all[i]);
		prometheus_uint(e, ledger->series.all[i]->totals[value]);
	}
	if (!of->overflow_rows)
		return;
	put_overflow_label(e);
	prometheus_uint(e, of->overflow[value]);
}

static void put_fullest(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			enum series_side side, const char *name)
{
	prometheus_family(e, PROMETHEUS_GAUGE, name, "ratio",
			  "The fullest TCP queue since the previous Counters, of its buffer.");
	for (size_t i = 0; i < ledger->series.n; i++) {
		const struct series *one = ledger->series.all[i];

		if (one->kind != kind || !one->queues || !one->refs || one->fullest[side] < 0)
			continue;
		put_series_labels(e, one);
		prometheus_double(e, one->fullest[side]);
	}
	if (!ledger->kinds[kind].overflow_rows || ledger->kinds[kind].overflow_fullest[side] < 0)
		return;
	put_overflow_label(e);
	prometheus_double(e, ledger->kinds[kind].overflow_fullest[side]);
}

static void put_buckets(struct prometheus *e, const struct series *series, const uint64_t *totals,
			enum series_side side)
{
	static const char *const bounds[SERIES_FILLS] = {
		"0.01", "0.1", "0.25", "0.5", "0.75", "0.9", "1.0", "+Inf",
	};
	uint64_t sum = 0;

	for (unsigned i = 0; i < SERIES_FILLS; i++) {
		sum += totals[SERIES_BY_FILL + side * SERIES_FILLS + i];
		if (series)
			put_series_labels(e, series);
		else
			put_overflow_label(e);
		prometheus_label(e, "le", bounds[i]);
		prometheus_uint(e, sum);
	}
}

static void put_side(struct prometheus *e, const struct ledger *ledger, unsigned kind,
		     enum series_side side, const char *word, bool living)
{
	char name[NAME_SIZE];

	(void)snprintf(name, sizeof(name), "ringside_tcp_%s_queue_fullest_ratio", word);
	if (living)
		put_fullest(e, ledger, kind, side, name);
	(void)snprintf(name, sizeof(name), "ringside_tcp_%s_queue_samples", word);
	prometheus_family(e, PROMETHEUS_COUNTER, name, NULL, "TCP queues looked at.");
	put_values(e, ledger, kind, SERIES_SAMPLES + side);
	(void)snprintf(name, sizeof(name), "ringside_tcp_%s_queue_fill_ratio", word);
	prometheus_family(e, PROMETHEUS_HISTOGRAM, name, "ratio",
			  "How full TCP queues were when looked at, of their buffer.");
	for (size_t i = 0; i < ledger->series.n; i++)
		if (ledger->series.all[i]->kind == kind)
			put_buckets(e, ledger->series.all[i], ledger->series.all[i]->totals, side);
	if (ledger->kinds[kind].overflow_rows)
		put_buckets(e, NULL, ledger->kinds[kind].overflow, side);
}

static void put_rows(struct prometheus *e, const struct ledger *ledger, unsigned kind,
		     uint64_t now_nano)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	char name[NAME_SIZE];

	if (!strcmp(of->name, LEDGER_OBJECTS)) {
		metrics_objects(e, ledger_objects(ledger, now_nano));
		return;
	}
	if (!ledger->series.n_kind[kind] && !*of->tier)
		return;
	if (!strcmp(of->name, "tcp_queue")) {
		put_side(e, ledger, kind, SERIES_RECEIVE, "receive",
			 ledger_lives(ledger, now_nano));
		put_side(e, ledger, kind, SERIES_SEND, "send", ledger_lives(ledger, now_nano));
		return;
	}
	(void)snprintf(name, sizeof(name), "ringside_%ss", of->name);
	prometheus_family(e, PROMETHEUS_COUNTER, name, NULL,
			  "Events by container, those held back by the limits included.");
	put_values(e, ledger, kind, SERIES_COUNT);
	(void)snprintf(name, sizeof(name), "ringside_%ss_limited", of->name);
	prometheus_family(e, PROMETHEUS_COUNTER, name, NULL,
			  "Of the events by container, those held back by the limits.");
	put_values(e, ledger, kind, SERIES_LIMITED);
}

static void put_cpu(struct prometheus *e, const char *mode, uint64_t nano)
{
	prometheus_sample_of(e, "mode", mode);
	prometheus_seconds(e, nano);
}

static void put_upkeep(struct prometheus *e, const struct own_usage *upkeep)
{
	if (upkeep->has_cpu) {
		prometheus_family(e, PROMETHEUS_COUNTER, "ringside_streamer_cpu_seconds", "seconds",
				  "CPU time of the streamer that counts, since it started.");
		put_cpu(e, "user", upkeep->user_nano);
		put_cpu(e, "system", upkeep->system_nano);
	}
	if (upkeep->has_anonymous)
		prometheus_single(e, PROMETHEUS_GAUGE, "ringside_streamer_anonymous_memory_bytes",
				  "bytes",
				  "Anonymous memory of the streamer that counts: its own, apart "
				  "from code and BPF maps.",
				  upkeep->anonymous_bytes);
	if (upkeep->has_maps)
		prometheus_single(e, PROMETHEUS_GAUGE, "ringside_streamer_map_memory_bytes",
				  "bytes", "Memory of its BPF maps, with the rings.",
				  upkeep->map_bytes);
}

static void put_stream(struct prometheus *e, const struct ledger_view *view)
{
	char id[2 * LEDGER_ID + 1];

	for (unsigned i = 0; i < LEDGER_ID; i++)
		(void)snprintf(id + (size_t)2 * i, 3, "%02x", view->id[i]);
	prometheus_sample_of(e, "stream_id", id);
	prometheus_label(e, "host", view->host);
	prometheus_label(e, "boot_id", view->boot_id);
	prometheus_label(e, "kernel_release", view->kernel);
	prometheus_label(e, "streamer_version", view->version);
	prometheus_label(e, "counts", view->counts ? "true" : "false");
	prometheus_uint(e, 1);
}

static void put_streams(struct prometheus *e, const struct ledger *ledger, uint64_t now_nano)
{
	struct ledger_view view;

	prometheus_family(e, PROMETHEUS_INFO, "ringside_stream", NULL,
			  "The streams being written. Of several on one machine one counts; "
			  "what the others saw is the same.");
	for (unsigned i = 0; i < ledger->n_streams; i++) {
		view = ledger_view(ledger, i, now_nano);
		if (view.living)
			put_stream(e, &view);
	}
	if (ledger_newest(ledger, now_nano, &view))
		return;
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_last_counters_timestamp_seconds",
			  "seconds", "When the latest Counters were made: the heartbeat.");
	prometheus_sample(e);
	prometheus_seconds(e, view.counters_nano);
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_counters_interval_seconds", "seconds",
			  "How often Counters are made.");
	prometheus_sample(e);
	prometheus_seconds(e, view.interval_nano);
	prometheus_family(e, PROMETHEUS_GAUGE, "ringside_ring_size_bytes", "bytes",
			  "Size of the rings between kernel and streamer.");
	prometheus_sample_of(e, "ring", "critical");
	prometheus_uint(e, view.critical_ring_bytes);
	prometheus_sample_of(e, "ring", "bulk");
	prometheus_uint(e, view.bulk_ring_bytes);
	if (view.living)
		put_upkeep(e, view.upkeep);
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
	put_lost(e, ledger);
	put_sum(e, ledger, &missed);
	put_in_flight(e, ledger);
	if (ledger->has_oom_kills)
		prometheus_single(e, PROMETHEUS_COUNTER, "ringside_kernel_oom_kills", NULL,
				  "OOM kills since boot, as the kernel itself counts them.",
				  ledger->oom_kills);
	for (unsigned k = 0; k < ledger->n_kinds; k++)
		put_rows(e, ledger, k, now_nano);
	prometheus_end(e);
}
