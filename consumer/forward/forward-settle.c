/* SPDX-License-Identifier: Apache-2.0 */
/* What the target has settled, where the cursor stands, and what is told of both. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "consumer/base/json-page.h"
#include "consumer/base/memory-file.h"
#include "consumer/forward/forward-internal.h"
#include "proto/base/clock.h"

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

/* Once when something begins to be wrong, and once when it ends. */
static void tell_trouble(struct forward *forward, const struct target_sums *sums)
{
	bool troubled = *sums->problem;

	if (troubled == forward->troubled)
		return;
	forward->troubled = troubled;
	forward_say(forward, "%s", troubled ? sums->problem : "it answers again");
}

int forward_work(struct forward *forward, int timeout_ms, bool flush)
{
	const struct target_ops *ops = forward->options->ops;
	const struct target_sums *sums;
	int r = ops->run(forward->target, timeout_ms, flush);

	sums = ops->sums(forward->target);
	take_settled(forward, sums->settled);
	tell_trouble(forward, sums);
	(void)forward_save(forward, false);
	return r;
}

/* ---- status ---- */

static void put_status(struct writer *writer, void *data)
{
	const struct forward *forward = data;
	const struct pending *pending = forward->pending;
	const struct target_sums *sums = forward->options->ops->sums(forward->target);
	const uint64_t now = clock_nano(CLOCK_REALTIME);
	struct json_page page = json_begin_page(writer);
	uint64_t oldest = forward_is_settled(forward)
				  ? 0
				  : pending_at(pending, pending->first)->time_unix_nano;

	json_add_text(&page, "to", forward->options->url);
	json_add_text(&page, "path", forward->options->path);
	json_add_known_text(&page, "cursor", forward->options->cursor);
	json_add_known_text(&page, "host", forward->bookmark.host);
	json_add_time(&page, "since", forward->started_unix_nano);
	json_add_time(&page, "time", now);
	json_add_int(&page, "pid", getpid());
	json_add_uint(&page, "taken", sums->taken);
	json_add_uint(&page, "settled", sums->settled);
	json_add_uint(&page, "sent", sums->sent);
	json_add_uint(&page, "acknowledged", sums->acknowledged);
	json_add_uint(&page, "retried", sums->retried);
	json_add_uint(&page, "refused", sums->refused);
	json_add_uint(&page, "doubled", sums->doubled);
	json_add_uint(&page, "deleted", forward->deleted);
	json_add_uint(&page, "sent_bytes", sums->bytes);
	json_add_uint(&page, "lag_records", pending->end - pending->first);
	json_add_double(&page, "lag_seconds", 3,
			oldest && oldest < now ? (double)(now - oldest) / 1e9 : 0);
	json_add_known_text(&page, "problem", sums->problem);
	json_add_known_text(&page, "cursor_problem",
			    forward->cursor_error ? strerror(-forward->cursor_error) : NULL);
	json_end_page(&page);
}

static void save_status(struct forward *forward, uint64_t now, bool due)
{
	const struct pending *pending = forward->pending;
	bool changed =
		forward->status_settled != pending->first || forward->status_taken != pending->end;

	if (!forward->options->status ||
	    (!due && now - forward->status_nano < (changed ? SAVE_NANO : STATUS_NANO)))
		return;
	forward->status_nano = now;
	forward->status_settled = pending->first;
	forward->status_taken = pending->end;
	/* who reads it sees by its age when this fails */
	(void)memory_file_replace(forward->options->status, put_status, forward);
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

int forward_save(struct forward *forward, bool due)
{
	uint64_t now = clock_nano(CLOCK_MONOTONIC);
	int r = 0;

	if (forward->options->cursor && forward->saved_first != forward->pending->first &&
	    (due || now - forward->saved_nano >= SAVE_NANO)) {
		forward->saved_nano = now;
		r = save_cursor(forward);
	}
	save_status(forward, now, due);
	return r;
}
