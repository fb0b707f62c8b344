/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/plain-framing.h"

void plain_framing_init(struct plain_framing *astray, int fd)
{
	*astray = (struct plain_framing){0};
	file_window_init(&astray->window, fd);
	resync_init(&astray->resync, &astray->window);
}

void plain_framing_done(struct plain_framing *astray)
{
	resync_done(&astray->resync);
	file_window_done(&astray->window);
}

static uint64_t end_of(const struct frame *frame)
{
	return frame->offset + (uint64_t)(frame->data - frame->start) + frame->size;
}

/* As damaged-reader.h believes: 1, 0, or -errno. */
static int confirm_frame(struct plain_framing *astray, const struct frame *frame)
{
	size_t need = FRAME_PREFIX_MAX, size;
	const uint8_t *p;
	int r;

	for (;;) {
		size_t want = need;

		r = file_window_at(&astray->window, end_of(frame), want, &p, &size);
		if (r < 0)
			return r;
		r = resync_confirm(&astray->resync, frame, p, size, size < want, &need);
		if (r != RESYNC_MORE)
			return r;
	}
}

/* What stands behind the frame may be a record, too; at the end of the file nothing does. */
static bool is_followed(struct plain_framing *astray, const struct frame *frame)
{
	size_t need = FRAME_PREFIX_MAX, size;
	struct frame next;
	struct peek peek;
	const uint8_t *p;
	int r;

	do {
		size_t want = need;

		if (file_window_at(&astray->window, end_of(frame), want, &p, &size) < 0)
			return true; /* who reads on will be told */
		r = frame_parse(p, size, &next, &need);
		if (r == FRAME_MORE && size < want)
			return true; /* cut, or not yet written */
	} while (r == FRAME_MORE);
	return !r && (!next.size || peek_record(next.data, next.size, &peek));
}

bool plain_framing_believes(struct plain_framing *astray, const struct frame *frame,
			    const struct peek *peek, bool header)
{
	struct resync *resync = &astray->resync;

	if ((header && !resync_is_text(frame->data, frame->size)) ||
	    (peek->seq && peek->seq == resync->latest_seq + 1) ||
	    astray->found == frame->offset + 1 || confirm_frame(astray, frame) == 1) {
		resync->latest_seq = peek->seq;
		return true;
	}
	return is_followed(astray, frame);
}

int plain_framing_find(struct plain_framing *astray, uint64_t from, uint64_t limit,
		       struct resync_hole *ret)
{
	int r;

	*ret = (struct resync_hole){.end = from};
	if (astray->ended) /* nor is there one behind */
		return 0;
	r = resync_find(&astray->resync, from, limit, ret);
	astray->ended = !r && !ret->found && limit == UINT64_MAX;
	astray->found = !r && ret->found ? ret->end + 1 : 0;
	return r;
}
