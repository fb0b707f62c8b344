/* SPDX-License-Identifier: Apache-2.0 */
/* A set says in its first part how many parts it has. So its rows are encoded first, into one
 * bounded buffer, cut into parts as they come; then the parts are framed one after another. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "proto/ringside-fields.h"
#include "streamer/encode/probe-table.h"
#include "streamer/report/counters.h"
#include "streamer/report/removed-cgroups.h"

#define ROW_MAX (32u * 1024)  /* a row with the longest path there can be */
#define PART_MAX (48u * 1024) /* of rows; with the rest of the record below 64 KiB */
#define SET_MAX (8u * 1024 * 1024)
#define PART_OVERHEAD 256u
#define PARTS_MAX (2 * SET_MAX / PART_MAX)
/* CpuCounters: 10 varints of 10 bytes with their tags, and a frame around them */
#define CPU_SUMS_MAX 128u
/* A row's time is taken before its count is added: one read in between would be taken for
 * unchanged the next time. A row too many does no harm. */
#define MARGIN_NANO 1000000000u

struct rows {
	struct encoder *encoder;
	struct removed *gone;
	unsigned probe;
	struct row_view view;
	uint8_t *data;
	size_t size;
	size_t capacity;
	unsigned n_parts;
	size_t ends[PARTS_MAX]; /* of the parts, in data; the last is where the data ends */
	bool cut;               /* there were more than fit */
};

int counters_init(struct counters *counters, const struct kernel *kernel, struct encoder *encoder,
		  struct removed *gone)
{
	unsigned n_cpus;
	uint32_t attached = 0, with_events = 0;
	struct wire_cpu *now;

	(void)kernel_cpus(kernel, &n_cpus);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		if (kernel_probe(kernel, i)->tier != KERNEL_TIER_NONE)
			attached |= 1u << i;
		if (probes[i]->field)
			with_events |= 1u << i;
	}
	now = calloc(n_cpus, sizeof(*now));
	if (!now)
		return -ENOMEM;
	*counters =
		(struct counters){.kernel = kernel,
				  .encoder = encoder,
				  .gone = gone,
				  .attached = attached,
				  .probes = attached & with_events,
				  .n_cpus = n_cpus,
				  .map_bytes = kernel_map_bytes(kernel) + kernel_ring_bytes(kernel),
				  .now = now};
	machine_open(&counters->machine);
	return 0;
}

void counters_done(struct counters *counters)
{
	free(counters->now);
	machine_close(&counters->machine);
	*counters = (struct counters)COUNTERS_NULL;
}

static void read_sums(const struct wire_sums *from, struct wire_sums *to)
{
	/* A hook that runs between two loads makes the sums not add up for a moment: a few tries
	 * avoid nearly all of it. Nothing is ever corrected. */
	for (int i = 0; i < 4; i++) {
		*to = (struct wire_sums){0};
		totals_add(to, from);
		if (to->seen == to->submitted + to->limited + to->dropped + to->in_flight)
			break;
	}
}

void counters_read(struct counters *counters)
{
	const struct wire_cpu *cpus = kernel_cpus(counters->kernel, &counters->n_cpus);

	for (unsigned i = 0; i < counters->n_cpus; i++)
		for (unsigned k = 0; k < WIRE_PROBE_COUNT; k++)
			read_sums(&cpus[i].probe[k], &counters->now[i].probe[k]);
	counters->read_nano = clock_nano(CLOCK_BOOTTIME);
}

bool counters_close(const struct counters *counters, const struct totals *totals)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		struct wire_sums sum = totals_kernel(counters->now, counters->n_cpus, i);

		if (counters->probes & 1u << i &&
		    (sum.in_flight ||
		     sum.submitted != totals_written(totals, i) + totals->lost_in_sink[i]))
			return false;
	}
	return true;
}

static void cpu_counters(const struct wire_sums *now, const struct totals_cpu *cpu, unsigned number,
			 struct pb *pb)
{
	uint8_t *mark;

