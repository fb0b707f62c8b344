/* SPDX-License-Identifier: Apache-2.0 */
/* `dropped` of one probe and CPU only grows, and both an event and the mapped sums show some
 * past or present value of it. The largest value seen so far is what has been told; whatever
 * shows more tells the difference, whatever shows less (an event that waited in the ring while
 * the sums were read, or was overtaken by one nested in its hook) tells nothing. */
#include "streamer/report/lost.h"
#include "proto/ringside-fields.h"
#include "streamer/encode/probe-table.h"

bool lost_in_kernel(const struct totals *totals, unsigned probe, unsigned cpu, uint64_t dropped,
		    uint64_t now, struct lost *ret)
{
	const struct totals_cpu *of = totals_cpu(totals, probe, cpu);

	if (dropped <= of->told_dropped)
		return false;
	*ret = (struct lost){
		.reason = PB_RING_FULL,
		.probe = probe,
		.count = dropped - of->told_dropped,
		.has_cpu = true,
		.cpu = cpu,
		.after = of->last_boottime < now ? of->last_boottime : now,
		.before = now,
	};
	return true;
}

bool lost_in_sink(const struct totals *totals, unsigned probe, uint64_t now, struct lost *ret)
{
	*ret = (struct lost){
		.reason = PB_SINK,
		.probe = probe,
		.count = totals->lost_in_sink[probe] - totals->told_in_sink[probe],
		.after = totals->sink_nano,
		.before = now,
	};
	return ret->count;
}

static int write_record(struct stream *stream, const struct lost *lost)
{
	uint8_t *mark;
	struct pb pb;
	int r;

	r = stream_begin(stream, 256, &pb);
	if (r < 0)
		return r;
	mark = pb_open(&pb, FIELD_RECORD_LOST);
	pb_uint(&pb, FIELD_LOST_REASON, lost->reason);
	if (lost->probe < WIRE_PROBE_COUNT)
		pb_string(&pb, FIELD_LOST_KIND, probes[lost->probe]->name);
	if (!lost->uncounted)
		pb_uint(&pb, FIELD_LOST_COUNT, lost->count);
	if (lost->has_cpu)
		pb_uint(&pb, FIELD_LOST_CPU, lost->cpu);
	if (lost->after)
		pb_fixed64(&pb, FIELD_LOST_AFTER_BOOTTIME_NANO, lost->after);
	if (lost->before)
		pb_fixed64(&pb, FIELD_LOST_BEFORE_BOOTTIME_NANO, lost->before);
	if (lost->file) {
		pb_bytes(&pb, FIELD_LOST_STREAM_ID, lost->file->stream, DELETION_STREAM);
		pb_uint(&pb, FIELD_LOST_FILE_INDEX, lost->file->index);
	}
	pb_close(&pb, mark);
	return stream_end(stream, &pb);
}

int lost_write(struct stream *stream, struct totals *totals, const struct lost *lost)
{
	int r = write_record(stream, lost);

	if (r < 0)
		return r;
	if (lost->has_cpu)
		totals_cpu(totals, lost->probe, lost->cpu)->told_dropped += lost->count;
	else
		totals->told_in_sink[lost->probe] += lost->count;
	return 0;
}

static int write_deletion(struct stream *stream, const struct deletion *deletion)
{
	struct lost lost = {.reason = PB_RETENTION,
			    .probe = WIRE_PROBE_COUNT,
			    .uncounted = !deletion->counted,
			    .file = &deletion->file,
			    .after = deletion->after,
			    .before = deletion->before};
	int r = 0;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT && !r && deletion->counted; i++) {
		if (!probes[i]->field || !deletion->counts[probes[i]->field])
			continue;
		lost.probe = i;
		lost.count = deletion->counts[probes[i]->field];
		r = write_record(stream, &lost);
	}
	/* who finds that the file is missing wants to know why */
	return r || lost.count ? r : write_record(stream, &lost);
}

int lost_write_deletions(struct stream *stream, struct deletions *deletions)
{
	int r = 0;

	while (deletions->told < deletions->n && !r) {
		r = write_deletion(stream, &deletions->all[deletions->told]);
		deletions->told += !r;
	}
	return r;
}
