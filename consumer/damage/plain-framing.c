/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/damage/plain-framing.h"

void plain_framing_init(struct plain_framing *framing, int fd)
{
	*framing = (struct plain_framing){0};
	file_window_init(&framing->window, fd);
	resync_init(&framing->resync, &framing->window);
}

void plain_framing_done(struct plain_framing *framing)
{
	resync_done(&framing->resync);
	file_window_done(&framing->window);
}

/* As damaged-reader.h believes: 1, 0, or -errno. */
static int confirm_frame(struct plain_framing *framing, const struct frame *frame)
{
	size_t need = FRAME_PREFIX_MAX, size;
	const uint8_t *p;
	int r;

	for (;;) {
		size_t want = need;

		r = file_window_at(&framing->window, frame_end(frame), want, &p, &size);
		if (r < 0)
			return r;
		r = resync_confirm(&framing->resync, frame, p, size, size < want, &need);
		if (r != RESYNC_MORE)
			return r;
	}
}

/* What stands behind the frame may be a record, too; at the end of the file nothing does. */
static bool is_followed(struct plain_framing *framing, const struct frame *frame)
{
	size_t need = FRAME_PREFIX_MAX, size;
	struct frame next;
	struct peek peek;
	const uint8_t *p;
	int r;

	do {
		size_t want = need;

		if (file_window_at(&framing->window, frame_end(frame), want, &p, &size) < 0)
			return true; /* who reads on will be told */
		r = frame_parse(p, size, &next, &need);
		if (r == FRAME_MORE && size < want)
			return true; /* cut, or not yet written */
	} while (r == FRAME_MORE);
	return !r && (!next.size || peek_record(next.data, next.size, &peek));
}

bool plain_framing_believes(struct plain_framing *framing, const struct frame *frame,
			    const struct peek *peek, bool header)
{
	struct resync *resync = &framing->resync;

	if ((header && !resync_is_text(frame->data, frame->size)) ||
	    (peek->seq && peek->seq == resync->latest_seq + 1) ||
	    framing->found == frame->offset + 1 || confirm_frame(framing, frame) == 1) {
		resync->latest_seq = peek->seq;
		return true;
	}
	return is_followed(framing, frame);
}

int plain_framing_find(struct plain_framing *framing, uint64_t from, uint64_t limit,
		       struct resync_hole *ret)
{
	int r;

	*ret = (struct resync_hole){.end = from};
	if (framing->ended) /* nor is there one behind */
		return 0;
	r = resync_find(&framing->resync, from, limit, ret);
	framing->ended = !r && !ret->found && limit == UINT64_MAX;
	framing->found = !r && ret->found ? ret->end + 1 : 0;
	return r;
}
