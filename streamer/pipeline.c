/* SPDX-License-Identifier: Apache-2.0 */
/* Back-pressure: while the reader has no room, at most PENDING_MAX is taken from the bulk ring;
 * then it fills, and the kernel counts exactly what it drops. The critical ring is drained on,
 * into the rest of the buffer. Reports wait meanwhile: they are cumulative.
 *
 * A failure of the sink is kept in `failure` and ends the loop; what it cost is counted once,
 * when the stream is closed. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "encoder.h"
#include "lost.h"
#include "pipeline.h"
#include "probe.h"
#include "reports.h"
#include "ring.h"
#include "stream.h"
#include "totals.h"
#include "util.h"
#include "wakeup.h"

#define BATCH_BYTES (64u * 1024)
#define PENDING_MAX (256u * 1024)
#define CRITICAL_BATCH 64u
#define BULK_BATCH 256u
#define READER_PATIENCE_MS 5000
#define CLOSING_MS 60000
#define IN_FLIGHT_MS 1000

static const char output_closed[] = "output closed";

struct pipeline {
	const struct options *options;
	struct kernel *kernel;
	struct sink *sink;
	struct encoder *encoder;
	struct stream *stream;
	struct totals totals;
	struct reports reports;
	struct wakeup wakeup;
	struct ring critical;
	struct ring bulk;
	uint64_t left;      /* events until -c COUNT is reached; 0: no such end */
	const char *reason; /* why it ends; NULL: it does not yet */
	int failure;        /* -errno */
	const char *failed; /* what did */
	bool blocked;       /* the reader has no room */
	bool active;        /* events were taken since the latest look */
};

/* One ring's side of ring_drain. */
struct intake {
	struct pipeline *p;
	bool bulk;
};

static int open_parts(struct pipeline *p)
{
	const struct encoder_config encoder = {.pods_dir = "/var/log/pods",
					       .containers_dir = "/var/log/containers"};
	unsigned n_cpus;
	int r;

	(void)kernel_cpus(p->kernel, &n_cpus);
	r = encoder_new(&p->encoder, &encoder);
	if (!r)
		r = stream_new(&p->stream, p->sink);
	if (!r)
		r = totals_init(&p->totals, n_cpus);
	if (!r)
		r = reports_init(&p->reports, p->kernel, p->encoder, p->stream, &p->totals,
				 p->options);
	if (!r)
		r = ring_init(&p->critical, kernel_critical_fd(p->kernel));
	if (!r)
		r = ring_init(&p->bulk, kernel_bulk_fd(p->kernel));
	if (!r)
		r = wakeup_init(&p->wakeup, kernel_critical_fd(p->kernel),
				kernel_bulk_fd(p->kernel), sink_fd(p->sink),
				p->options->counters_interval);
	return r;
}

int pipeline_new(struct pipeline **ret, const struct options *options, struct kernel *kernel,
		 struct sink *sink, char *error, size_t size)
{
	struct pipeline *p = malloc(sizeof(*p));
	int r = -ENOMEM;

