/* SPDX-License-Identifier: Apache-2.0 */
/* Back-pressure: while the reader has no room, at most PENDING_MAX is taken from the bulk ring;
 * then it fills, and the kernel counts exactly what it drops. The critical ring is drained on,
 * into the rest of the buffer. Reports wait meanwhile: they are cumulative.
 *
 * A failure of the sink is kept in `failure` and ends the loop; what it cost is counted once,
 * when the stream is closed. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "streamer/encode/probe-table.h"
#include "streamer/pipeline/handover.h"
#include "streamer/pipeline/pipeline-internal.h"
#include "streamer/report/lost.h"
#include "streamer/service/service-manager.h"

#define PENDING_MAX (256u * 1024)
#define CRITICAL_BATCH 64u
#define BULK_BATCH 256u
/* Of the bulk ring, so much may be taken and not written yet: then it is. And how long to look away
 * from it meanwhile. */
#define HELD_BEHIND 4u
#define HELD_QUIET_MS 10
#define HELD_STORM_MS 1

/* One ring's side of ring_drain. */
struct intake {
	struct pipeline *p;
	bool bulk;
};

static int open_parts(struct pipeline *p, char *error, size_t size)
{
	const struct kubelet kubelet = {.pods_dir = "/var/log/pods",
					.containers_dir = "/var/log/containers"};
	uint32_t index;
	unsigned n_cpus;
	int r;

	(void)kernel_cpus(p->kernel, &n_cpus);
	r = encoder_new(&p->encoder, &kubelet);
	if (!r)
		r = stream_new(&p->stream, p->sink);
	if (!r)
		r = totals_init(&p->totals, n_cpus);
	if (!r)
		r = reports_init(&p->reports, p->kernel, p->encoder, p->stream, &p->totals,
				 &p->sink->deletions, &p->config->header);
	if (!r)
		r = ring_init(&p->critical, kernel_critical_fd(p->kernel));
	if (!r)
		r = ring_init(&p->bulk, kernel_bulk_fd(p->kernel));
	if (!r)
		r = handover_resume(p, &index);
	if (!r)
		r = sink_begin(p->sink, p->stream->id, index, error, size);
	if (!r)
		r = wakeup_init(&p->wakeup, kernel_critical_fd(p->kernel),
				kernel_bulk_fd(p->kernel), p->sink->fd, p->sink->commands.fd,
				p->config->header.counters_interval);
	if (!r)
		r = wakeup_rotate(&p->wakeup, sink_due_at(p->sink));
	return r;
}

int pipeline_new(struct pipeline **ret, const struct pipeline_config *config, struct kernel *kernel,
		 struct sink *sink, char *error, size_t size)
{
	struct pipeline *p = malloc(sizeof(*p));
	int r = -ENOMEM;

