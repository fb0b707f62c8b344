/* SPDX-License-Identifier: Apache-2.0 */
/* The end: the probes come off, what they saw is written, then the last records. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/count.h"
#include "proto/base/util.h"
#include "streamer/encode/probe-table.h"
#include "streamer/pipeline/handover.h"
#include "streamer/pipeline/pipeline-internal.h"

#define READER_PATIENCE_MS 5000
#define CLOSING_MS 60000
#define IN_FLIGHT_MS 1000
#define COMMANDS_MS 30000
#define DRAIN_ONCE_MS 1000
/* A manager lets go as it comes to it; what happens until then is seen. */
#define WITHDRAWN_NANO 200000000

static uint64_t now_ms(void)
{
	return clock_nano(CLOCK_MONOTONIC) / 1000000;
}

static uint64_t in_flight(const struct pipeline *p)
{
	const struct wire_cpu *cpus = kernel_cpus(p->kernel, &(unsigned){0});
	uint64_t n = 0;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		n += totals_kernel(cpus, p->totals.n_cpus, i).in_flight;
	return n;
}

/* Programs that were running when the probes came off end by themselves. */
static void settle_rings(const struct pipeline *p)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	for (int i = 0; i < IN_FLIGHT_MS && in_flight(p); i++)
		(void)nanosleep(&ms, NULL);
}

/* Waits for the reader: at most READER_PATIENCE_MS, since every wait follows some progress, and
 * not beyond @deadline. A second signal ends it at once. */
static int await_reader(struct pipeline *p, uint64_t deadline)
{
	uint64_t now = now_ms(), end = now + READER_PATIENCE_MS;
	int r = wakeup_listen(&p->wakeup, WAKEUP_SINK);

	if (end > deadline)
		end = deadline;
	for (; !r && now < end; now = now_ms()) {
		unsigned causes;

		r = wakeup_wait(&p->wakeup, (int)(end - now), &causes);
		if (r < 0)
			return r;
		if (causes & WAKEUP_GONE)
			return -EPIPE;
		if (causes & WAKEUP_END)
			return -EINTR;
		if (causes & WAKEUP_SINK)
			return 0;
	}
	return r < 0 ? r : -ETIMEDOUT;
}

/* Hands out all, or, with @ends, ends a compressed recording, waiting for the reader as often as it
 * takes. */
static int with_patience(struct pipeline *p, uint64_t deadline, bool ends)
{
	for (;;) {
		int r = ends ? sink_end(p->sink) : stream_flush(p->stream);

		if (r != STREAM_BLOCKED)
			return r;
		r = await_reader(p, deadline);
		if (r < 0)
			return r;
	}
}

/* Hands out everything. */
static int flush_all(struct pipeline *p, uint64_t deadline)
{
	int r = p->no_room ? p->no_room : with_patience(p, deadline, false);

	if (!r && pipeline_mind_cut(p))
		r = p->failure ? p->failure : with_patience(p, deadline, false);
	if (!r)
		pipeline_commit(p);
	else if (!p->no_room && p->sink->names.folder)
		pipeline_ran_out(p, r);
	return r;
}

/* Empties both rings into the sink. */
static int drain_all(struct pipeline *p, uint64_t deadline)
{
	const char *reason = p->reason;
	bool full = false; /* the file, and nothing was taken since */

	/* after -c COUNT nothing more is wanted */
	while (!p->config->count || p->left) {
		unsigned n;
		int r;

		p->reason = NULL;
		pipeline_rotate(p);
		n = pipeline_drain(p);
		if (p->failure)
			return p->failure;
		if (p->reason == pipeline_output_closed)
			return -EPIPE;
		p->reason = reason;
		r = n ? 0 : flush_all(p, deadline);
		if (r < 0)
			return r;
		/* One that was full only when the first event asked for room took none: that is
		 * no end, the next one takes it. */
		if (!n && !p->blocked && (full || !pipeline_file_is_full(p)))
			return 0;
		full = !n && !p->blocked;
		if (!n)
			p->blocked = false;
	}
	return 0;
}

/* ring_fn: counts what is left. */
static int count_lost(void *data, const void *record, size_t size)
{
	struct pipeline *p = data;
	const struct wire_head *head = record;

	if (pipeline_is_record(p, head, size) && pipeline_is_event(head))
		p->totals.lost_in_sink[head->probe]++;
	return 0;
}

/* What the stream did not take any more; @lost: that is a loss, not the reader's wish. Returns
 * the number of events, of these and of those lost before that are not told in the stream. */
static uint64_t write_off(struct pipeline *p, bool lost, bool *ret_torn)
{
	uint64_t unwritten[RECORD_BODIES], n = 0;
	unsigned taken;

	stream_abandon(p->stream, unwritten, ret_torn);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		if (!probes[i]->field)
			continue;
		totals_unwrote(&p->totals, i, unwritten[probes[i]->field]);
		if (lost)
			p->totals.lost_in_sink[i] += unwritten[probes[i]->field];
	}
	if (lost) {
		(void)ring_drain(&p->critical, UINT_MAX, count_lost, p, &taken);
		(void)ring_drain(&p->bulk, UINT_MAX, count_lost, p, &taken);
	}
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		n += p->totals.lost_in_sink[i] - p->totals.told_in_sink[i];
	return n;
}