	if (!now->seen && !cpu->written)
		return;
	mark = pb_open(pb, FIELD_PROBE_SUMS_CPUS);
	pb_uint(pb, FIELD_CPU_COUNTERS_CPU, number);
	pb_uint(pb, FIELD_CPU_COUNTERS_SEEN, now->seen);
	pb_uint(pb, FIELD_CPU_COUNTERS_SUBMITTED, now->submitted);
	pb_uint(pb, FIELD_CPU_COUNTERS_LIMITED, now->limited);
	pb_uint(pb, FIELD_CPU_COUNTERS_DROPPED, now->dropped);
	pb_uint(pb, FIELD_CPU_COUNTERS_IN_FLIGHT, now->in_flight);
	pb_uint(pb, FIELD_CPU_COUNTERS_WRITTEN, cpu->written);
	pb_uint(pb, FIELD_CPU_COUNTERS_CARRIED_SEEN, cpu->carried_seen);
	pb_uint(pb, FIELD_CPU_COUNTERS_CARRIED_LIMITED, cpu->carried_limited);
	pb_uint(pb, FIELD_CPU_COUNTERS_CARRIED_DROPPED, cpu->carried_dropped);
	pb_close(pb, mark);
}

static void probe_sums(const struct counters *counters, const struct totals *totals, unsigned probe,
		       struct pb *pb)
{
	struct wire_sums sum = totals_kernel(counters->now, counters->n_cpus, probe);
	uint64_t missed;

	pb_string(pb, FIELD_PROBE_SUMS_KIND, probes[probe]->name);
	for (unsigned i = 0; i < counters->n_cpus; i++)
		cpu_counters(&counters->now[i].probe[probe], totals_cpu(totals, probe, i), i, pb);
	if (!kernel_missed_runs(counters->kernel, probe, &missed))
		pb_uint(pb, FIELD_PROBE_SUMS_MISSED_RUNS, missed);
	pb_uint(pb, FIELD_PROBE_SUMS_OVERFLOW, sum.overflow);
	pb_uint(pb, FIELD_PROBE_SUMS_OVERFLOW_LIMITED, sum.overflow_limited);
	pb_uint(pb, FIELD_PROBE_SUMS_LOST_IN_SINK, totals->lost_in_sink[probe]);
}

void counters_sums(const struct counters *counters, const struct totals *totals, unsigned field,
		   struct pb *pb)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		uint8_t *mark;

		if (!(counters->probes & 1u << i))
			continue;
		mark = pb_open(pb, field);
		probe_sums(counters, totals, i, pb);
		pb_close(pb, mark);
	}
}

size_t counters_sums_room(const struct counters *counters)
{
	return WIRE_PROBE_COUNT * ((size_t)counters->n_cpus * CPU_SUMS_MAX + 256);
}

static int grow_rows(struct rows *rows)
{
	size_t capacity = rows->capacity ? rows->capacity * 2 : 2 * ROW_MAX;
	uint8_t *data;

	if (rows->capacity - rows->size >= ROW_MAX)
		return 0;
	if (capacity > SET_MAX)
		return -ENOSPC;
	data = realloc(rows->data, capacity);
	if (!data)
		return -ENOMEM;
	rows->data = data;
	rows->capacity = capacity;
	return 0;
}

static bool is_news(const struct probe *probe, const void *value, const struct row_view *view)
{
	const struct wire_row *row = value;

	return probe->row_changed ? probe->row_changed(value, view) : row->last >= view->since;
}

static void put_values(const struct probe *probe, const void *value, const struct row_view *view,
		       struct pb *pb)
{
	const struct wire_row *row = value;

	if (probe->row_values) {
		probe->row_values(value, view, pb);
		return;
	}
	pb_uint(pb, FIELD_COUNTER_ROW_COUNT, row->count);
	pb_uint(pb, FIELD_COUNTER_ROW_LIMITED, row->limited);
}

/* How much of it was held back. */
static uint64_t limited_of(const struct probe *probe, const void *value)
{
	const struct wire_row *row = value;

	return probe->row_values ? 0 : row->limited;
}

