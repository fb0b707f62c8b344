/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "proto/recording/recording.h"
#include "streamer/report/footer.h"
#include "streamer/report/header.h"
#include "streamer/report/lost.h"
#include "streamer/report/reports.h"

/* Keys the limits are remembered for; above what the kernel's tables hold. */
#define LIMITED_ROWS_MAX 65536u

int reports_init(struct reports *reports, const struct kernel *kernel, struct encoder *encoder,
		 struct stream *stream, struct totals *totals, struct deletions *deletions,
		 const struct header_config *config)
{
	unsigned interval = config->counters_interval;
	int r;

	*reports = (struct reports){.kernel = kernel,
				    .config = config,
				    .stream = stream,
				    .totals = totals,
				    .deletions = deletions,
				    .sets_per_minute = interval < 60 ? 60 / interval : 1};
	r = removed_init(&reports->gone);
	if (!r)
		r = counters_init(&reports->counters, kernel, encoder, &reports->gone);
	if (!r)
		r = limited_init(&reports->limited, LIMITED_ROWS_MAX);
	if (r < 0)
		reports_done(reports);
	return r;
}

void reports_done(struct reports *reports)
{
	counters_done(&reports->counters);
	limited_done(&reports->limited);
	removed_done(&reports->gone);
}

static int write_clock(struct reports *reports, bool always)
{
	struct clock_pair now = clock_now();
	bool stepped = clock_stepped(&reports->clock, &now);
	int r;

	if (!always && !stepped)
		return 0;
	r = clock_write(reports->stream, &now, stepped);
	if (!r)
		reports->clock = now;
	return r;
}

static int write_counters(struct reports *reports, bool full)
{
	int r = counters_write(&reports->counters, reports->totals, reports->stream, full);

	if (!r && full)
		reports->sets = 0;
	return r;
}

static int write_lost(struct reports *reports, unsigned probe)
{
	const struct counters *counters = &reports->counters;
	struct lost lost;
	int r = 0;

	for (unsigned i = 0; i < counters->n_cpus && !r; i++)
		if (lost_in_kernel(reports->totals, probe, i, counters->now[i].probe[probe].dropped,
				   counters->read_nano, &lost))
			r = lost_write(reports->stream, reports->totals, &lost);
	if (!r && lost_in_sink(reports->totals, probe, counters->read_nano, &lost))
		r = lost_write(reports->stream, reports->totals, &lost);
	return r;
}

/* Lost and Counters go by one reading of the sums: at every Counters the Lost records so far
 * add up to its `dropped`. */
static int write_sums(struct reports *reports, bool full, bool all)
{
	int r = 0;

	counters_read(&reports->counters);
	removed_update(&reports->gone, reports->kernel, reports->counters.read_nano, full);
	reports->moved = limited_moved(&reports->limited, &reports->counters);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT && !r; i++)
		if (reports->counters.probes & 1u << i)
			r = write_lost(reports, i);
	if (!r)
		r = lost_write_deletions(reports->stream, reports->deletions);
	if (!r)
		r = limited_write(&reports->limited, &reports->counters, reports->stream, all);
	return r;
}

int reports_start(struct reports *reports)
{
	int r;

	/* the Header's own stamps need it; no step from nothing */
	reports->clock = clock_now();
	reports->stream->realtime_offset =
		(int64_t)(reports->clock.realtime - reports->clock.boottime);
	r = header_write(reports->stream, &reports->counters.machine, reports->kernel,
			 reports->config);
	if (!r)
		r = write_clock(reports, true);
	if (!r)
		r = write_sums(reports, false, false);
	return r < 0 ? r : write_counters(reports, true);
}

static int write_due(struct reports *reports)
{
	bool counters = reports->due & REPORTS_COUNTERS, full;
	int r = 0;

	full = counters && reports->sets + 1 >= reports->sets_per_minute;
	if (reports->due & REPORTS_CLOCK || full)
		r = write_clock(reports, full);
	if (r < 0)
		return r;
	reports->due &= ~REPORTS_CLOCK;
	if (reports->due & (REPORTS_SUMS | REPORTS_COUNTERS))
		r = write_sums(reports, full, false);
	if (!r && counters) {
		reports->sets++;
		r = write_counters(reports, full);
	}
	if (!r)
		reports->due = 0;
	return r;
}

int reports_write(struct reports *reports)
{
	int r = write_due(reports);

	return r == -ENOBUFS ? REPORTS_MORE : r;
}

int reports_end(struct reports *reports, const char *reason)
{
	int r = write_sums(reports, true, true);

	if (!r)
		r = write_counters(reports, true);
	if (reports->leaves && !counters_close(&reports->counters, reports->totals))
		reason = RECORDING_ROTATED;
	if (!r)
		r = footer_write(reports->stream, &reports->counters, reports->totals, reason);
	return r == -ENOBUFS ? REPORTS_MORE : r;
}

void reports_written(struct reports *reports)
{
	removed_written(&reports->gone, reports->kernel, &reports->limited);
}

void reports_commit(struct reports *reports)
{
	totals_commit(reports->totals);
	limited_commit(&reports->limited);
	deletions_commit(reports->deletions);
	reports->committed_clock = reports->clock;
	reports->committed_rows_nano = reports->counters.rows_nano;
	reports->committed_epoch = reports->counters.epoch;
}

void reports_rollback(struct reports *reports)
{
	removed_not_written(&reports->gone);
	totals_rollback(reports->totals);
	limited_rollback(&reports->limited);
	reports->deletions->told = 0;
	reports->clock = reports->committed_clock;
	reports->counters.rows_nano = reports->committed_rows_nano;
	reports->counters.epoch = reports->committed_epoch;
}
