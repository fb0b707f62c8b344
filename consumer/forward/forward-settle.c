/* SPDX-License-Identifier: Apache-2.0 */
/* What the target has settled, where the cursor stands, and what is told of both. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/forward/forward-internal.h"
#include "consumer/forwarding/forward-status.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define SAVE_NANO UINT64_C(1000000000)
#define STATUS_NANO UINT64_C(10000000000) /* when nothing has changed */

void forward_say(const struct forward *forward, const char *format, ...)
{
	char text[2 * TARGET_PROBLEM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	forward->options->say(forward->options->data, text);
}

void forward_fail(struct forward *forward, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(forward->why, sizeof(forward->why), format, args);
	va_end(args);
	forward_say(forward, "%s", forward->why);
}

static void take_settled(struct forward *forward, uint64_t settled)
{
	struct pending *pending = forward->pending;

	for (; pending->first < settled && pending->first < pending->end; pending->first++) {
		const struct pending_record *record = pending_at(pending, pending->first);
		struct bookmark_stream *mark = &forward->bookmark.streams[record->stream];

		if (record->seq < mark->seq)
			continue;
		mark->seq = record->seq;
		mark->left_out = record->left_out;
	}
}

/* Once when something begins to be wrong, once when it turns out that waiting does not mend it, and
 * once when it ends. */
static void tell_trouble(struct forward *forward, const struct target_sums *sums)
{
	bool troubled = *sums->problem, barred = troubled && sums->barred;

	if (troubled == forward->troubled && (!barred || forward->barred))
		return;
	forward->troubled = troubled;
	forward->barred = barred;
	forward->status_due = true;
	forward_say(forward, "%s", troubled ? sums->problem : "it answers again");
}

int forward_work(struct forward *forward, int timeout_ms, bool flush)
{
	const struct target_ops *ops = forward->options->ops;
	const struct target_sums *sums;
	int r = ops->run(forward->target, timeout_ms, flush);

	sums = ops->sums(forward->target);
	take_settled(forward, sums->settled);
	if (!r) /* else it ends, and why is told then */
		tell_trouble(forward, sums);
	(void)forward_save(forward, false);
	return r;
}

/* ---- status ---- */

/* What is wrong with one that runs, or why one ended that should not have. */
static const char *problem_of(const struct forward *forward, const struct target_sums *sums,
			      bool ended)
{
	if (ended)
		return forward->why;
	return *sums->problem           ? sums->problem
	       : forward->refused_error ? "what is refused cannot be kept, and forwarding waits"
					: "";
}

/* Who reads it works in another folder. "": too long for it. */
static void name_lock(const struct bookmark *bookmark, char ret[FORWARD_TEXT])
{
	_cleanup_free_ char *path = NULL;
	char lock[PATH_MAX];

	(void)snprintf(lock, sizeof(lock), "%s" BOOKMARK_LOCK, bookmark->path);
	path = bookmark->lock >= 0 ? realpath(lock, NULL) : NULL;
	if (path && strlen(path) < FORWARD_TEXT && !strchr(path, '\n'))
		(void)strcpy(ret, path);
}

static struct forward_status status_of(const struct forward *forward, bool ended)
{
	static const struct target_sums none;
	const struct forward_options *options = forward->options;
	const struct target_sums *sums =
		forward->target ? options->ops->sums(forward->target) : &none;
	const struct pending *pending = forward->pending;
	const uint64_t now = clock_nano(CLOCK_REALTIME);
	const uint64_t oldest = forward_is_settled(forward)
					? 0
					: pending_at(pending, pending->first)->time_unix_nano;
	struct forward_status status = {
		.since_unix_nano = forward->started_unix_nano,
		.time_unix_nano = now,
		.pid = (uint64_t)getpid(),
		.ended = ended,
		.taken = sums->taken,
		.settled = sums->settled,
		.sent = sums->sent,
		.acknowledged = sums->acknowledged,
		.retried = sums->retried,
		.refused = sums->refused,
		.doubled = sums->doubled,
		.deleted = forward->deleted,
		.sent_bytes = sums->bytes,
		.lag_records = pending->end - pending->first,
		.lag_nano = oldest && oldest < now ? now - oldest : 0,
	};

	(void)snprintf(status.to, sizeof(status.to), "%s", forward->shown);
	(void)snprintf(status.path, sizeof(status.path), "%s", options->path);
	(void)snprintf(status.cursor, sizeof(status.cursor), "%s",
		       options->cursor ? options->cursor : "");
	name_lock(&forward->bookmark, status.lock);
	(void)snprintf(status.host, sizeof(status.host), "%s", forward->bookmark.host);
	(void)snprintf(status.problem, sizeof(status.problem), "%s",
		       problem_of(forward, sums, ended));
	(void)snprintf(status.cursor_problem, sizeof(status.cursor_problem), "%s",
		       forward->cursor_error ? strerror(-forward->cursor_error) : "");
	return status;
}

static void save_status(struct forward *forward, uint64_t now, bool ended)
{
	const struct pending *pending = forward->pending;
	bool changed =
		forward->status_settled != pending->first || forward->status_taken != pending->end;
	struct forward_status status;

	if (!forward->options->status ||
	    (!ended && !forward->status_due &&
	     now - forward->status_nano < (changed ? SAVE_NANO : STATUS_NANO)))
		return;
	forward->status_due = false;
	forward->status_nano = now;
	forward->status_settled = pending->first;
	forward->status_taken = pending->end;
	status = status_of(forward, ended);
	/* who reads it sees by its age when this fails */
	(void)forward_status_write(&status, forward->options->status);
}

/* ---- the cursor ---- */

static int save_cursor(struct forward *forward)
{
	int before = forward->cursor_error;

	forward->cursor_error = bookmark_save(&forward->bookmark);
	if (!forward->cursor_error)
		forward->saved_first = forward->pending->first;
	if (forward->cursor_error && forward->cursor_error != before)
		forward_say(forward,
			    "the cursor %s cannot be written: %s; forwarding goes on, and after a "
			    "restart begins again where it was written last",
			    forward->options->cursor, strerror(-forward->cursor_error));
	else if (before && !forward->cursor_error)
		forward_say(forward, "the cursor can be written again");
	return forward->cursor_error;
}

int forward_save(struct forward *forward, bool ends)
{
	uint64_t now = clock_nano(CLOCK_MONOTONIC);
	int r = 0;

	if (forward->options->cursor && forward->saved_first != forward->pending->first &&
	    (ends || now - forward->saved_nano >= SAVE_NANO)) {
		forward->saved_nano = now;
		r = save_cursor(forward);
	}
	save_status(forward, now, ends);
	return r;
}
