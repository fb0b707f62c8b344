/* SPDX-License-Identifier: Apache-2.0 */
/* Frames are found and cut into blocks here; libzstd gets whole blocks only. So what was consumed
 * always ends where a writer may have flushed, a half-written block is read again when it is whole,
 * and after damage nothing is swallowed that a wrong length claimed. */
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "proto/base/util.h"
#include "proto/recording/input-internal.h"

/* A pipe that gives nothing for so long is a live stream: what there is of a frame is given. */
#define PATIENCE_MS 50

#define GO_ON (-4095) /* what step says when there is more to do; no errno */

/* What it costs to begin a frame, and to go somewhere else in the file and back, in bytes. */
#define BEGIN_COST 512u
#define GO_COST (4 * SOURCE_FIRST)

int input_zstd_init(struct input *input)
{
	if (input->zstd)
		return 0;
	input->hold = malloc(INPUT_HOLD);
	input->zstd = ZSTD_createDCtx();
	if (!input->hold || !input->zstd)
		return -ENOMEM;
	if (ZSTD_isError(ZSTD_DCtx_setParameter(input->zstd, ZSTD_d_windowLogMax,
						RECORDING_WINDOW_LOG_MAX)))
		return -EINVAL;
	return 0;
}

void input_zstd_done(struct input *input)
{
	free(input->hold);
	(void)ZSTD_freeDCtx(input->zstd);
}

static void drop_content(struct input *input)
{
	input->begin = input->ready = input->end = 0;
}

void input_zstd_go(struct input *input, uint64_t offset)
{
	drop_content(input);
	source_go(&input->source, offset);
	input->state = INPUT_BETWEEN;
	input->suspicious = input->mark_open = input->damage_pending = input->damage_due = false;
}

/* Notes a cost, of @size bytes at the present place and @more that these made. */
static void spend_decoded(struct input *input, size_t size, size_t more)
{
	if (input->source.offset < input->high)
		input->vain += size + more;
	else
		input->fresh += size + more;
	input->high = max_u64(input->high, input->source.offset + size);
}

/* The damage is told before anything else. */
static void settle_frame(struct input *input)
{
	input->damage_due |= input->damage_pending;
	input->damage_pending = false;
}

/* What was decoded may be given, though nothing has proved it. Whether there was any. */
static bool release_unproved(struct input *input)
{
	size_t n = input->end - input->ready;

	input->given += n;
	input->ready = input->end;
	settle_frame(input);
	return n;
}

/* From here on a frame is looked for. What looked like one and held nothing is a part of the damage
 * before it. */
static int fail_with(struct input *input, enum input_fault fault)
{
	uint64_t offset = input->frame_offset, from;

	if (fault == INPUT_FAULT_NO_FRAME)
		offset = input->suspicious ? input->suspect : input->source.offset;
	if (input->follow && input->source.seekable && input->retried != offset + 1) {
		/* the file may have been cut back and written anew between two reads */
		input->retried = offset + 1;
		input_zstd_go(input, offset);
		return INPUT_AGAIN;
	}
	if (!input->damage_pending)
		input->damage = (struct input_damage){
			.fault = fault,
			.offset = offset,
			.window = input->frame.window,
			.given = fault == INPUT_FAULT_NO_FRAME ? 0 : input->given,
		};
	input->damage_pending = true;
	input->suspicious = false;
	drop_content(input);
	from = offset + 1;
	input->vain += GO_COST;
	if (input->vain > INPUT_VAIN + input->fresh)
		from = input->damage.untried =
			max_u64(from, max_u64(input->high, input->source.offset));
	source_go(&input->source, from);
	input->state = INPUT_SEARCH;
	return GO_ON;
}

static bool may_be_index(const struct zframe *frame)
{
	return frame->magic == RECORDING_INDEX_MAGIC && frame->content <= RECORDING_INDEX_MAX;
}

