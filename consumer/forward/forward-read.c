/* SPDX-License-Identifier: Apache-2.0 */
/* The recordings: from where, in which order, and whether they are those that the cursor is of. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/files/path-problem.h"
#include "consumer/forward/forward-internal.h"
#include "consumer/forward/resume.h"

#define PIPE_WAIT_MS 20 /* for the target, before the pipe is looked at again */

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

/* It is there, and says nothing of what is in it. */
static bool is_closed(int error)
{
	return error == -EACCES || error == -EPERM || error == -EMFILE || error == -ENFILE ||
	       error == -ENOMEM;
}

/* What is there, but not for us, must not look as if it had been deleted. */
static int refuse_closed(struct forward *forward, const struct recording *one)
{
	char safe[LINE_FILE], why[PATH_PROBLEM];

	forward_fail(forward, "%s: %s: what is in it could not be forwarded",
		     line_file(one->path, safe), path_problem(one->path, one->error, why));
	return one->error;
}

/* Who forwards what is there, and ends, may take it for all. */
static void tell_inner(struct forward *forward)
{
	const char *path = forward->rotation.path;
	char text[PATH_PROBLEM], safe[LINE_FILE];

	if (!path_inner(path, "forwarded", text))
		return;
	forward->failed |= !forward->rotation.following;
	forward_say(forward, "%s: %s", line_file(path, safe), text);
}

/* rotation_ops */
static int plan_starts(void *data, const struct folder *list, struct rotation_start *starts,
		       size_t *ret_n)
{
	struct forward *forward = data;
	const bool only_excerpts = has_only_excerpts(list);

	forward->refusal = forward_check_cursor(forward, list);
	for (size_t i = 0; !forward->refusal && i < list->n; i++)
		if (is_closed(list->all[i].error))
			forward->refusal = refuse_closed(forward, &list->all[i]);
	if (!forward->refusal && list->n) /* of one without recordings it is told already */
		tell_inner(forward);
	for (size_t i = 0; !forward->refusal && i < list->n; i++) {
		const struct recording *one = &list->all[i];

		/* one whose Header cannot be read is read for what is wrong with it */
		if (one->known ? (one->id.excerpt && !only_excerpts) || is_done(forward, list, i)
			       : !one->headless)
			continue;
		resume_find(&forward->bookmark, one->path, &starts[*ret_n].last);
		starts[(*ret_n)++].file = i;
	}
	return 0;
}

static int begin_single(void *data, const char *path, struct last_records *ret)
{
	struct forward *forward = data;
	struct recording one = {.path = (char *)(uintptr_t)path, .known = true};
	const struct folder list = {.n = 1, .all = &one};

	if (!folder_identify(path, &one.id))
		forward->refusal = forward_check_cursor(forward, &list);
	if (!forward->refusal)
		resume_find(&forward->bookmark, path, ret);
	return forward->refusal;
}

/* What was settled before is known by its numbers, too. */
static int find_begin(void *data, const char *path, struct last_records *ret)
{
	resume_find(&of(data)->bookmark, path, ret);
	return 0;
}

/* It is seen to be alive. */
static void wait_for_place(void *data)
{
	(void)forward_work(data, 0, true);
}

static const struct rotation_ops trail_all = {
	.plan = plan_starts,
	.single = begin_single,
	.end = find_begin,
	.wait = wait_for_place,
};

/* each_record_ops */
static void begin_input(void *data, struct reader *reader, const char *name)
{
	reader_set_raw(reader, true);
	of(data)->reader = NULL;
	of(data)->headless_said = of(data)->others_said = false;
}

static void complain_about(void *data, const char *problem)
{
	struct forward *forward = data;

	if (forward_is_stopped(forward)) /* a pipe that was left in the middle of a record */
		return;
	forward->failed = true;
	if (forward->reader)
		forward->streams[forward->stream].torn = true;
	forward_say(forward, "%s", problem);
}

/* Without the folder's list, or a file of it that is not deleted, nobody knows what is left out. */
static bool ends_it(const struct forward *forward, const char *name, int error)
{
	const struct rotation *rotation = &forward->rotation;

	if (!rotation->whole || error == -ENOENT || error == -ENODATA)
		return false;
	return is_closed(error) || !strcmp(name, rotation->path);
}

static void say_error(void *data, const char *name, int error)
{
	struct forward *forward = data;
	char safe[LINE_FILE], why[PATH_PROBLEM];

	if (forward->refusal) /* it was said */
		return;
	if (!error) {
		forward_say(forward, "%s", name);
		return;
	}
	forward->failed = true;
	(void)path_problem(name, error, why);
	if (ends_it(forward, name, error)) {
		forward->refusal = error;
		forward_fail(forward, "%s: %s", line_file(name, safe), why);
		return;
	}
	forward_say(forward, "%s: %s", line_file(name, safe), why);
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

	while (!r && !forward->refusal && !forward_is_stopped(forward) &&
	       rotation_goes_on(rotation)) {
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

/* Nothing more is read: what is there ends here. */
static void end_pipe(void)
{
	_cleanup_close_ int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (nothing >= 0)
		(void)dup2(nothing, STDIN_FILENO);
}

/* input_on_idle: what is on its way goes on while nothing comes, and whoever stops it does not wait
 * for the next record. */
static void work_meanwhile(void *data)
{
	struct forward *forward = data;
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = forward->options->stop_fd}};
	int r = 0;

	while (!r && !forward_is_stopped(forward)) {
		const bool idle = forward_is_settled(forward);

		if (poll(fds, ARRAY_SIZE(fds), idle ? FORWARD_WAIT_MS : 0) > 0 && fds[0].revents)
			return;
		r = forward_work(forward, idle ? 0 : PIPE_WAIT_MS, true);
	}
	forward->pipe_error = r;
	end_pipe();
}

static int read_pipe(struct forward *forward)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int answer, r = reader_open(&reader, "-");

	if (r) {
		say_error(forward, "stdin", r);
		return 0;
	}
	input_on_idle(reader_input(reader), work_meanwhile, forward);
	begin_input(forward, reader, "-");
	r = each_record(reader, &forwarding, forward, NULL, &answer);
	if (forward->pipe_error)
		return forward->pipe_error;
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
		.again = true,
		.watch.fd = -1,
	};
	r = forward_resume(forward);
	if (!r)
		r = follow(forward);
	rotation_done(&forward->rotation);
	return r;
}
