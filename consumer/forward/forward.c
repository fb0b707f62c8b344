/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/forward.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/files/path-problem.h"
#include "consumer/forward/forward-internal.h"
#include "consumer/forward/resume.h"
#include "consumer/read/derived.h"
#include "proto/base/clock.h"
#include "proto/base/count.h"
#include "proto/base/hex.h"

#define WAIT_MS 1000
#define LAST_NANO UINT64_C(5000000000) /* for what is on its way when it is to stop */

static struct forward *of(void *data)
{
	return data;
}

/* ---- reading ---- */

static bool is_done(const struct forward *forward, const struct folder *list, size_t at)
{
	const struct bookmark_stream *mark =
		bookmark_find(&forward->bookmark, list->all[at].id.stream_id);

	for (size_t i = at + 1; mark && i < list->n; i++)
		if (folder_same_stream(&list->all[i], &list->all[at]))
			return list->all[i].id.first_seq <= mark->seq + 1;
	return false;
}

/* Excerpts hold what others have: they are for where there is nothing else. */
static bool has_only_excerpts(const struct folder *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->all[i].known && !list->all[i].id.excerpt)
			return false;
	return true;
}

/* The cursor is of these recordings, as far as can be told. */
static bool is_ours(const struct bookmark *bookmark, const struct folder *list)
{
	bool known = false;

	for (size_t i = 0; i < list->n; i++) {
		const struct folder_id *id = &list->all[i].id;

		if (!list->all[i].known)
			continue;
		if (bookmark_find(bookmark, id->stream_id) ||
		    (*bookmark->machine ? text_equal(bookmark->machine, id->machine_id)
					: text_equal(bookmark->host, id->host_name)))
			return true;
		known = true;
	}
	return !known;
}

static int refuse_cursor(struct forward *forward, const struct folder *list)
{
	const char *host = "";
	char safe[LINE_FILE], other[LINE_FILE];

	for (size_t i = list->n; i--;)
		if (list->all[i].known)
			host = list->all[i].id.host_name;
	forward_say(forward,
		    "the cursor %s is of the host %.64s, the recordings are of %.64s: name another "
		    "with --cursor",
		    forward->options->cursor, line_file(forward->bookmark.host, safe),
		    line_file(host, other));
	return -EXDEV;
}

/* rotation_ops */
static int plan_starts(void *data, const struct folder *list, struct rotation_start *starts,
		       size_t *ret_n)
{
	struct forward *forward = data;
	const bool only_excerpts = has_only_excerpts(list);

	if (forward->continues && *forward->bookmark.host && !is_ours(&forward->bookmark, list)) {
		forward->cursor_error = refuse_cursor(forward, list);
		return 0;
	}
	for (size_t i = 0; i < list->n; i++)
		if (list->all[i].known && (only_excerpts || !list->all[i].id.excerpt) &&
		    !is_done(forward, list, i)) {
			resume_find(&forward->bookmark, list->all[i].path, &starts[*ret_n].last);
			starts[(*ret_n)++].file = i;
		}
	return 0;
}

/* What was settled before is known by its numbers, too. */
static int find_begin(void *data, const char *path, struct last_records *ret)
{
	resume_find(&of(data)->bookmark, path, ret);
	return 0;
}

static const struct rotation_ops trail_all = {
	.plan = plan_starts,
	.single = find_begin,
	.end = find_begin,
};

/* each_record_ops */
static void begin_input(void *data, struct reader *reader, const char *name)
{
	reader_set_raw(reader, true);
	of(data)->reader = NULL;
}

static void complain_about(void *data, const char *problem)
{
	of(data)->failed = true;
	forward_say(data, "%s", problem);
}

static void say_error(void *data, const char *name, int error)
{
	char safe[LINE_FILE], why[PATH_PROBLEM];

	if (!error) {
		forward_say(data, "%s", name);
		return;
	}
	of(data)->failed = true;
	forward_say(data, "%s: %s", line_file(name, safe), path_problem(name, error, why));
}

