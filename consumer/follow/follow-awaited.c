/* SPDX-License-Identifier: Apache-2.0 */
/* Who follows a copy, or a folder that nobody writes to any more, sits before it as before one in
 * which nothing happens. */
#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/files/path-problem.h"
#include "consumer/follow/follow-rotation.h"

#define AWAITED_SIZE (LINE_FILE + PATH_PROBLEM + 256)

/* Of one that its streamer has locked it is told that it is gone (growing_tell_gone). */
static bool will_be_told(const struct followed *file)
{
	const Ringside__V1__Header *header = reader_header(file->reader);

	return !file->footer && header && header->locked;
}

static bool is_written(const struct rotation *rotation)
{
	for (size_t i = 0; i < rotation->follow.n; i++)
		if (being_written_check(reader_fd(rotation->follow.all[i]->reader)) != 0)
			return true;
	return rotation->begun;
}

/* Asked before the rest is read: who closes a file meanwhile has written a Footer. */
void rotation_look_awaited(struct rotation *rotation)
{
	rotation->idle = !is_written(rotation);
}

/* The end of what is there, of a single file; NULL: the stream is. */
static const char *end_of_file(const struct followed *file)
{
	if (!file->footer)
		return "it has no Footer, and nobody is writing it: waiting for what may be added";
	return file->rotated
		       ? "its stream goes on in another file, which is not here: waiting for it"
		       : NULL;
}

static bool is_idle(const struct rotation *rotation)
{
	for (size_t i = 0; i < rotation->follow.n; i++)
		if (will_be_told(rotation->follow.all[i]))
			return false;
	return rotation->idle && !is_written(rotation);
}

static bool put_folder(struct line *line, const struct rotation *rotation)
{
	const bool idle = is_idle(rotation);
	char text[PATH_PROBLEM];
	const char *inner = path_inner(rotation->path, "followed", text);

	if (idle)
		line_text(line, "nobody is writing a recording in it: waiting for one");
	if (inner) {
		line_text(line, idle ? "; " : "");
		line_text(line, inner);
		return true;
	}
	return idle;
}

void rotation_tell_awaited(struct rotation *rotation)
{
	char text[AWAITED_SIZE], safe[LINE_FILE];
	struct line line = line_make(text, sizeof(text));
	const struct followed *file =
		!rotation->whole && rotation->follow.n ? rotation->follow.all[0] : NULL;
	const char *end = file && is_idle(rotation) ? end_of_file(file) : NULL;
	bool any = end != NULL;

	if (rotation->awaited)
		return;
	rotation->awaited = true;
	line_text(&line, line_file(file ? file->path : rotation->path, safe));
	line_text(&line, ": ");
	line_text(&line, end ? end : "");
	if (rotation->whole && !rotation->empty)
		any = put_folder(&line, rotation);
	(void)line_end(&line);
	if (any)
		rotation->follow.ops->error(rotation->follow.data, text, 0);
}
