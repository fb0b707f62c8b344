/* SPDX-License-Identifier: Apache-2.0 */
/* All that has to be there before the first record is read, and after the last one. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/forward/forward-internal.h"
#include "consumer/read/derived.h"
#include "proto/base/hex.h"

/* It cannot be kept just now: the target tries again. */
static int wait_for_room(struct forward *forward, int error)
{
	char safe[LINE_FILE];

	if (forward->refused_error != error)
		forward_say(forward,
			    "%s: %s: what is refused cannot be kept, and forwarding waits until it "
			    "can",
			    line_file(forward->options->refused, safe),
			    error == -EFBIG ? "full" : strerror(-error));
	forward->refused_error = error;
	return -EAGAIN;
}

static int keep_refused(void *data, const uint8_t *stream_id, uint64_t seq, const char *status,
			const char *why, const uint8_t *frame, size_t size)
{
	struct forward *forward = data;
	char id[HEX_SIZE(TARGET_ID)], safe[LINE_FILE];
	int r = 0;

	if (forward->options->refused)
		r = refused_put(&forward->refused, stream_id, seq, status, why, frame, size);
	if (r)
		return wait_for_room(forward, r);
	if (forward->options->refused && forward->n_refused_said)
		return 0;
	hex_put(id, stream_id, TARGET_ID);
	forward->n_refused_said = true;
	forward_say(forward, "refused (%s, %.200s): record %s:%" PRIu64 "%s%s", status,
		    line_file(why, safe), id, seq,
		    forward->options->refused ? "; what is refused is kept in " : "",
		    forward->options->refused ? forward->options->refused : "");
	return 0;
}

static int sync_refused(void *data)
{
	struct forward *forward = data;
	int r = forward->options->refused ? refused_sync(&forward->refused) : 0;

	if (r)
		return wait_for_room(forward, r);
	if (!forward->refused.full)
		forward->refused_error = 0;
	return 0;
}

static void say_of_target(void *data, const char *text)
{
	forward_say(data, "%s", text);
}

static int open_target(struct forward *forward)
{
	const struct target_options options = {
		.url = forward->options->url,
		.rest = forward->options->url + strcspn(forward->options->url, ":") + 1,
		.memory = forward->options->memory,
		.set = forward->options->set,
		.refuse = keep_refused,
		.keep = sync_refused,
		.say = say_of_target,
		.data = forward,
		.stop = forward->options->stop,
	};
	char problem[TARGET_PROBLEM] = "";
	int r = forward->options->ops->open(&forward->target, &options, problem);

	if (r)
		forward_fail(forward, "%s", *problem ? problem : strerror(-r));
	return r;
}

static int open_cursor(struct forward *forward)
{
	char problem[BOOKMARK_PROBLEM];
	int r;

	if (!forward->options->cursor)
		return 0;
	r = bookmark_open(&forward->bookmark, forward->options->cursor, problem);
	if (r) {
		forward_fail(forward, "%s", problem);
		return r;
	}
	if (forward->bookmark.half)
		forward_say(forward, "%s", forward->bookmark.note);
	forward->continues = forward->bookmark.n || forward->bookmark.begun;
	return 0;
}

static int open_refused(struct forward *forward)
{
	const char *path = forward->options->refused;
	char safe[LINE_FILE];
	int r;

	r = path ? refused_open(&forward->refused, path, forward->shown) : 0;
	if (r)
		forward_fail(forward,
			     "%s: %s: what is refused could not be kept: name another file "
			     "with --refused",
			     line_file(path, safe), strerror(-r));
	return r;
}

static int open_redact(struct forward *forward)
{
	char problem[TARGET_PROBLEM];
	int r = forward->options->redact
			? redact_new(&forward->redact, forward->options->redact, problem)
			: 0;

	if (r)
		forward_fail(forward, "%s", r == -ENOMEM ? strerror(ENOMEM) : problem);
	return r;
}

int forward_open(struct forward *forward)
{
	int r = open_redact(forward);

	if (!r)
		r = open_cursor(forward);
	if (!r)
		r = open_refused(forward);
	forward->pending = calloc(1, sizeof(*forward->pending));
	forward->stamps = calloc(1, sizeof(*forward->stamps));
	forward->complete = malloc(FRAME_MAX + DERIVED_MORE);
	if (!r && (!forward->pending || !forward->stamps || !forward->complete))
		r = -ENOMEM;
	return r ? r : open_target(forward);
}

void forward_close(struct forward *forward)
{
	if (forward->target)
		forward->options->ops->close(forward->target);
	bookmark_close(&forward->bookmark);
	refused_close(&forward->refused);
	(void)redact_free(forward->redact);
	free(forward->streams);
	free(forward->pending);
	free(forward->stamps);
	free(forward->complete);
}