/* The magic of an index frame, and all that is behind it. 0, ZFRAME_MORE or ZFRAME_BAD. */
static int parse_index(const uint8_t *p, size_t size, struct recording_index *ret)
{
	struct zframe frame;
	int r = zframe_parse(p, size, &frame);

	if (r)
		return r;
	if (!may_be_index(&frame))
		return ZFRAME_BAD;
	if (size < frame.header + frame.content)
		return ZFRAME_MORE;
	return recording_index_unpack(ret, p + frame.header, frame.content) ? ZFRAME_BAD : 0;
}

static bool is_readable(const struct zframe *frame)
{
	return frame->window <= UINT64_C(1) << RECORDING_WINDOW_LOG_MAX && !frame->dictionary;
}

/* Whether a frame of ours may begin at @offset. What was hashed in vain is not hashed again. */
static int parse_candidate(struct input *input, const uint8_t *p, size_t size, uint64_t offset)
{
	struct recording_index index;
	struct zframe_block block;
	struct zframe frame;
	int r;

	r = zframe_parse(p, size, &frame);
	if (r)
		return r;
	if (frame.skippable) {
		if (offset < input->hashed)
			return ZFRAME_BAD;
		r = parse_index(p, size, &index);
		if (r == ZFRAME_BAD && may_be_index(&frame))
			input->hashed = offset + frame.content;
		return r;
	}
	if (!is_readable(&frame))
		return ZFRAME_BAD;
	return zframe_block(p + frame.header, size - frame.header, &block);
}

/* Goes to the next place where a frame may begin. Returns 0, SOURCE_END or -errno. */
static int search_frame(struct input *input)
{
	bool ended = false;
	const uint8_t *p;
	size_t size, at;
	int r;

	for (;;) {
		p = source_bytes(&input->source, &size);
		for (at = 0; at < size; at++) {
			if (p[at] != (RECORDING_ZSTD_MAGIC & 0xff) &&
			    p[at] != (RECORDING_INDEX_MAGIC & 0xff))
				continue;
			r = parse_candidate(input, p + at, size - at, input->source.offset + at);
			if (!r || (r == ZFRAME_MORE && !ended))
				break;
		}
		source_consume(&input->source, at);
		if (at < size && !r)
			return 0;
		if (ended)
			return SOURCE_END;
		r = source_fill(&input->source);
		if (r < 0 || (r == SOURCE_END && input->follow))
			return r;
		ended = r == SOURCE_END;
	}
}

/* The end was met inside something. Is it only because its length is damaged? Then there are others
 * in it: 1. Asked once. */
static int probe_frame(struct input *input)
{
	uint64_t here = input->source.offset;
	uint64_t from = input_in_frame(input) ? input->frame_offset
			: input->suspicious   ? input->suspect
					      : here;
	int r;

	if (input->follow || input->probed == from + 1)
		return 0;
	input->probed = from + 1;
	source_go(&input->source, from + 1);
	r = search_frame(input);
	source_go(&input->source, here);
	return r < 0 ? r : r != SOURCE_END;
}

/* The input ended, for now or for good. @boundary: behind a whole block, or a frame. */
static int take_end(struct input *input, bool boundary)
{
	int r = 0;

	if (input_in_frame(input) || !boundary)
		r = probe_frame(input);
	if (r < 0)
		return r;
	if (r)
		return fail_with(input,
				 input_in_frame(input) ? INPUT_FAULT_DATA : INPUT_FAULT_NO_FRAME);
	settle_frame(input);
	if (input->damage_due || release_unproved(input))
		return GO_ON;
	if (input->follow && input->source.seekable)
		return INPUT_AT_END;
	if (input->mark_open)
		return INPUT_MARK;
	return boundary ? INPUT_END : INPUT_CUT;
}

/* More bytes are needed to go on. */
static int need_more(struct input *input, bool boundary)
{
	int r;

	if (input->end > input->ready && source_would_wait(&input->source, PATIENCE_MS) &&
	    release_unproved(input))
		return GO_ON;
	r = source_fill(&input->source);
	if (r < 0)
		return r;
	return r == SOURCE_END ? take_end(input, boundary) : GO_ON;
}

