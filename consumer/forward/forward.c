/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/forward.h"

#include <errno.h>
#include <string.h>

#include "consumer/forward/forward-internal.h"
#include "proto/base/clock.h"
#include "proto/base/count.h"

/* For what is on its way when it is to stop, of five seconds in all: that it is to stop may be seen
 * FORWARD_WAIT_MS late. From who is known to be away nothing is expected. */
#define LAST_NANO UINT64_C(4000000000)
#define LAST_AWAY_NANO UINT64_C(1000000000)

/* Until all is settled, or it is to stop. 0 or -errno. */
static int settle_all(struct forward *forward)
{
	int r = 0;

	while (!r && !forward_is_settled(forward) && !forward_is_stopped(forward))
		r = forward_work(forward, FORWARD_WAIT_MS, true);
	return r;
}

/* What is on its way may still be acknowledged: then it need not be sent again. */
static void settle_last(struct forward *forward)
{
	const uint64_t begin = clock_nano(CLOCK_MONOTONIC);
	uint64_t most = LAST_NANO;

	while (!forward_is_settled(forward) && clock_nano(CLOCK_MONOTONIC) - begin < most) {
		if (forward_work(forward, 100, true))
			return;
		most = *forward->options->ops->sums(forward->target)->problem ? LAST_AWAY_NANO
									      : LAST_NANO;
	}
}

/* One line at the end. */
static void tell_sums(struct forward *forward)
{
	const struct target_sums *sums = forward->options->ops->sums(forward->target);
	uint64_t left = forward->pending->end - forward->pending->first;

	forward_say(forward, "%s: %s acknowledged, %s retried, %s refused%s%s",
		    COUNTED(sums->taken, "record"), COUNT(sums->acknowledged), COUNT(sums->retried),
		    COUNT(sums->refused), left ? ", not settled: " : "", left ? COUNT(left) : "");
}

/* The other side has lost what it had acknowledged. Streams stand in the order in which they came:
 * those behind the one it names are given again whole; so is that one where what a filter left out
 * up to there is not known. 0 or -errno. */
static int go_back(struct forward *forward)
{
	const struct target_sums *sums = forward->options->ops->sums(forward->target);
	struct bookmark *bookmark = &forward->bookmark;
	const struct bookmark_stream *mark = bookmark_find(bookmark, sums->back_id);
	size_t at = mark ? (size_t)(mark - bookmark->streams) : 0;

	if (!forward->options->cursor) {
		forward_say(forward,
			    "the other side lost what it had acknowledged, and a pipe cannot be "
			    "read again");
		return -ESPIPE;
	}
	forward_say(forward, "%s",
		    *sums->problem ? sums->problem
				   : "the other side lost what it had acknowledged: it "
				     "is sent again");
	for (size_t i = at; i < bookmark->n; i++) {
		bool from_there = mark && i == at && !forward->filtered;
		struct bookmark_stream *stream = &bookmark->streams[i];
		uint64_t least = stream->from ? stream->from - 1 : 0;

		stream->seq = from_there ? min_u64(sums->back_seq, stream->seq) : least;
		stream->seq = max_u64(stream->seq, least);
		stream->left_out = 0;
	}
	return bookmark_save(bookmark);
}

static int run(struct forward *forward)
{
	const struct target_sums *sums;
	int r = forward_read(forward);

	if (!r)
		r = settle_all(forward);
	if (r == -ESTALE)
		return go_back(forward) ? -EIO : r;
	if (r == -ECANCELED || r == -EPIPE || forward_is_stopped(forward))
		r = 0;
	if (!r)
		settle_last(forward);
	sums = forward->options->ops->sums(forward->target);
	if (r)
		forward_fail(forward, "%s", *sums->problem ? sums->problem : strerror(-r));
	(void)forward_save(forward, true);
	tell_sums(forward);
	if (r || forward->refusal || forward->cursor_error)
		return r ? r : forward->refusal ? forward->refusal : forward->cursor_error;
	return forward->failed || sums->refused;
}

static int run_once(struct forward *forward, const struct forward_options *options)
{
	int r;

	*forward = (struct forward){
		.options = options,
		.bookmark.lock = -1,
		.refused.fd = -1,
		.filtered = options->filter && !filter_is_empty(options->filter),
		.started_unix_nano = clock_nano(CLOCK_REALTIME),
	};
	(void)target_shown(options->url, forward->shown);
	r = forward_open(forward);
	if (!r)
		r = run(forward);
	else if (r != -EBUSY && forward->pending)
		(void)forward_save(forward, true); /* the file of who holds the cursor stays */
	forward_close(forward);
	return r;
}

int forward_run(struct forward *forward, const struct forward_options *options)
{
	int r;

	do {
		r = run_once(forward, options);
	} while (r == -ESTALE && !atomic_load(options->stop));
	return r == -ESTALE ? 0 : r;
}
