/* SPDX-License-Identifier: Apache-2.0 */
/* From the last frame to the first: each step is one small read. What lies between two frames has
 * no index, so it is read: a seek table costs nothing there, and damage hides nothing. */
#include "consumer/files/frame-selection.h"

#include <errno.h>
#include <sys/stat.h>

static void note_skipped(const struct filter *filter, struct whole_streams *whole,
			 const struct recording_index *index)
{
	filter_note_skipped(filter, index);
	if (whole)
		whole_streams_pass(whole, index);
}

/* From @end, which a frame begins at or the file ends at, back: Headers, and what @filter may want;
 * without one nothing else, and with @latest no more than the latest of them. */
static int select_back(int fd, uint64_t end, const struct filter *filter, bool latest,
		       struct whole_streams *whole, struct recording_ranges *ret)
{
	struct recording_frame frame;
	bool named = false; /* a frame is read for the names in it */
	int r = 0;

	ret->n = 0;
	recording_ranges_add_before(ret, end, UINT64_MAX); /* what is written meanwhile, too */
	while (end) {
		bool header, may_match;

		r = recording_frames_before(fd, end, &frame);
		if (r)
			break;
		header = frame.index.counts[RINGSIDE__V1__RECORD__BODY_HEADER] > 0;
		may_match = filter && filter_may_match(filter, &frame.index);
		recording_ranges_add_before(ret, frame.end, end);
		if (filter && !header && !may_match && !named)
			may_match = named = filter_takes_for_names(filter, &frame.index);
		if (header || may_match)
			recording_ranges_add_before(ret, frame.offset, frame.end);
		else if (filter)
			note_skipped(filter, whole, &frame.index);
		if (header && latest)
			return 0;
		end = frame.offset;
	}
	if (r < 0)
		return r;
	recording_ranges_add_before(ret, 0, end);
	return 0;
}

int frame_selection_from(int fd, uint64_t begin, struct recording_ranges *ret)
{
	return select_back(fd, begin, NULL, true, NULL, ret);
}

/* As frame_selection_for. */
static int select_all(struct reader *reader, const struct filter *filter,
		      struct whole_streams *whole, struct recording_ranges *ranges)
{
	struct stat st;
	bool compressed;
	int r;

	if (fstat(reader_fd(reader), &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = input_is_compressed(reader_input(reader), &compressed);
	if (r < 0 || !compressed)
		return r;
	r = select_back(reader_fd(reader), (uint64_t)st.st_size, filter, false, whole, ranges);
	if (r < 0)
		return r;
	r = input_select(reader_input(reader), ranges);
	return r == -ESPIPE ? 0 : r;
}

int frame_selection_for(struct reader *reader, const struct filter *filter,
			struct whole_streams *whole, struct recording_ranges *ranges)
{
	return filter_selects(filter) ? select_all(reader, filter, whole, ranges) : 0;
}

int frame_selection_of_headers(struct reader *reader, struct recording_ranges *ranges)
{
	return select_all(reader, NULL, NULL, ranges);
}
