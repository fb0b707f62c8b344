/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/each-record.h"

#include <errno.h>
#include <string.h>

#include "consumer/files/being-written.h"
#include "consumer/files/frame-selection.h"
#include "consumer/files/input-list.h"
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

static void tell_hosts(const struct walk *walk, const struct input_list *list)
{
	for (size_t i = 0; walk->ops->host && i < list->n; i++)
		if (list->all[i].known)
			walk->ops->host(walk->data, list->all[i].id.host_name);
}

int each_record_in(char *const *paths, int n, const struct filter *filter,
		   const struct each_record_ops *ops, void *data)
{
	_cleanup_(input_list_done) struct input_list list = {0};
	const struct walk walk = {.filter = filter, .ops = ops, .data = data};
	const char *default_path = inputs_default();
	int r;

	r = n ? input_list_new(&list, (const char *const *)paths, n, ops->error, data)
	      : input_list_new(&list, &default_path, 1, ops->error, data);
	tell_hosts(&walk, &list);
	for (size_t i = 0; !r && i < list.n; i++)
		r = walk_input(&walk, list.all[i].path);
	return r;
}
