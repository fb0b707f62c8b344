/* SPDX-License-Identifier: Apache-2.0 */
/* A commit is a moment at which all that was put into the stream is in the file. The state of
 * everything that would be told only once (numbers, sums, hashes, losses) is kept as of then; a
 * write that fails, in a folder, or goes into a file that somebody has cut short, takes the stream
 * back there, and the events since are lost, counted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "proto/base/clock.h"
#include "proto/base/count.h"
#include "proto/recording/recording.h"
#include "streamer/encode/probe-table.h"
#include "streamer/pipeline/handover.h"
#include "streamer/pipeline/pipeline-internal.h"

#define RETAIN_NANO 60000000000ull
/* After so long without a failure there is room again, for the user. */
#define CALM_NANO 5000000000ull
#define RETRY_NEXT_NANO 10000000000ull

const char pipeline_output_closed[] = "output closed";

void pipeline_check(struct pipeline *p, int r, const char *what)
{
	if (r >= 0 || p->failure)
		return;
	p->failure = r;
	p->failed = what;
	p->reason = "failed";
}

static uint64_t count_untold(const struct pipeline *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		n += p->totals.lost_in_sink[i];
	return n;
}

/* To those who cannot read it in the stream. */
static void tell_trouble(struct pipeline *p, int error)
{
	uint64_t lost[LOCK_NOTES_KINDS] = {0};

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (probes[i]->field)
			lost[probes[i]->field] = p->totals.lost_in_sink[i];
	sink_tell_trouble(p->sink, error, lost);
}

/* First who goes on is told how far that is, then the kernel may write over it. */
void pipeline_release(struct pipeline *p)
{
	if (!p->critical.holds)
		return;
	p->held = stream_pending(p->stream) || p->stream->now.seq != p->stream->committed.seq;
	if (p->held)
		return;
	handover_save(p);
	p->more = ring_release(&p->critical);
	p->more |= ring_release(&p->bulk);
}

/* In the midst of an event it is not known how far the ring is read: what is committed meanwhile is
 * written once more by who comes next, if this process does not come to the end of the batch. */
void pipeline_keep_committed(struct pipeline *p)
{
	p->keep_due = p->draining;
	if (p->keep_due)
		return;
	pipeline_release(p);
	/* rows whose last values are written go, which cannot be taken back */
	reports_written(&p->reports);
}

void pipeline_commit(struct pipeline *p)
{
	if (p->opening)
		p->opening_bytes = MIN(p->sink->written, p->sink->config.max_bytes / 4);
	p->opening = false;
	if (!p->no_room)
		sink_end_trouble(p->sink);
	stream_commit(p->stream);
	reports_commit(&p->reports);
	p->committed_nano = clock_nano(CLOCK_BOOTTIME);
	pipeline_keep_committed(p);
	if (!p->no_room_told || p->committed_nano - p->no_room_nano < CALM_NANO)
		return;
	p->no_room_told = false;
	(void)snprintf(p->notice, sizeof(p->notice), "%s: goes on; %s could not be written so far",
		       p->sink->name, COUNTED(count_untold(p), "event"));
}

static void take_back(struct pipeline *p)
{
	stream_rollback(p->stream);
	reports_rollback(&p->reports);
	p->totals.sink_nano = p->committed_nano;
}

/* The last record that was committed is in the copy, if it was made later than that: its number
 * and that of the Header here are what tells. */
static void begin_anew(struct pipeline *p)
{
	uint64_t before = count_untold(p);
	int r = sink_begin_anew(p->sink);

	if (r < 0) {
		pipeline_check(p, r, p->sink->name);
		return;
	}
	take_back(p);
	stream_next_file(p->stream);
	pipeline_commit(p);
	p->opening = true;
	(void)snprintf(p->notice, sizeof(p->notice),
		       "%s was cut short by somebody else (copytruncate?): goes on in it as file "
		       "%" PRIu32 " of the stream, behind record %" PRIu64
		       "; %s could not be written, and what came after the copy was made and "
		       "before the cut is lost",
		       p->sink->name, p->stream->now.file, p->stream->now.seq,
		       COUNTED(count_untold(p) - before, "event"));
	r = p->no_room ? 0 : pipeline_open_file(p); /* pipeline_retry() does it then */
	pipeline_check(p, r, "the kernel's sums");
}

bool pipeline_mind_cut(struct pipeline *p)
{
	if (p->failure || !sink_was_cut(p->sink))
		return false;
	begin_anew(p);
	return true;
}

void pipeline_ran_out(struct pipeline *p, int r)
{
	take_back(p);
	p->no_room = r;
	p->no_room_nano = clock_nano(CLOCK_BOOTTIME);
	tell_trouble(p, -r);
	if (!p->draining)
		pipeline_release(p);
	if (p->no_room_told)
		return;
	p->no_room_told = true;
	(void)snprintf(p->notice, sizeof(p->notice),
		       "%s: %s: events are counted, not kept, until it can be written again",
		       p->sink->name, strerror(-r));
}

