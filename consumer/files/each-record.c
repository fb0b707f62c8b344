/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/each-record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "consumer/files/being-written.h"
#include "consumer/files/folder.h"
#include "consumer/files/frame-selection.h"
#include "consumer/files/inputs.h"
#include "proto/base/util.h"

struct walk {
	const struct filter *filter;
	const struct each_record_ops *ops;
	void *data;
};

/* Whether more comes behind an answer that is no record. */
static bool goes_on(const struct reader *reader, const struct each_record_ops *ops, void *data,
		    int answer)
{
	if (answer == READER_END || answer == READER_WAIT)
		return false;
	if (answer == READER_CUT && being_written_check(reader_fd(reader)) == 1)
		return false; /* the rest is being written just now */
	ops->complain(data, reader_problem(reader));
	return answer == READER_DAMAGED;
}

int each_record(struct reader *reader, const struct each_record_ops *ops, void *data,
		int *ret_answer)
{
	struct reader_record item;
	int r;

	for (uint64_t n = 1;; n++) {
		if (n % EACH_RECORD_EVERY == 0 && ops->pass)
			ops->pass(data, reader);
		*ret_answer = reader_next(reader, &item);
		if (*ret_answer && !goes_on(reader, ops, data, *ret_answer))
			return 0;
		r = *ret_answer ? 0 : ops->put(data, reader, &item);
		if (r == READER_DAMAGED)
			ops->complain(data, reader_problem(reader));
		else if (r)
			return r;
	}
}

static int walk_input(const struct walk *walk, const char *path)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct recording_ranges ranges;
	int r, answer;

	r = reader_open(&reader, path);
	if (!r && walk->filter)
		r = frame_selection_for(reader, walk->filter, &ranges);
	path = strcmp(path, "-") ? path : "stdin";
	if (!r)
		input_run_ahead(reader_input(reader));
	if (r) {
		walk->ops->error(walk->data, path, r);
		return 0;
	}
	walk->ops->begin(walk->data, reader, path);
	r = each_record(reader, walk->ops, walk->data, &answer);
	walk->ops->end(walk->data, reader, path, answer);
	return r;
}

static int walk_folder(const struct walk *walk, const char *path)
{
	_cleanup_(folder_done) struct folder list = {0};
	char skipped[PATH_MAX];
	int r = folder_list(&list, path);

	if (!r && folder_skipped(&list, skipped, sizeof(skipped)))
		walk->ops->error(walk->data, skipped, 0);
	if (!r && !list.n)
		r = -ENODATA;
	if (r < 0) {
		walk->ops->error(walk->data, path, r);
		return 0;
	}
	for (size_t i = 0; !r && i < list.n; i++)
		r = walk_input(walk, list.all[i].path);
	return r;
}

int each_record_in(char *const *paths, int n, const struct filter *filter,
		   const struct each_record_ops *ops, void *data)
{
	const struct walk walk = {.filter = filter, .ops = ops, .data = data};
	int r = 0;

	for (int i = 0; !r && i < (n ? n : 1); i++) {
		const char *path = n ? paths[i] : inputs_default();

		r = inputs_is_folder(path) ? walk_folder(&walk, path) : walk_input(&walk, path);
	}
	return r;
}