/* Whatever is in the rings when nothing more is taken is told as lost, and not left to the sums. */
static void count_left(struct pipeline *p)
{
	unsigned taken;

	if (p->config->count)
		return;
	(void)ring_drain(&p->critical, UINT_MAX, count_lost, p, &taken);
	(void)ring_drain(&p->bulk, UINT_MAX, count_lost, p, &taken);
}

/* Once more, if the file is cut short meanwhile. */
static int write_last(struct pipeline *p, uint64_t deadline)
{
	uint32_t file;
	int r;

	do {
		file = p->stream->now.file;
		do {
			r = flush_all(p, deadline);
			if (!r)
				r = reports_end(&p->reports, p->reason);
		} while (r == REPORTS_MORE);
		if (!r)
			r = flush_all(p, deadline);
	} while (!r && p->stream->now.file != file);
	return r;
}

static int finish_stream(struct pipeline *p)
{
	uint64_t deadline = now_ms() + CLOSING_MS;
	int r;

	if (p->reason == pipeline_output_closed)
		return -EPIPE;
	if (p->failure) {
		/* it need not have been the sink */
		if (!flush_all(p, deadline))
			(void)with_patience(p, deadline, true);
		return p->failure;
	}
	if (p->no_room)
		(void)pipeline_retry(p);
	(void)pipeline_mind_cut(p);
	r = drain_all(p, deadline);
	if (!r)
		count_left(p);
	if (!r)
		r = write_last(p, deadline);
	if (!r)
		r = with_patience(p, deadline, true);
	return r ? r : sink_sync(p->sink);
}

/* Of --post-rotate; not for longer than the user is willing to. */
static void await_commands(struct pipeline *p)
{
	uint64_t now = now_ms(), deadline = now + COMMANDS_MS;
	unsigned causes = 0;

	(void)sink_reap(p->sink, p->notice, sizeof(p->notice));
	(void)wakeup_listen(&p->wakeup, 0);
	for (; p->sink->commands.n && now < deadline && !(causes & WAKEUP_END); now = now_ms()) {
		if (wakeup_wait(&p->wakeup, (int)(deadline - now), &causes) < 0)
			break;
		(void)sink_reap(p->sink, p->notice, sizeof(p->notice));
	}
}

static const char *explain_failure(int r)
{
	if (r == -ETIMEDOUT)
		return "the reader took nothing for 5 s";
	if (r == -EINTR)
		return "told twice to end, while the reader had no room";
	if (r == -EPROTO)
		return "the kernel's ring holds a record of another version";
	return strerror(-r);
}

/* Takes what is in the rings now: while the programs are on their hooks there may be no end of it,
 * and what is left there is the next streamer's. */
static void drain_once(struct pipeline *p, uint64_t deadline)
{
	const uint64_t end = now_ms() + DRAIN_ONCE_MS;
	unsigned n = 1;

	while (n && !p->failure && !p->no_room && now_ms() < end) {
		p->reason = NULL;
		pipeline_rotate(p);
		n = pipeline_drain(p);
		if (!n && !flush_all(p, deadline))
			n = pipeline_drain(p);
	}
}

/* Ends the file, but not the stream, for somebody else to go on with it. 0: that is not what is
 * wanted, or cannot be; 1: it is done; -errno: it is not, and the file is ended. */
static int hand_over(struct pipeline *p)
{
	const char *reason = p->reason;
	const uint64_t deadline = now_ms() + CLOSING_MS;
	int r;

	if (!handover_offered(p->config->handover) || p->failure || p->no_room ||
	    p->wakeup.signal != SIGTERM || strcmp(reason, PIPELINE_SIGTERM) != 0)
		return 0;
	(void)kernel_look(p->kernel);
	(void)pipeline_mind_cut(p);
	drain_once(p, deadline);
	p->reason = reason;
	p->reports.leaves = true;
	r = p->failure ? p->failure : write_last(p, deadline);
	p->reports.leaves = false;
	if (r)
		return 0;
	r = with_patience(p, deadline, true);
	if (!r)
		r = sink_sync(p->sink);
	if (!r)
		r = handover_leave(p);
	pipeline_check(p, r, "what the next streamer would go on with");
	return r ? r : 1;
}

/* Nobody is to go on with it: then the manager has to let go of it, too, or the programs would stay
 * on their hooks. */
static void take_off(struct pipeline *p)
{
	const struct timespec patience = {.tv_nsec = WITHDRAWN_NANO};

	(void)kernel_look(p->kernel);
	if (handover_offered(p->config->handover)) {
		handover_withdraw(p->config->handover, p->kernel);
		(void)nanosleep(&patience, NULL);
	}
	kernel_detach(p->kernel);
	settle_rings(p);
}

int pipeline_close(struct pipeline *p, char *error, size_t size)
{
	uint64_t lost;
	bool torn;
	int r = hand_over(p);

	if (r <= 0)
		take_off(p);
	r = r < 0 ? r : r ? 0 : finish_stream(p);
	if (!r) {
		sink_finished(p->sink);
		await_commands(p);
		return 0;
	}
	lost = write_off(p, r != -EPIPE, &torn);
	if (r == -EPIPE)
		return 0;
	(void)sink_sync(p->sink);
	return refuse(error, size, r, "%s: %s: %s not written, and the output ends %s",
		      p->failed ? p->failed : p->sink->name, explain_failure(r),
		      COUNTED(lost, "event"),
		      torn ? "within a record" : "with a whole record, but without a footer");
}
