/* SPDX-License-Identifier: Apache-2.0 */
/* No events: of each container how full its queues were, each time one was looked at. */
#include "consumer/base/json-page.h"
#include "consumer/base/prometheus.h"
#include "consumer/kinds/kind.h"
#include "consumer/kinds/row-metrics.h"
#include "consumer/kinds/tcp_queue-internal.h"

static const struct {
	const char *name, *fullest, *samples, *fills;
} sides[SERIES_SIDES] = {
#define SIDE(name)                                                                                 \
	{                                                                                          \
		name, "ringside_tcp_" name "_queue_fullest_ratio",                                 \
			"ringside_tcp_" name "_queue_samples",                                     \
			"ringside_tcp_" name "_queue_fill_ratio"                                   \
	}
	[SERIES_RECEIVE] = SIDE("receive"),
	[SERIES_SEND] = SIDE("send"),
#undef SIDE
};

static void put_side(struct json_page *page, const uint64_t *totals, double fullest,
		     enum series_side side)
{
	json_begin_object(page, sides[side].name);
	json_add_uint(page, "samples", totals[SERIES_SAMPLES + side]);
	if (fullest >= 0)
		json_add_double(page, "fullest_ratio", 6, fullest);
	json_add_uints(page, "by_fill", totals + SERIES_BY_FILL + side * SERIES_FILLS,
		       SERIES_FILLS);
	json_end_object(page);
}

static void put_totals(struct json_page *page, const uint64_t *totals, const double *fullest)
{
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		put_side(page, totals, fullest[side], side);
}

static void begin_fullest(struct prometheus *e, enum series_side side)
{
	prometheus_family(e, PROMETHEUS_GAUGE, sides[side].fullest, "ratio",
			  "The fullest TCP queue since the previous Counters, of its buffer.");
}

static void put_fullest(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			enum series_side side)
{
	const struct ledger_kind *of = &ledger->kinds[kind];
	const struct series *series;
	size_t i = 0;

	begin_fullest(e, side);
	while ((series = series_next(&ledger->series, kind, &i))) {
		if (!series->queues || !series->refs || series->fullest[side] < 0)
			continue;
		row_metrics_begin(e, series);
		prometheus_double(e, series->fullest[side]);
	}
	if (!of->overflow_rows || of->overflow_fullest[side] < 0)
		return;
	row_metrics_begin(e, NULL);
	prometheus_double(e, of->overflow_fullest[side]);
}

static void put_fills(struct prometheus *e, const struct series *series, const uint64_t *totals,
		      enum series_side side)
{
	static const char *const bounds[SERIES_FILLS] = {
		"0.01", "0.1", "0.25", "0.5", "0.75", "0.9", "1.0", "+Inf",
	};
	uint64_t sum = 0;

	for (unsigned i = 0; i < SERIES_FILLS; i++) {
		sum += totals[SERIES_BY_FILL + side * SERIES_FILLS + i];
		row_metrics_begin(e, series);
		prometheus_label(e, "le", bounds[i]);
		prometheus_uint(e, sum);
	}
}

static void put_side_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			     enum series_side side, bool living)
{
	const struct series *series;
	size_t i = 0;

	if (living)
		put_fullest(e, ledger, kind, side);
	prometheus_family(e, PROMETHEUS_COUNTER, sides[side].samples, NULL,
			  "TCP queues looked at.");
	row_metrics_values(e, ledger, kind, SERIES_SAMPLES + side);
	prometheus_family(e, PROMETHEUS_HISTOGRAM, sides[side].fills, "ratio",
			  "How full TCP queues were when looked at, of their buffer.");
	while ((series = series_next(&ledger->series, kind, &i)))
		put_fills(e, series, series->totals, side);
	if (ledger->kinds[kind].overflow_rows)
		put_fills(e, NULL, ledger->kinds[kind].overflow, side);
}

static void put_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			uint64_t now_nano)
{
	if (!ledger->series.n_kind[kind] && !*ledger->kinds[kind].tier)
		return;
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		put_side_metrics(e, ledger, kind, side, ledger_lives(ledger, now_nano));
}

/* "receive queue 98 % full (212 KiB of 216 KiB): the program does not read fast enough". Bytes of
 * payload can come to more than the buffer. */
static enum kind_fill put_fill(const Ringside__V1__CounterRow *row, unsigned which,
			       struct line *line)
{
	static const char *const names[] = {"receive queue ", "send queue "};
	static const char *const causes[] = {
		"): the program does not read fast enough",
		"): who is at the other end, or the network, does not take it fast enough",
	};
	const Ringside__V1__TcpQueue *queue = row->tcp_queue;
	const Ringside__V1__QueueFill *fill;
	double share;

	/* a row without container is of many */
	if (which >= SERIES_SIDES || !queue || !row->container)
		return KIND_FILL_NONE;
	fill = which == SERIES_RECEIVE ? queue->receive : queue->send;
	if (!fill || !fill->has_max_bytes || !fill->max_buffer_bytes)
		return KIND_FILL_UNKNOWN;
	share = (double)fill->max_bytes / (double)fill->max_buffer_bytes * 100;
	if (share < KIND_FILL_PERCENT)
		return KIND_FILL_LOW;
	line_text(line, names[which]);
	line_count(line, (uint64_t)share);
	line_text(line, " % full (");
	line_bytes(line, fill->max_bytes);
	line_text(line, " of ");
	line_bytes(line, fill->max_buffer_bytes);
	line_text(line, causes[which]);
	return KIND_FILL_HIGH;
}

static void put_fill_members(struct json_page *page, const Ringside__V1__CounterRow *row,
			     unsigned which)
{
	const Ringside__V1__TcpQueue *queue = row->tcp_queue;
	const Ringside__V1__QueueFill *fill =
		which == SERIES_RECEIVE ? queue->receive : queue->send;

	json_add_text(page, "queue", sides[which].name);
	json_add_uint(page, "bytes", fill->max_bytes);
	json_add_uint(page, "buffer_bytes", fill->max_buffer_bytes);
	json_add_double(page, "ratio", 6, (double)fill->max_bytes / (double)fill->max_buffer_bytes);
}

static void put_group_fullest(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			      enum series_side side)
{
	begin_fullest(e, side);
	for (unsigned i = 0; i < ledger->groups.n[kind]; i++) {
		const struct group *group = ledger->groups.all[kind][i];

		if (!group->queues || !group->refs || group->fullest[side] < 0)
			continue;
		row_metrics_begin_group(e, group);
		prometheus_double(e, group->fullest[side]);
	}
}

static void put_group_metrics(struct prometheus *e, const struct ledger *ledger, unsigned kind,
			      uint64_t now_nano)
{
	if ((!ledger->groups.n[kind] && !*ledger->kinds[kind].tier) ||
	    !ledger_lives(ledger, now_nano))
		return;
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		put_group_fullest(e, ledger, kind, side);
}

const struct kind kind_tcp_queue = {
	.name = "tcp_queue",
	.word = "TCP queue",
	.words = "TCP queues",
	.option = "tcp",
	.meant = (const char *const[]){"queue", "queues", "full", "socket", "sockets", NULL},
	.fill = put_fill,
	.fill_members = put_fill_members,
	.rows = &tcp_queue_rows,
	.metrics = put_metrics,
	.group_metrics = put_group_metrics,
	.check_totals = put_totals,
};