static void end_input(void *data, const struct reader *reader, const char *name, int answer)
{
}

static const struct each_record_ops forwarding = {
	.begin = begin_input,
	.put = forward_put,
	.complain = complain_about,
	.error = say_error,
	.end = end_input,
};

/* ---- the target's side ---- */

static int keep_refused(void *data, const uint8_t *stream_id, uint64_t seq, const char *status,
			const char *why, const uint8_t *frame, size_t size)
{
	struct forward *forward = data;
	char id[HEX_SIZE(TARGET_ID)], safe[LINE_FILE];
	int r = 0;

	if (forward->options->refused)
		r = refused_put(&forward->refused, stream_id, seq, status, why, frame, size);
	if (r || (forward->options->refused && forward->n_refused_said))
		return r;
	hex_put(id, stream_id, TARGET_ID);
	forward->n_refused_said = true;
	forward_say(forward, "refused (%s, %.200s): record %s:%" PRIu64 "%s%s", status,
		    line_file(why, safe), id, seq,
		    forward->options->refused ? "; what is refused is kept in " : "",
		    forward->options->refused ? forward->options->refused : "");
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
		.say = say_of_target,
		.data = forward,
	};
	char problem[TARGET_PROBLEM] = "";
	int r = forward->options->ops->open(&forward->target, &options, problem);

	if (r)
		forward_say(forward, "%s", *problem ? problem : strerror(-r));
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
		forward_say(forward, "%s", problem);
		return r;
	}
	if (forward->bookmark.half)
		forward_say(forward, "%s", forward->bookmark.note);
	forward->continues = forward->bookmark.n;
	return 0;
}

static int open_refused(struct forward *forward)
{
	const char *path = forward->options->refused;
	char safe[LINE_FILE];
	int r;

	r = path ? refused_open(&forward->refused, path, forward->options->url) : 0;
	if (r)
		forward_say(forward,
			    "%s: %s: what is refused could not be kept: name another file "
			    "with --refused",
			    line_file(path, safe), strerror(-r));
	return r;
}

/* ---- */

/* Until all is settled, or it is to stop. 0 or -errno. */
static int settle_all(struct forward *forward)
{
	int r = 0;

	while (!r && !forward_is_settled(forward) && !forward_is_stopped(forward))
		r = forward_work(forward, WAIT_MS, true);
	return r;
}

/* What is on its way may still be acknowledged: then it need not be sent again. */
static void settle_last(struct forward *forward)
{
	uint64_t end = clock_nano(CLOCK_MONOTONIC) + LAST_NANO;

	while (!forward_is_settled(forward) && clock_nano(CLOCK_MONOTONIC) < end)
		if (forward_work(forward, 100, true))
			return;
}

static int follow(struct forward *forward)
{
	struct rotation *rotation = &forward->rotation;
	int r = rotation_start(rotation);

	while (!r && !forward->cursor_error && rotation_goes_on(rotation)) {
		/* what is on its way is waited for, and what is recorded meanwhile not kept back */
		const bool idle = forward_is_settled(forward);

		r = idle ? watch_wait(&rotation->watch, forward->options->stop_fd) : 0;
		if (!r) /* idle, too: it may have lost what it had */
			r = forward_work(forward, idle ? 0 : WAIT_MS, true);
		if (!r)
			r = rotation_read(rotation);
		if (!r && forward_is_settled(forward))
			(void)forward_save(forward, false);
	}
	return r;
}

static int read_pipe(struct forward *forward)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int answer, r = reader_open(&reader, "-");

	if (r) {
		say_error(forward, "stdin", r);
		return 0;
	}
	begin_input(forward, reader, "-");
	r = each_record(reader, &forwarding, forward, NULL, &answer);
	return !r && answer < 0 ? answer : r;
}