	error[0] = '\0';
	if (p) {
		*p = (struct pipeline){
			.config = config,
			.kernel = kernel,
			.sink = sink,
			.reports.counters = COUNTERS_NULL,
			.wakeup = WAKEUP_NULL,
			.critical = RING_NULL,
			.bulk = RING_NULL,
			.pace = drain_pause_of(kernel_config(kernel)->bulk_ring_bytes),
			.left = config->count,
		};
		r = open_parts(p, error, size);
	}
	if (r < 0) {
		if (!error[0])
			(void)snprintf(error, size, "cannot set up the stream: %s", strerror(-r));
		(void)pipeline_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

int pipeline_begin(struct pipeline *p, const struct privileges *privileges, char *error,
		   size_t size)
{
	int r;

	p->reports.counters.machine.privileges = privileges;
	pipeline_commit(p);
	r = pipeline_open_file(p);
	if (r < 0)
		(void)snprintf(error, size, "cannot set up the stream: %s", strerror(-r));
	return r;
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

static bool is_over(const struct pipeline *p)
{
	return p->blocked && stream_pending(p->stream) > PENDING_MAX;
}

/* Whether the stream can take one more event, with a Lost before it. */
static bool has_room(struct pipeline *p, bool bulk)
{
	if (stream_pending(p->stream) >= PIPELINE_BATCH) {
		p->draining = false; /* all before this one was taken */
		pipeline_flush(p);
		p->draining = true;
	}
	if ((bulk && is_over(p)) || pipeline_file_is_full(p))
		return false;
	return stream_has_room(p->stream, 2 * ENCODER_FRAME_MAX);
}

static int encode_event(struct pipeline *p, const struct wire_head *head, size_t size)
{
	struct record_stamp stamp;
	uint8_t *frame = stream_reserve(p->stream, ENCODER_FRAME_MAX, &stamp);
	size_t n;
	int r;

	if (!frame)
		return -ENOBUFS;
	stamp.before = totals_before(&p->totals, head, p->stream->run.number);
	r = encoder_event(p->encoder, head, size, &stamp, frame, &n);
	if (!r)
		stream_append(p->stream, n);
	return r;
}

static int put_event(struct pipeline *p, const struct wire_head *head, size_t size)
{
	struct lost lost;
	int r = 0;

	if (__builtin_expect(lost_is_news(&p->totals, head), 0) &&
	    lost_in_kernel(&p->totals, head->probe, head->cpu, head->dropped, head->boottime_nano,
			   &lost))
		r = lost_write(p->stream, &p->totals, &lost);
	if (!r)
		r = encode_event(p, head, size);
	if (r == -EBADMSG) {
		p->totals.lost_in_sink[head->probe]++;
		return 0;
	}
	if (r < 0)
		return r;
	totals_wrote(&p->totals, head, p->stream->run.number);
	if (p->config->flush_each)
		pipeline_flush(p);
	if (p->left && !--p->left)
		p->reason = "-c";
	return p->reason ? RING_STOP : 0;
}

bool pipeline_is_event(const struct wire_head *head)
{
	return probes[head->probe]->field && !(head->flags & (WIRE_SELFTEST | WIRE_PATH));
}

bool pipeline_is_record(const struct pipeline *p, const struct wire_head *head, size_t size)
{
	return size >= sizeof(*head) && head->probe < WIRE_PROBE_COUNT &&
	       head->cpu < p->totals.n_cpus;
}

/* ring_fn */
static int take_record(void *data, const void *record, size_t size)
{
	const struct intake *intake = data;
	struct pipeline *p = intake->p;
	const struct wire_head *head = record;

	if (!pipeline_is_record(p, head, size))
		return -EPROTO;
	if (!pipeline_is_event(head)) {
		(void)encoder_learn(p->encoder, head, size);
		return 0;
	}
	if (!has_room(p, intake->bulk) || p->failure || p->reason)
		return RING_KEEP;
	p->active = true;
	if (p->no_room) {
		p->totals.lost_in_sink[head->probe]++;
		return 0;
	}
	return put_event(p, head, size);
}

/* Nobody is woken for what comes behind what is held: so that is not for long, and kills, whose
 * ring is small, are written at once. */
static void end_batch(struct pipeline *p, unsigned n_critical, unsigned n_bulk)
{
	p->draining = false;
	if (p->keep_due)
		pipeline_keep_committed(p);
	else if (n_critical + n_bulk)
		pipeline_release(p);
	if (!p->held)
		return;
	p->flush_due |= n_critical || ring_held(&p->bulk) > p->bulk.mask / HELD_BEHIND;
	p->held_ms = n_bulk < BULK_BATCH / 4 ? HELD_QUIET_MS : HELD_STORM_MS;
}

unsigned pipeline_drain(struct pipeline *p)
{
	struct intake critical = {.p = p}, bulk = {.p = p, .bulk = true};
	unsigned n_critical = 0, n_bulk = 0;
	struct wire_known missing;
	int r = 0;

	p->draining = true;
	p->more = false;
	if (!p->reason)
		r = ring_drain(&p->critical, CRITICAL_BATCH, take_record, &critical, &n_critical);
	if (r >= 0 && !p->reason)
		r = ring_drain(&p->bulk, BULK_BATCH, take_record, &bulk, &n_bulk);
	pipeline_check(p, r, "a ring");
	end_batch(p, n_critical, n_bulk);
	if (n_bulk && n_bulk < BULK_BATCH)
		drain_pause_drained(&p->pace, clock_nano(CLOCK_MONOTONIC));
	if (encoder_take_missing(p->encoder, &missing))
		kernel_forget_paths(p->kernel, &missing);
	return n_critical + n_bulk;
}

static void write_reports(struct pipeline *p)
{
	int r;

	if (!p->reports.due || p->reason || p->no_room || is_over(p))
		return;
	kernel_refresh(p->kernel);
	r = reports_write(&p->reports);
	pipeline_check(p, r, "the kernel's sums");
	p->active |= p->reports.moved;
}

static unsigned wanted_causes(const struct pipeline *p)
{
	if (p->held) /* they would not let us sleep */
		return 0;
	return (stream_has_room(p->stream, 2 * ENCODER_FRAME_MAX) ? WAKEUP_CRITICAL : 0) |
	       (is_over(p) ? 0 : WAKEUP_BULK) | (p->blocked ? WAKEUP_SINK : 0);
}

/* What it submits is drained before the report. */
static void look(struct pipeline *p)
{
	const int r = kernel_look(p->kernel);

	if (r && r != p->look_error)
		(void)snprintf(
			p->notice, sizeof(p->notice),
			"the kernel refused a look at what no hook shows: %s; until it "
			"succeeds, processes whose end was missed are not forgotten, and TCP "
			"queues and BPF objects may be missing",
			strerror(-r));
	p->look_error = r;
}

static void heed_causes(struct pipeline *p, unsigned causes)
{
	if (causes & WAKEUP_SINK)
		p->blocked = false;
	if (causes & WAKEUP_FLUSH)
		p->flush_due = true;
	if (causes & WAKEUP_TICK)
		p->reports.due |= REPORTS_SUMS;
	if (causes & WAKEUP_INTERVAL) {
		look(p);
		p->reports.due |= REPORTS_COUNTERS;
		pipeline_retain(p);
	}
	if (causes & WAKEUP_CLOCK)
		p->reports.due |= REPORTS_CLOCK;
	if (causes & WAKEUP_REOPEN)
		p->reopen = p->hangup = true;
	if (causes & WAKEUP_COMMAND)
		(void)sink_reap(p->sink, p->notice, sizeof(p->notice));
	if (causes & WAKEUP_TICK && p->no_room)
		(void)pipeline_retry(p);
	if (causes & WAKEUP_GONE)
		p->reason = pipeline_output_closed;
	else if (causes & WAKEUP_END)
		p->reason = p->wakeup.signal == SIGINT ? "SIGINT" : PIPELINE_SIGTERM;
}

/* In a storm, lets the ring gather what is worth a wake-up. */
static void keep_pace(const struct pipeline *p, unsigned causes)
{
	struct timespec pause = {0};

	if (causes & WAKEUP_CRITICAL || !(causes & WAKEUP_BULK) || p->config->flush_each)
		return;
	pause.tv_nsec = (long)drain_pause_wait(&p->pace, clock_nano(CLOCK_MONOTONIC));
	if (pause.tv_nsec)
		(void)nanosleep(&pause, NULL);
}

/* The ring has something, and nothing can be taken: a record at its head is being written, by a
 * program whose task was preempted. Asking again at once would keep it from going on. */
static void yield_to_kernel(void)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	(void)nanosleep(&ms, NULL);
}

/* What hangs below it stops this, too: the manager's patience has to be longer than a disk's. */
static int wait_and_live(struct pipeline *p, unsigned *ret_causes)
{
	struct service_manager *manager = p->config->manager;
	int timeout = -1;

	if (manager) {
		service_manager_alive(manager);
		timeout = service_manager_timeout(manager);
	}
	if (p->more)
		timeout = 0;
	else if (p->held && (timeout < 0 || timeout > p->held_ms))
		timeout = p->held_ms;
	return wakeup_wait(&p->wakeup, timeout, ret_causes);
}

int pipeline_run(struct pipeline *p)
{
	unsigned causes = 0;
	int r = 0;

	while (!p->reason) {
		if (p->hangup) {
			p->hangup = false;
			return PIPELINE_HANGUP;
		}
		keep_pace(p, causes);
		(void)pipeline_mind_cut(p); /* before events are taken that would go with it */
		pipeline_flush_lazily(p);
		if (!pipeline_drain(p) && causes & (WAKEUP_CRITICAL | WAKEUP_BULK))
			yield_to_kernel();
		write_reports(p);
		pipeline_flush_lazily(p);
		pipeline_rotate(p);
		if (p->notice[0])
			return PIPELINE_NOTICE;
		/* held back or dropped events show in the sums only: one look, a second later */
		if (p->active || p->no_room)
			r = wakeup_after(&p->wakeup, WAKEUP_TICK, 1000000000u);
		p->active = false;
		if (!r)
			r = wakeup_listen(&p->wakeup, wanted_causes(p));
		if (!r && !p->reason)
			r = wait_and_live(p, &causes);
		pipeline_check(p, r, "epoll");
		if (!p->reason)
			heed_causes(p, causes);
		if (causes & WAKEUP_TOTALS)
			return PIPELINE_TOTALS;
	}
	return 0;
}

void pipeline_totals(const struct pipeline *p, char *buf, size_t size)
{
	totals_line(&p->totals, kernel_cpus(p->kernel, &(unsigned){0}), p->reports.counters.probes,
		    buf, size);
}

void pipeline_notice(struct pipeline *p, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s", p->notice);
	p->notice[0] = '\0';
}