static void check_sink(struct pipeline *p, int r)
{
	if (r < 0 && p->sink->names.folder)
		pipeline_ran_out(p, r);
	else
		pipeline_check(p, r, p->sink->name);
}

void pipeline_flush(struct pipeline *p)
{
	int r;

	if (p->blocked || p->failure || p->no_room || p->reason == pipeline_output_closed)
		return;
	p->flush_due = false;
	r = stream_flush(p->stream);
	if (!r && !pipeline_mind_cut(p))
		pipeline_commit(p);
	else if (r == -EPIPE)
		p->reason = pipeline_output_closed;
	else
		check_sink(p, r);
	p->blocked = r == STREAM_BLOCKED;
}

void pipeline_flush_lazily(struct pipeline *p)
{
	int r;

	if (!p->sink->writer || p->config->flush_each || p->flush_due ||
	    stream_pending(p->stream) >= PIPELINE_BATCH) {
		pipeline_flush(p);
		return;
	}
	if (!stream_pending(p->stream) || p->blocked)
		return;
	r = wakeup_after(&p->wakeup, WAKEUP_FLUSH, RECORDING_FLUSH_NANO);
	pipeline_check(p, r, "a timer");
}

int pipeline_open_file(struct pipeline *p)
{
	int r;

	p->opening = true;
	r = reports_start(&p->reports);
	p->opening_seq = p->stream->now.seq;
	return r;
}

bool pipeline_retry(struct pipeline *p)
{
	int r = 0;

	p->no_room = 0;
	sink_retain(p->sink);
	if (p->opening)
		r = pipeline_open_file(p);
	/* the losses, and what else was not told; a new file has them in its next records */
	p->reports.due = REPORTS_SUMS | REPORTS_COUNTERS | REPORTS_CLOCK;
	if (!r)
		r = reports_write(&p->reports);
	pipeline_check(p, r, "the kernel's sums");
	pipeline_flush(p);
	return !p->no_room;
}

/* Whether the file still takes what it began with. */
static bool flush_into(struct pipeline *p, uint32_t file)
{
	pipeline_flush(p);
	return !p->no_room && !p->failure && p->stream->now.file == file;
}

/* The file's last records. Returns 0 if they are in it. */
static int end_file(struct pipeline *p)
{
	uint32_t file = p->stream->now.file;
	int r;

	do {
		if (!flush_into(p, file))
			return -EIO;
		r = reports_end(&p->reports, "rotated");
	} while (r == REPORTS_MORE);
	pipeline_check(p, r, "the kernel's sums");
	if (!flush_into(p, file))
		return -EIO;
	r = sink_end(p->sink);
	check_sink(p, r);
	return r;
}

/* The old file takes what comes, until the next one can be opened. */
static void next_failed(struct pipeline *p, const char *text)
{
	p->retry_nano = clock_nano(CLOCK_BOOTTIME) + RETRY_NEXT_NANO;
	(void)wakeup_rotate(&p->wakeup, p->retry_nano);
	if (!p->next_failed)
		(void)snprintf(p->notice, sizeof(p->notice), "%s: goes on in %s", text,
			       p->sink->name);
	p->next_failed = true;
}

/* By time also when nothing has happened. */
static bool is_due(const struct pipeline *p)
{
	const uint64_t now = clock_nano(CLOCK_BOOTTIME);

	/* one that could not be begun is tried again later */
	return now >= (p->next_failed ? p->retry_nano : sink_due_at(p->sink)) ||
	       pipeline_file_is_full(p);
}

void pipeline_rotate(struct pipeline *p)
{
	bool reopen = p->reopen;
	char text[384];
	int r;

	if (p->reason || p->no_room || !(reopen || is_due(p)))
		return;
	p->reopen = false;
	r = sink_prepare(p->sink, reopen, text, sizeof(text));
	if (r == -ENOTSUP)
		return;
	if (r < 0) {
		next_failed(p, text);
		return;
	}
	p->next_failed = false;
	if (end_file(p) < 0) {
		sink_discard(p->sink);
		p->reopen = reopen;
		return;
	}
	r = sink_switch(p->sink);
	if (r < 0)
		(void)snprintf(p->notice, sizeof(p->notice),
			       "a file before %s could not be synced: %s", p->sink->name,
			       strerror(-r));
	stream_next_file(p->stream);
	pipeline_commit(p);
	r = pipeline_open_file(p);
	pipeline_check(p, r, "the kernel's sums");
	(void)wakeup_rotate(&p->wakeup, sink_due_at(p->sink));
	sink_retain(p->sink);
	pipeline_flush(p);
}

void pipeline_retain(struct pipeline *p)
{
	uint64_t now = clock_nano(CLOCK_BOOTTIME);

	if (now - p->retained_nano < RETAIN_NANO)
		return;
	p->retained_nano = now;
	sink_retain(p->sink);
}
