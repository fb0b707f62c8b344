/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/report/footer.h"
#include "proto/ringside-fields.h"
#include "streamer/encode/probe-table.h"

static void kind_total(const struct counters *counters, const struct totals *totals, unsigned probe,
		       struct pb *pb)
{
	struct wire_sums sum = totals_kernel(counters->now, counters->n_cpus, probe);
	uint8_t *mark = pb_open(pb, FIELD_FOOTER_TOTALS);

	pb_string(pb, FIELD_KIND_TOTAL_KIND, probes[probe]->name);
	pb_uint(pb, FIELD_KIND_TOTAL_WRITTEN, totals_written(totals, probe));
	pb_uint(pb, FIELD_KIND_TOTAL_LIMITED, sum.limited);
	pb_uint(pb, FIELD_KIND_TOTAL_LOST, sum.dropped + totals->lost_in_sink[probe]);
	pb_close(pb, mark);
}

int footer_write(struct stream *stream, const struct counters *counters,
		 const struct totals *totals, const char *reason)
{
	uint64_t oom_kills;
	uint8_t *mark;
	struct pb pb;
	int r;

	r = stream_begin(stream, counters_sums_room(counters) + 4096, &pb);
	if (r < 0)
		return r;
	mark = pb_open(&pb, FIELD_RECORD_FOOTER);
	pb_string(&pb, FIELD_FOOTER_REASON, reason);
	pb_uint(&pb, FIELD_FOOTER_RECORDS, stream->now.seq + 1);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (counters->probes & 1u << i)
			kind_total(counters, totals, i, &pb);
	counters_sums(counters, totals, FIELD_FOOTER_PROBES, &pb);
	if (!machine_oom_kills(&counters->machine, &oom_kills))
		pb_uint(&pb, FIELD_FOOTER_KERNEL_OOM_KILLS, oom_kills);
	stream_hash(stream, FIELD_FOOTER_XXH3, FIELD_FOOTER_HASHED_BYTES, &pb);
	pb_close(&pb, mark);
	return stream_end(stream, &pb);
}
