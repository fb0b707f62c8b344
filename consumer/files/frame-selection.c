/* SPDX-License-Identifier: Apache-2.0 */
/* From the last frame to the first: each step is one small read. What lies between two frames has
 * no index, so it is read: a seek table costs nothing there, and damage hides nothing. */
#include "consumer/files/frame-selection.h"

#include <errno.h>
#include <sys/stat.h>

static bool has_header(const struct recording_frame *frame)
{
	return frame->index.counts[RINGSIDE__V1__RECORD__BODY_HEADER] > 0;
}

static int begin_at_end(int fd, struct recording_ranges *ranges, uint64_t *ret_end)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_end = (uint64_t)st.st_size;
	ranges->n = 0;
	recording_ranges_add_before(ranges, *ret_end, UINT64_MAX); /* what is written meanwhile */
	return 0;
}

static int select_matching(int fd, const struct filter *filter, struct recording_ranges *ret)
{
	struct recording_frame frame;
	uint64_t end = 0;
	int r;

	r = begin_at_end(fd, ret, &end);
	while (!r && end) {
		r = recording_frames_before(fd, end, &frame);
		if (r)
			break;
		recording_ranges_add_before(ret, frame.end, end);
		if (has_header(&frame) || filter_may_match(filter, &frame.index))
			recording_ranges_add_before(ret, frame.offset, frame.end);
		end = frame.offset;
	}
	if (r < 0)
		return r;
	recording_ranges_add_before(ret, 0, end);
	return 0;
}

int frame_selection_from(int fd, uint64_t begin, struct recording_ranges *ret)
{
	struct recording_frame frame;
	uint64_t end = begin;
	int r = 0;

	ret->n = 0;
	recording_ranges_add_before(ret, begin, UINT64_MAX);
	while (!r && end) {
		r = recording_frames_before(fd, end, &frame);
		if (r)
			break;
		recording_ranges_add_before(ret, frame.end, end);
		end = frame.offset;
		if (!has_header(&frame))
			continue;
		recording_ranges_add_before(ret, frame.offset, frame.end);
		return 0;
	}
	if (r < 0)
		return r;
	recording_ranges_add_before(ret, 0, end);
	return 0;
}

int frame_selection_for(struct reader *reader, const struct filter *filter,
			struct recording_ranges *ranges)
{
	struct stat st;
	bool compressed;
	int r;

	if (!filter_selects(filter) || fstat(reader_fd(reader), &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = reader_is_compressed(reader, &compressed);
	if (r < 0 || !compressed)
		return r;
	r = select_matching(reader_fd(reader), filter, ranges);
	if (r < 0)
		return r;
	r = reader_select(reader, ranges);
	return r == -ESPIPE ? 0 : r;
}