/* Gives libzstd @size bytes, all of which it takes; *ret_left is what it expects then. 0, or what
 * comes of it that it refuses: that is damage; but for want of memory it says nothing of the input.
 */
static int feed_decoder(struct input *input, size_t size, enum input_fault fault, size_t *ret_left)
{
	size_t there, r;
	ZSTD_inBuffer in = {.src = source_bytes(&input->source, &there), .size = size};
	ZSTD_outBuffer out = {.dst = input->hold, .size = INPUT_HOLD, .pos = input->end};

	do
		r = ZSTD_decompressStream(input->zstd, &out, &in);
	while (!ZSTD_isError(r) && in.pos < in.size);
	if (ZSTD_isError(r))
		return ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation
			       ? -ENOMEM
			       : fail_with(input, fault);
	spend_decoded(input, size, out.pos - input->end);
	input->frame_content += out.pos - input->end;
	input->unpacked += out.pos - input->end;
	input->end = out.pos;
	source_consume(&input->source, size);
	*ret_left = r;
	return 0;
}

static int begin_frame(struct input *input, const struct zframe *frame)
{
	size_t left;
	int r;

	input->frame = *frame;
	input->frame_offset = input->source.offset;
	input->frame_content = 0;
	input->given = 0;
	input->suspicious = false;
	spend_decoded(input, 0, BEGIN_COST);
	if (frame->dictionary)
		return fail_with(input, INPUT_FAULT_DICTIONARY);
	if (!is_readable(frame))
		return fail_with(input, INPUT_FAULT_WINDOW);
	(void)ZSTD_DCtx_reset(input->zstd, ZSTD_reset_session_only);
	r = feed_decoder(input, frame->header, INPUT_FAULT_DATA, &left);
	if (r)
		return r;
	input->state = INPUT_BLOCK;
	return GO_ON;
}

static int end_frame(struct input *input)
{
	input->ready = input->end;
	settle_frame(input); /* even if it is empty, it is one */
	input->mark = (struct input_mark){
		.offset = input->frame_offset,
		.size = input->source.offset - input->frame_offset,
		.content = input->frame_content,
		.checksum = input->frame.checksum,
	};
	input->mark_open = input->marks;
	input->state = INPUT_BETWEEN;
	return GO_ON;
}

static int take_block(struct input *input, const uint8_t *p, size_t size)
{
	struct zframe_block block;
	size_t left;
	int r = zframe_block(p, size, &block);

	if (r == ZFRAME_BAD)
		return fail_with(input, INPUT_FAULT_DATA);
	if (r || size < block.size)
		return need_more(input, size == 0);
	if (INPUT_HOLD - input->end < ZFRAME_BLOCK_MAX) {
		(void)release_unproved(input); /* a larger frame than ours */
		return GO_ON;
	}
	if (input->unpacked > INPUT_UNPACKED + INPUT_RATIO * input->source.offset)
		return fail_with(input, INPUT_FAULT_RATIO);
	r = feed_decoder(input, block.size, INPUT_FAULT_DATA, &left);
	if (r)
		return r;
	if (!left && (!block.last || input->frame.checksum))
		return fail_with(input, INPUT_FAULT_DATA);
	if (!block.last)
		return GO_ON;
	input->state = INPUT_CHECKSUM;
	return input->frame.checksum ? GO_ON : end_frame(input);
}

static int take_checksum(struct input *input, const uint8_t *p, size_t size)
{
	size_t left;
	int r;

	if (size < ZFRAME_CHECKSUM)
		return need_more(input, false);
	r = feed_decoder(input, ZFRAME_CHECKSUM, INPUT_FAULT_CHECKSUM, &left);
	return r ? r : end_frame(input);
}

/* A skippable frame that is not an index of ours, or not any more. Its length may be damage, too.
 */
static int begin_skip(struct input *input, const struct zframe *frame)
{
	struct source *source = &input->source;
	uint64_t end = source->offset + frame->header + frame->content;

	if (source->seekable && !source_has(source, end))
		return take_end(input, false);
	input->suspicious = true;
	input->suspect = source->offset;
	input->skip = end;
	input->state = INPUT_SKIP;
	return GO_ON;
}

