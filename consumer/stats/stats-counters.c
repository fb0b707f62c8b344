/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/stats/stats-counters.h"

#include <stdio.h>
#include <string.h>

/* Another stream: its rows may be of another machine, its CPU time is of another process. */
static void change_stream(struct stats_counters *counters, const Ringside__V1__Header *header)
{
	const ProtobufCBinaryData *id = &header->stream_id;
	char boot_id[STATS_BOOT];

	if (id->len != STATS_ID || !memcmp(id->data, counters->stream_id, STATS_ID))
		return;
	memcpy(counters->stream_id, id->data, STATS_ID);
	counters->order++;
	counters->parts_seen = 0;
	own_usage_part(&counters->upkeep);
	(void)snprintf(boot_id, sizeof(boot_id), "%s", header->boot_id ? header->boot_id : "");
	if (!strcmp(boot_id, counters->boot_id))
		return;
	bpf_objects_done(&counters->objects);
	memcpy(counters->boot_id, boot_id, sizeof(boot_id));
}

int stats_counters_add(struct stats_counters *counters, const Ringside__V1__Header *header,
		       const Ringside__V1__Record *record)
{
	const Ringside__V1__Counters *from = record->counters;
	int r = 0;

	if (!header)
		return 0;
	change_stream(counters, header);
	own_usage_take(&counters->upkeep, from->cost, record->boottime_nano);
	if (from->part == 1)
		bpf_objects_begin(&counters->objects, counters->order, from->full);
	counters->parts_seen = from->part == 1                          ? 1
			       : from->part == counters->parts_seen + 1 ? from->part
									: 0;
	for (size_t i = 0; !r && i < from->n_rows; i++) {
		counters->has_objects |= object_of(from->rows[i]) != NULL;
		r = bpf_objects_take(&counters->objects, STATS_OBJECTS, from->rows[i],
				     (struct series_stamp){0}, record->boottime_nano);
	}
	if (!r && from->full && counters->parts_seen && counters->parts_seen == from->parts)
		bpf_objects_sweep(&counters->objects);
	return r;
}

double stats_counters_memory(const struct object *object)
{
	return (double)object->values[OBJECT_MEMORY];
}

static bool is_before(stats_weight_fn weight, const struct object *a, const struct object *b)
{
	double x = weight(a), y = weight(b);

	return x > y || (!(x < y) && (a->sort < b->sort || (a->sort == b->sort && a->id < b->id)));
}

size_t stats_counters_top(const struct stats_counters *counters, stats_weight_fn weight,
			  const struct object *ret[STATS_OBJECTS_SHOWN])
{
	const struct object *object;
	size_t n = 0, i = 0;

	while ((object = bpf_objects_next(&counters->objects, &i))) {
		size_t at = n;

		if (weight(object) <= 0)
			continue;
		while (at && is_before(weight, object, ret[at - 1]))
			at--;
		if (at == STATS_OBJECTS_SHOWN)
			continue;
		n -= n == STATS_OBJECTS_SHOWN;
		memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(ret[0]));
		ret[at] = object;
		n++;
	}
	return n;
}
