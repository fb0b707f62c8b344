/* SPDX-License-Identifier: Apache-2.0 */
/* The recordings: from where, in which order, and whether they are those that the cursor is of. */
#include <errno.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/files/path-problem.h"
#include "consumer/forward/forward-internal.h"
#include "consumer/forward/resume.h"

static struct forward *of(void *data)
{
	return data;
}

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

static int follow(struct forward *forward)
{
	struct rotation *rotation = &forward->rotation;
	int r = rotation_start(rotation);

	while (!r && !forward->cursor_error && rotation_goes_on(rotation)) {
		/* what is on its way is waited for, and what is recorded meanwhile not kept back */
		const bool idle = forward_is_settled(forward);

		r = idle ? watch_wait(&rotation->watch, forward->options->stop_fd) : 0;
		if (!r) /* idle, too: it may have lost what it had */
			r = forward_work(forward, idle ? 0 : FORWARD_WAIT_MS, true);
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

int forward_read(struct forward *forward)
{
	const struct forward_options *options = forward->options;
	int r;

	if (!strcmp(options->path, "-"))
		return read_pipe(forward);
	forward->rotation = (struct rotation){
		.ops = &trail_all,
		.follow = {.ops = &forwarding, .data = forward},
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
