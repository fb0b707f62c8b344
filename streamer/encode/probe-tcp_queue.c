/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/message-parts.h"
#include "streamer/encode/probe-table.h"

static bool is_later(const struct wire_fill *fill, uint64_t epoch)
{
	return fill->epochs[0] > epoch || fill->epochs[1] > epoch;
}

static bool row_changed(const void *row, const struct row_view *view)
{
	const struct wire_tcp_row *cpus = row;

	for (unsigned i = 0; i < view->n_values; i++)
		if (is_later(&cpus[i].receive, view->reported) ||
		    is_later(&cpus[i].send, view->reported))
			return true;
	return false;
}

/* What all CPUs have seen of one queue. */
struct sum {
	uint64_t samples[WIRE_FILLS];
	uint64_t n;
	uint64_t max; /* wire_fill_pack(); 0: there was no sample */
};

static void add_fill(struct sum *sum, const struct wire_fill *fill, uint64_t epoch)
{
	for (unsigned i = 0; i < WIRE_FILLS; i++) {
		sum->samples[i] += fill->samples[i];
		sum->n += fill->samples[i];
	}
	if (fill->epochs[epoch & 1] == epoch && fill->max[epoch & 1] &&
	    wire_fill_above(fill->max[epoch & 1], sum->max))
		sum->max = fill->max[epoch & 1];
}

static void put_sum(struct pb *pb, unsigned field, const struct sum *sum)
{
	uint8_t *mark;

	if (!sum->n)
		return;
	mark = pb_open(pb, field);
	pb_uint(pb, FIELD_QUEUE_FILL_SAMPLES, sum->n);
	if (sum->max) {
		pb_uint(pb, FIELD_QUEUE_FILL_MAX_BYTES, sum->max & 0xffffffffu);
		pb_uint(pb, FIELD_QUEUE_FILL_MAX_BUFFER_BYTES, sum->max >> 32);
	}
	for (unsigned i = 0; i < WIRE_FILLS; i++)
		pb_uint(pb, FIELD_QUEUE_FILL_BY_FILL, sum->samples[i]);
	pb_close(pb, mark);
}

static void row_values(const void *row, const struct row_view *view, struct pb *pb)
{
	const struct wire_tcp_row *cpus = row;
	struct sum receive = {0}, send = {0};
	uint8_t *mark;

	for (unsigned i = 0; i < view->n_values; i++) {
		add_fill(&receive, &cpus[i].receive, view->epoch);
		add_fill(&send, &cpus[i].send, view->epoch);
	}
	pb_uint(pb, FIELD_COUNTER_ROW_COUNT, receive.n + send.n);
	mark = pb_open(pb, FIELD_COUNTER_ROW_TCP_QUEUE);
	put_sum(pb, FIELD_TCP_QUEUE_RECEIVE, &receive);
	put_sum(pb, FIELD_TCP_QUEUE_SEND, &send);
	pb_close(pb, mark);
}

const struct probe probe_tcp_queue = {
	.name = "tcp_queue",
	.alias = "tcp",
	.on_request = true,
	.record_min = sizeof(struct wire_path),
	.key_size = sizeof(struct wire_cgroup_key),
	.keeps_rows = true,
	.row_changed = row_changed,
	.row_values = row_values,
};
