/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/last-records.h"

#include <errno.h>
#include <sys/stat.h>

#include "consumer/files/frame-selection.h"
#include "proto/base/util.h"

/* What last_records_find was asked for. */
struct wish {
	const char *path;
	last_records_wants_fn wants;
	void *data;
	uint64_t n;
};

/* Records wanted in the frames from @begin on that @ranges has; all of them without it. */
static int count_wanted(const struct wish *wish, uint64_t begin,
			const struct recording_ranges *ranges, uint64_t *ret)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;
	int r;

	r = reader_open(&reader, wish->path);
	if (!r && ranges)
		r = input_select(reader_input(reader), ranges);
	if (r)
		return r;
	reader_set_raw(reader, true);
	for (;;) {
		r = reader_next(reader, &item);
		if (!r && input_frame_offset(reader_input(reader)) >= begin)
			*ret += wish->wants(wish->data, reader, &item);
		if (r && r != READER_DAMAGED)
			return r < 0 ? r : 0;
	}
}

/* @steps frames back from @begin. */
static int go_back(int fd, uint64_t *begin, unsigned steps)
{
	struct recording_frame frame;

	while (steps-- && *begin) {
		int r = recording_frames_before(fd, *begin, &frame);

		if (r < 0)
			return r;
		*begin = r ? 0 : frame.offset;
	}
	return 0;
}

static int find_backward(const struct wish *wish, int fd, struct last_records *ret)
{
	struct recording_ranges ranges;
	struct last_records last = {0};
	struct stat st;
	uint64_t end = UINT64_MAX; /* what grows meanwhile belongs to the last frame */
	int r = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	last.begin = (uint64_t)st.st_size;
	/* once at least: to begin where a frame does */
	for (unsigned steps = 1; !r && (last.n < wish->n || steps == 1) && last.begin; steps *= 2) {
		r = go_back(fd, &last.begin, steps);
		if (!r)
			r = frame_selection_from(fd, last.begin, &ranges);
		if (r)
			break;
		ranges.all[ranges.n - 1].end = end;
		r = count_wanted(wish, last.begin, &ranges, &last.n);
		end = last.begin;
	}
	*ret = last;
	return r;
}

int last_records_find(const char *path, last_records_wants_fn wants, void *data, uint64_t n,
		      struct last_records *ret)
{
	const struct wish wish = {.path = path, .wants = wants, .data = data, .n = n};
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct last_records last = {0};
	bool compressed;
	struct stat st;
	int r;

	r = reader_open(&reader, path);
	if (r)
		return r;
	if (fstat(reader_fd(reader), &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && n != UINT64_MAX) {
		r = input_is_compressed(reader_input(reader), &compressed);
		if (!r && compressed)
			r = find_backward(&wish, reader_fd(reader), &last);
		else if (!r)
			r = count_wanted(&wish, 0, NULL, &last.n);
	}
	if (r)
		return r;
	if (last.n > n) {
		last.skip = last.n - n;
		last.n = n;
	}
	*ret = last;
	return 0;
}

int last_records_go(const struct last_records *last, struct reader *reader,
		    struct recording_ranges *ranges)
{
	int r;

	if (!last->begin)
		return 0;
	r = frame_selection_from(reader_fd(reader), last->begin, ranges);
	return r ? r : input_select(reader_input(reader), ranges);
}