	if (p) {
		*p = (struct pipeline){
			.options = options,
			.kernel = kernel,
			.sink = sink,
			.totals = TOTALS_NULL,
			.reports = REPORTS_NULL,
			.wakeup = WAKEUP_NULL,
			.critical = RING_NULL,
			.bulk = RING_NULL,
			.left = options->count,
		};
		r = open_parts(p);
		if (!r)
			r = reports_start(&p->reports, kernel, options);
	}
	if (r < 0) {
		(void)snprintf(error, size, "cannot set up the stream: %s", strerror(-r));
		(void)pipeline_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

struct pipeline *pipeline_free(struct pipeline *p)
{
	if (!p)
		return NULL;
	wakeup_done(&p->wakeup);
	ring_done(&p->critical);
	ring_done(&p->bulk);
	reports_done(&p->reports);
	totals_done(&p->totals);
	(void)stream_free(p->stream);
	(void)encoder_free(p->encoder);
	free(p);
	return NULL;
}

static void fail(struct pipeline *p, int r, const char *what)
{
	if (p->failure)
		return;
	p->failure = r;
	p->failed = what;
	p->reason = "failed";
}

static void flush(struct pipeline *p)
{
	int r;

	if (p->blocked || p->failure || p->reason == output_closed)
		return;
	r = stream_flush(p->stream);
	if (r == -EPIPE)
		p->reason = output_closed;
	else if (r < 0)
		fail(p, r, sink_name(p->sink));
	p->blocked = r == STREAM_BLOCKED;
}

static bool over(const struct pipeline *p)
{
	return p->blocked && stream_pending(p->stream) > PENDING_MAX;
}

/* Whether the stream can take one more event, with a Lost before it. */
static bool has_room(struct pipeline *p, bool bulk)
{
	if (stream_pending(p->stream) >= BATCH_BYTES)
		flush(p);
	if (bulk && over(p))
		return false;
	return stream_has_room(p->stream, 2);
}

static int put_event(struct pipeline *p, const struct wire_head *head, size_t size)
{
	struct lost lost;
	int r = 0;

	if (lost_by_event(&p->totals, head, &lost))
		r = lost_write(p->stream, &p->totals, &lost);
	if (!r)
		r = stream_event(p->stream, p->encoder, head, size);
	if (r == -EBADMSG) {
		p->totals.lost_in_sink[head->probe]++;
		return 0;
	}
	if (r < 0)
		return r;
	totals_wrote(&p->totals, head);
	if (p->options->flush_each)
		flush(p);
	if (p->left && !--p->left)
		p->reason = "-c";
	return p->reason ? RING_STOP : 0;
}

/* Nothing of a record that is not even this can be counted. */
static bool is_record(const struct pipeline *p, const struct wire_head *head, size_t size)
{
	return size >= sizeof(*head) && head->probe < WIRE_PROBE_COUNT &&
	       head->cpu < p->totals.n_cpus;
}

/* ring_fn */
static int take(void *data, const void *record, size_t size)
{
	const struct intake *intake = data;
	struct pipeline *p = intake->p;
	const struct wire_head *head = record;

	if (!is_record(p, head, size))
		return -EPROTO;
	if (head->flags & WIRE_SELFTEST)
		return 0;
	if (!has_room(p, intake->bulk) || p->failure || p->reason)
		return RING_KEEP;
	p->active = true;
	return put_event(p, head, size);
}

/* Returns how many were taken. */
static unsigned drain(struct pipeline *p)
{
	struct intake critical = {.p = p}, bulk = {.p = p, .bulk = true};
	unsigned n_critical = 0, n_bulk = 0;
	uint32_t hierarchy;
	uint64_t cgroup;
	int r = 0;

	if (!p->reason)
		r = ring_drain(&p->critical, CRITICAL_BATCH, take, &critical, &n_critical);
	if (r >= 0 && !p->reason)
		r = ring_drain(&p->bulk, BULK_BATCH, take, &bulk, &n_bulk);
	if (r < 0)
		fail(p, r, "a ring");
	if (encoder_take_missing(p->encoder, &hierarchy, &cgroup))
		kernel_forget_cgroup(p->kernel, hierarchy, cgroup);
	return n_critical + n_bulk;
}

static void report(struct pipeline *p)
{
	int r;

	if (!p->reports.due || p->reason || over(p))
		return;
	kernel_refresh(p->kernel);
	r = reports_write(&p->reports);
	if (r < 0)
		fail(p, r, "the kernel's sums");
	p->active |= p->reports.moved;
}

static unsigned wanted(const struct pipeline *p)
{
	return (stream_has_room(p->stream, 2) ? WAKEUP_CRITICAL : 0) | (over(p) ? 0 : WAKEUP_BULK) |
	       (p->blocked ? WAKEUP_SINK : 0);
}

static void heed(struct pipeline *p, unsigned causes)
{
	if (causes & WAKEUP_SINK)
		p->blocked = false;
	if (causes & WAKEUP_TICK)
		p->reports.due |= REPORTS_SUMS;
	if (causes & WAKEUP_INTERVAL)
		p->reports.due |= REPORTS_COUNTERS;
	if (causes & WAKEUP_CLOCK)
		p->reports.due |= REPORTS_CLOCK;
	if (causes & WAKEUP_GONE)
		p->reason = output_closed;
	else if (causes & WAKEUP_END)
		p->reason = p->wakeup.signal == SIGINT ? "SIGINT" : "SIGTERM";
}

int pipeline_run(struct pipeline *p)
{
	unsigned causes = 0;
	int r = 0;

	while (!p->reason) {
		flush(p);
		(void)drain(p);
		report(p);
		flush(p);
		/* held back or dropped events show in the sums only: one look, a second later */
		if (p->active)
			r = wakeup_tick(&p->wakeup);
		p->active = false;
		if (!r)
			r = wakeup_listen(&p->wakeup, wanted(p));
		if (!r && !p->reason)
			r = wakeup_wait(&p->wakeup, -1, &causes);
		if (r < 0)
			fail(p, r, "epoll");
		else if (!p->reason)
			heed(p, causes);
		if (causes & WAKEUP_TOTALS)
			return PIPELINE_TOTALS;
	}
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
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
static void settle(const struct pipeline *p)
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

/* Hands out everything, waiting for the reader. */
static int flush_all(struct pipeline *p, uint64_t deadline)
{
	for (;;) {
		int r = stream_flush(p->stream);

		if (r != STREAM_BLOCKED)
			return r;
		r = await_reader(p, deadline);
		if (r < 0)
			return r;
	}
}

/* Empties both rings into the sink. */
static int drain_all(struct pipeline *p, uint64_t deadline)
{
	const char *reason = p->reason;

	/* after -c COUNT nothing more is wanted */
	while (!p->options->count || p->left) {
		unsigned n;
		int r;

		p->reason = NULL;
		n = drain(p);
		if (p->failure)
			return p->failure;
		if (p->reason == output_closed)
			return -EPIPE;
		p->reason = reason;
		r = n ? 0 : flush_all(p, deadline);
		if (r < 0 || (!n && !p->blocked))
			return r;
		if (!n)
			p->blocked = false;
	}
	return 0;
}

/* ring_fn: counts what is left. */
static int count(void *data, const void *record, size_t size)
{
	struct pipeline *p = data;
	const struct wire_head *head = record;

	if (is_record(p, head, size) && !(head->flags & WIRE_SELFTEST))
		p->totals.lost_in_sink[head->probe]++;
	return 0;
}

/* What the stream did not take any more; @lost: that is a loss, not the reader's wish. Returns
 * the number of events. */
static uint64_t write_off(struct pipeline *p, bool lost, bool *ret_torn)
{
	uint64_t unwritten[WIRE_PROBE_COUNT], before = 0, n = 0;
	unsigned taken;

	stream_abandon(p->stream, unwritten, ret_torn);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		before += p->totals.lost_in_sink[i];
		totals_unwrote(&p->totals, i, unwritten[i]);
		if (lost)
			p->totals.lost_in_sink[i] += unwritten[i];
	}
	if (lost) {
		(void)ring_drain(&p->critical, UINT_MAX, count, p, &taken);
		(void)ring_drain(&p->bulk, UINT_MAX, count, p, &taken);
	}
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		n += p->totals.lost_in_sink[i];
	return n - before;
}

static int finish(struct pipeline *p)
{
	uint64_t deadline = now_ms() + CLOSING_MS;
	int r;

	if (p->reason == output_closed)
		return -EPIPE;
	if (p->failure) {
		/* it need not have been the sink */
		(void)flush_all(p, deadline);
		return p->failure;
	}
	r = drain_all(p, deadline);
	do {
		if (r >= 0)
			r = flush_all(p, deadline);
		if (!r)
			r = reports_end(&p->reports, p->reason);
	} while (r == REPORTS_MORE);
	if (!r)
		r = flush_all(p, deadline);
	return r ? r : sink_sync(p->sink);
}

static const char *why(int r)
{
	if (r == -ETIMEDOUT)
		return "the reader took nothing for 5 s";
	if (r == -EINTR)
		return "told twice to end, while the reader had no room";
	if (r == -EPROTO)
		return "the kernel's ring holds a record of another version";
	return strerror(-r);
}

int pipeline_close(struct pipeline *p, char *error, size_t size)
{
	uint64_t lost;
	bool torn;
	int r;

	kernel_detach(p->kernel);
	settle(p);
	r = finish(p);
	if (!r)
		return 0;
	lost = write_off(p, r != -EPIPE, &torn);
	if (r == -EPIPE)
		return 0;
	(void)sink_sync(p->sink);
	(void)snprintf(error, size,
		       "%s: %s: %" PRIu64 " events were not written, and the output ends %s",
		       p->failed ? p->failed : sink_name(p->sink), why(r), lost,
		       torn ? "within a record" : "with a whole record, but without a footer");
	return r;
}

void pipeline_totals(const struct pipeline *p, char *buf, size_t size)
{
	totals_line(&p->totals, kernel_cpus(p->kernel, &(unsigned){0}), p->reports.counters.probes,
		    buf, size);
}