/* rows_fn */
static int add_row(void *data, const void *key, const void *row)
{
	struct rows *rows = data;
	const struct probe *probe = probes[rows->probe];
	size_t start = rows->n_parts > 1 ? rows->ends[rows->n_parts - 2] : 0;
	uint8_t *mark;
	struct pb pb;
	bool last;

	last = rows->gone && removed_is_last(rows->gone, rows->probe, key, limited_of(probe, row));
	if (!is_news(probe, row, &rows->view) && !last)
		return 0;
	if (grow_rows(rows) < 0) {
		rows->cut = true;
		return 1;
	}
	pb = pb_make(rows->data + rows->size, ROW_MAX);
	mark = pb_open(&pb, FIELD_COUNTERS_ROWS);
	encoder_row_key(rows->encoder, rows->probe, key, &pb);
	put_values(probe, row, &rows->view, &pb);
	pb_close(&pb, mark);
	if (pb.overflow)
		return -EMSGSIZE;
	if ((size_t)(pb.p - rows->data) - start > PART_MAX && rows->size > start) {
		if (rows->n_parts == PARTS_MAX) {
			rows->cut = true;
			return 1;
		}
		rows->n_parts++;
	}
	rows->size = (size_t)(pb.p - rows->data);
	rows->ends[rows->n_parts - 1] = rows->size;
	return 0;
}

static int collect_rows(const struct counters *counters, struct rows *rows)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		int r;

		if (!(counters->attached & 1u << i))
			continue;
		rows->probe = i;
		r = kernel_rows(counters->kernel, i, add_row, rows);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int write_part(const struct counters *counters, const struct totals *totals,
		      struct stream *stream, const struct rows *rows, unsigned part, bool full)
{
	size_t start = part ? rows->ends[part - 1] : 0, size = rows->ends[part] - start, room;
	uint64_t oom_kills;
	uint8_t *mark;
	struct pb pb;
	int r;

	/* the first part makes room for all: a set has all its parts or none */
	room = PART_OVERHEAD + (part ? size
				     : rows->size + counters_sums_room(counters) +
						MACHINE_USAGE_MAX + rows->n_parts * PART_OVERHEAD);
	r = stream_begin(stream, room, &pb);
	if (r < 0)
		return r;
	mark = pb_open(&pb, FIELD_RECORD_COUNTERS);
	pb_uint(&pb, FIELD_COUNTERS_PART, part + 1);
	pb_uint(&pb, FIELD_COUNTERS_PARTS, rows->n_parts);
	pb_bool(&pb, FIELD_COUNTERS_FULL, full);
	if (!part) {
		counters_sums(counters, totals, FIELD_COUNTERS_PROBES, &pb);
		if (!machine_oom_kills(&counters->machine, &oom_kills))
			pb_uint(&pb, FIELD_COUNTERS_KERNEL_OOM_KILLS, oom_kills);
		machine_put_usage(&counters->machine, counters->map_bytes,
				  kernel_own_refused(counters->kernel), FIELD_COUNTERS_COST, &pb);
	}
	pb_raw(&pb, rows->data ? rows->data + start : (const uint8_t *)"", size);
	stream_hash(stream, FIELD_COUNTERS_XXH3, FIELD_COUNTERS_HASHED_BYTES, &pb);
	pb_close(&pb, mark);
	return stream_end(stream, &pb);
}

int counters_write(struct counters *counters, const struct totals *totals, struct stream *stream,
		   bool full)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	int r;

	if (!rows)
		return -ENOMEM;
	rows->encoder = counters->encoder;
	rows->gone = counters->gone;
	rows->n_parts = 1;
	if (!full && counters->rows_nano > MARGIN_NANO)
		rows->view.since = counters->rows_nano - MARGIN_NANO;
	if (!full)
		rows->view.reported = counters->epoch;
	rows->view.n_values = counters->n_cpus;
	rows->view.epoch = kernel_end_epoch(counters->kernel, counters->epoch);
	if (counters->gone)
		removed_walk(counters->gone, counters->read_nano);
	r = collect_rows(counters, rows);
	for (unsigned i = 0; i < rows->n_parts && !r; i++)
		r = write_part(counters, totals, stream, rows, i, full && !rows->cut);
	/* what did not fit is still due */
	if (!r && !rows->cut)
		counters->rows_nano = counters->read_nano;
	else if (counters->gone)
		removed_not_written(counters->gone);
	if (!r)
		counters->epoch = rows->view.epoch;
	free(rows->data);
	free(rows);
	return r;
}