static int take_skip(struct input *input, const uint8_t *p, size_t size)
{
	source_go(&input->source, input->skip);
	if (input->source.offset < input->skip)
		return need_more(input, false);
	input->state = INPUT_BETWEEN;
	return GO_ON;
}

static int take_index(struct input *input, const struct zframe *frame, const uint8_t *p,
		      size_t size)
{
	size_t whole = frame->header + frame->content;

	if (size < whole)
		return need_more(input, false);
	if (parse_index(p, whole, &input->mark.index)) {
		input->mark.index_damaged = true;
		return begin_skip(input, frame);
	}
	input->mark.indexed = true;
	input->suspicious = false;
	source_consume(&input->source, whole);
	return input->mark_open ? INPUT_MARK : GO_ON;
}

/* Goes on with the next range when the one at hand is read. */
static bool out_of_range(struct input *input)
{
	const struct recording_ranges *ranges = input->ranges;

	if (!ranges)
		return false;
	while (input->range < ranges->n && input->source.offset >= ranges->all[input->range].end) {
		if (++input->range < ranges->n)
			source_go(&input->source, ranges->all[input->range].begin);
	}
	return input->range == ranges->n;
}

static int take_frame(struct input *input, const uint8_t *p, size_t size)
{
	struct zframe frame;
	int r;

	if (out_of_range(input))
		return INPUT_END;
	p = source_bytes(&input->source, &size);
	r = zframe_parse(p, size, &frame);
	if (r == ZFRAME_MORE)
		return need_more(input, size == 0);
	if (!r && may_be_index(&frame))
		return take_index(input, &frame, p, size);
	if (input->mark_open)
		return INPUT_MARK;
	if (r)
		return fail_with(input, INPUT_FAULT_NO_FRAME);
	return frame.skippable ? begin_skip(input, &frame) : begin_frame(input, &frame);
}

/* Where the damage ends. If that is at an index frame, it may tell what was damaged. */
static int take_search(struct input *input, const uint8_t *p, size_t size)
{
	struct input_damage *damage = &input->damage;
	int r = search_frame(input);

	if (r < 0)
		return r;
	if (r == SOURCE_END && input->follow && input->source.seekable)
		return INPUT_AT_END;
	p = source_bytes(&input->source, &size);
	damage->found = r == 0;
	damage->end = input->source.offset;
	input->mark_open = false;
	input->state = INPUT_BETWEEN;
	if (damage->found && parse_index(p, size, &damage->index))
		return GO_ON; /* that it is a frame is to be seen */
	damage->indexed =
		damage->found && damage->index.compressed_bytes == damage->end - damage->offset;
	settle_frame(input);
	return GO_ON;
}

/* What is done with the bytes that are there. */
static int (*const steps[])(struct input *input, const uint8_t *p, size_t size) = {
	[INPUT_BETWEEN] = take_frame,     [INPUT_BLOCK] = take_block,
	[INPUT_CHECKSUM] = take_checksum, [INPUT_SKIP] = take_skip,
	[INPUT_SEARCH] = take_search,
};

int input_zstd_decode(struct input *input)
{
	const uint8_t *p;
	size_t n;
	int r;

	while (input->damage_due || input->begin == input->ready) {
		if (input->damage_due) {
			input->damage_due = false;
			return INPUT_DAMAGED;
		}
		if (input->begin == input->end)
			drop_content(input);
		p = source_bytes(&input->source, &n);
		r = steps[input->state](input, p, n);
		if (r == INPUT_MARK)
			input->mark_open = false;
		if (r != GO_ON)
			return r;
	}
	return 0;
}

bool input_zstd_refuse(struct input *input)
{
	bool inside = input_in_frame(input);

	if (input->ended && !inside)
		return false;
	input->ended = 0;
	input->retried = input->frame_offset + 1;
	(void)fail_with(input, INPUT_FAULT_RECORDS);
	if (!inside) /* the frame was whole, and what follows it is known */
		source_go(&input->source, input->mark.offset + input->mark.size);
	return true;
}