static int read_all(struct forward *forward)
{
	const struct forward_options *options = forward->options;
	int r;

	if (!strcmp(options->path, "-"))
		return read_pipe(forward);
	forward->rotation = (struct rotation){
		.ops = &trail_all,
		.follow = {.ops = &forwarding, .data = forward, .memory = &forward->memory},
		.path = options->path,
		.following = options->following,
		.waits = options->following,
		.out = options->stop_fd,
		.brief = true,
		.watch.fd = -1,
	};
	r = forward_resume(forward);
	if (!r)
		r = follow(forward);
	rotation_done(&forward->rotation);
	return r;
}

static int open_redact(struct forward *forward)
{
	char problem[TARGET_PROBLEM];
	int r = forward->options->redact
			? redact_new(&forward->redact, forward->options->redact, problem)
			: 0;

	if (r)
		forward_say(forward, "%s", r == -ENOMEM ? strerror(ENOMEM) : problem);
	return r;
}

static int open_all(struct forward *forward)
{
	int r = open_redact(forward);

	if (!r)
		r = open_cursor(forward);
	if (!r)
		r = open_refused(forward);
	forward->pending = calloc(1, sizeof(*forward->pending));
	forward->complete = malloc(FRAME_MAX + DERIVED_MORE);
	if (!r && (!forward->pending || !forward->complete))
		r = -ENOMEM;
	return r ? r : open_target(forward);
}

static void close_all(struct forward *forward)
{
	if (forward->target)
		forward->options->ops->close(forward->target);
	bookmark_close(&forward->bookmark);
	refused_close(&forward->refused);
	(void)redact_free(forward->redact);
	record_memory_done(&forward->memory);
	free(forward->streams);
	free(forward->pending);
	free(forward->complete);
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

/* The other side has lost what it had acknowledged: the cursor goes back, and with it those of the
 * streams that came behind. 0 or -errno. */
static int go_back(struct forward *forward)
{
	const struct target_sums *sums = forward->options->ops->sums(forward->target);
	struct bookmark *bookmark = &forward->bookmark;
	const struct bookmark_stream *back = bookmark_find(bookmark, sums->back_id);
	size_t i = back ? (size_t)(back - bookmark->streams) : 0;

	forward_say(forward, "%s", sums->problem);
	if (!forward->options->cursor) {
		forward_say(forward, "a pipe cannot be read again");
		return -ESPIPE;
	}
	for (size_t at = i; at < bookmark->n; at++) {
		struct bookmark_stream *mark = &bookmark->streams[at];
		/* what a filter left out up to there is not known: it is counted anew */
		bool part = back && at == i && !forward->filtered;

		mark->seq = part ? min_u64(mark->seq, sums->back_seq) : 0;
		mark->left_out = 0;
	}
	return bookmark_save(bookmark);
}

static int run(struct forward *forward)
{
	const struct target_sums *sums;
	int r = read_all(forward);

	if (!r)
		r = settle_all(forward);
	if (r == -ESTALE && !go_back(forward))
		return r;
	if (r == -ESTALE)
		r = -EIO;
	if (r == -ECANCELED || r == -EPIPE || forward_is_stopped(forward))
		r = 0;
	if (!r)
		settle_last(forward);
	if (!forward->cursor_error || forward->cursor_error != -EXDEV)
		(void)forward_save(forward, true);
	sums = forward->options->ops->sums(forward->target);
	if (r)
		forward_say(forward, "%s", *sums->problem ? sums->problem : strerror(-r));
	else if (forward->cursor_error)
		r = forward->cursor_error;
	else if (forward->failed || sums->refused)
		r = 1;
	tell_sums(forward);
	return r;
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
	r = open_all(forward);
	if (!r)
		r = run(forward);
	close_all(forward);
	return r;
}

int forward_run(struct forward *forward, const struct forward_options *options)
{
	int r;

	do
		r = run_once(forward, options);
	while (r == -ESTALE && options->cursor && !atomic_load(options->stop));
	return r == -ESTALE ? 0 : r;
}
