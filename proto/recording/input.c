/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/recording/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/util.h"
#include "proto/recording/input-ahead.h"

#define MAGIC 4u

int input_new(struct input **ret, int fd)
{
	_cleanup_(input_freep) struct input *input = calloc(1, sizeof(*input));
	int r;

	if (!input)
		return -ENOMEM;
	r = source_init(&input->source, fd);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(input);
	return 0;
}

struct input *input_free(struct input *input)
{
	if (input) {
		input_ahead_end(input);
		input_zstd_done(input);
		source_done(&input->source);
		free(input);
	}
	return NULL;
}

/* 0 when it is known what the input is; INPUT_END: there is nothing in it, INPUT_WAIT. */
static int look_at_start(struct input *input)
{
	const uint8_t *p;
	size_t size;
	int r = 0;

	while (!input->known) {
		p = source_bytes(&input->source, &size);
		if (size >= MAGIC ||
		    (r == SOURCE_END && size && !(input->follow && input->source.seekable))) {
			input->compressed = zframe_begins(p, size);
			r = input->compressed ? input_zstd_init(input) : 0;
			if (r < 0)
				return r;
			input->known = true;
			return 0;
		}
		if (r == SOURCE_END) {
			source_forget(&input->source);
			return input->follow && input->source.seekable ? INPUT_WAIT : INPUT_END;
		}
		r = source_fill(&input->source);
		if (r < 0)
			return r;
	}
	return 0;
}

int input_is_compressed(struct input *input, bool *ret)
{
	int r = look_at_start(input);

	if (r < 0)
		return r;
	*ret = input->compressed;
	return 0;
}

int input_force_compressed(struct input *input)
{
	input->compressed = input->known = true;
	return input_zstd_init(input);
}

/* Following, at the end: INPUT_WAIT, or INPUT_AGAIN if the file was cut back. */
static int wait_at_end(struct input *input)
{
	source_forget(&input->source);
	if (source_size(&input->source) >= input->source.offset)
		return INPUT_WAIT;
	input->high = input->hashed = 0; /* what comes is new */
	if (input->compressed && input->frame_offset <= source_size(&input->source))
		input_zstd_go(input, input->frame_offset);
	else if (input->compressed)
		input_zstd_go(input, input->source.start);
	else
		source_go(&input->source, input->source.start);
	if (input->source.offset == input->source.start)
		input->known = false; /* it may have become something else */
	return INPUT_AGAIN;
}

static int read_plain(struct input *input, void *buf, size_t size, size_t *ret_n)
{
	size_t n;
	const uint8_t *p = source_bytes(&input->source, &n);
	int r;

	if (n) {
		n = n < size ? n : size;
		memcpy(buf, p, n);
		source_consume(&input->source, n);
		*ret_n = n;
		return 0;
	}
	r = source_read(&input->source, buf, size, ret_n);
	if (r != SOURCE_END)
		return r;
	return input->follow && input->source.seekable ? INPUT_AT_END : INPUT_END;
}

static int take_compressed(struct input *input, const uint8_t **ret, size_t size, size_t *ret_n)
{
	bool used = input->begin == input->ready;
	int r;

	if (used && input->may_run_ahead && input->unpacked >= INPUT_AHEAD_FROM)
		input_ahead_begin(input);
	r = used && input->ahead ? input_ahead_next(input) : input_zstd_decode(input);
	if (r)
		return r;
	*ret = input->hold + input->begin;
	*ret_n = min_u64(input->ready - input->begin, size);
	input->begin += *ret_n;
	return 0;
}

/* Of what is in the input's memory, @most bytes at once. */
static int take_content(struct input *input, const uint8_t **ret, size_t most, void *buf,
			size_t size, size_t *ret_n)
{
	int r;

	if (input->ended)
		return input->ended;
	*ret = buf;
	r = look_at_start(input);
	if (!r)
		r = input->compressed ? take_compressed(input, ret, most, ret_n)
				      : read_plain(input, buf, size, ret_n);
	if (r == INPUT_AT_END)
		r = wait_at_end(input);
	if (r == INPUT_END || r == INPUT_CUT)
		input->ended = r;
	return r;
}

int input_take(struct input *input, const uint8_t **ret, void *buf, size_t size, size_t *ret_n)
{
	return take_content(input, ret, SIZE_MAX, buf, size, ret_n);
}

int input_read(struct input *input, void *buf, size_t size, size_t *ret_n)
{
	const uint8_t *p;
	int r = take_content(input, &p, size, buf, size, ret_n);

	if (!r && p != buf)
		memcpy(buf, p, *ret_n);
	return r;
}

const struct input_damage *input_damage(const struct input *input)
{
	return &input->damage;
}

const struct input_mark *input_mark(const struct input *input)
{
	return &input->mark;
}

const char *input_damage_text(const struct input_damage *damage, char *buf, size_t size)
{
	static const char *const faults[] = {
		[INPUT_FAULT_CHECKSUM] =
			"the checksum of the zstd frame at byte %" PRIu64 " does not fit",
		[INPUT_FAULT_DATA] = "the zstd frame at byte %" PRIu64 " cannot be decoded",
		[INPUT_FAULT_NO_FRAME] = "no zstd frame begins at byte %" PRIu64,
		[INPUT_FAULT_WINDOW] = "the zstd frame at byte %" PRIu64
				       " needs more memory than 8 MiB (zstd -dc --long=31 gives "
				       "it that)",
		[INPUT_FAULT_DICTIONARY] = "the zstd frame at byte %" PRIu64 " needs a dictionary",
		[INPUT_FAULT_RATIO] = "the zstd frame at byte %" PRIu64
				      " unpacks to more than a recording of its size can hold",
		[INPUT_FAULT_RECORDS] =
			"the zstd frame at byte %" PRIu64 " holds something else than records",
	};
	size_t n;

	(void)snprintf(buf, size, faults[damage->fault], damage->offset);
	n = strlen(buf);
	if (damage->given)
		(void)snprintf(buf + n, size - n, "; what was read of it may be wrong");
	n = strlen(buf);
	if (damage->untried)
		(void)snprintf(buf + n, size - n,
			       "; too many frames overlap there: none was looked for before byte "
			       "%" PRIu64,
			       damage->untried);
	n = strlen(buf);
	if (damage->found)
		(void)snprintf(buf + n, size - n, "; reading goes on at byte %" PRIu64,
			       damage->end);
	else
		(void)snprintf(buf + n, size - n, "; no frame follows it");
	return buf;
}

bool input_unfinished(const struct input *input)
{
	return input->ended == INPUT_END && input_in_frame(input);
}

bool input_is_cut(const struct input *input)
{
	return input->ended == INPUT_CUT;
}

uint64_t input_position(const struct input *input)
{
	return input->source.offset - input->source.start;
}

uint64_t input_frame_offset(const struct input *input)
{
	return input->frame_offset;
}

void input_on_idle(struct input *input, void (*idle)(void *data), void *data)
{
	input->source.idle = idle;
	input->source.idle_data = data;
}

void input_follow(struct input *input, bool follow)
{
	input->follow = follow;
	if (follow)
		input->ended = 0;
}

void input_want_marks(struct input *input)
{
	input->marks = true;
}

void input_run_ahead(struct input *input)
{
	input->may_run_ahead = input->source.seekable;
}

int input_select(struct input *input, const struct recording_ranges *ranges)
{
	int r = look_at_start(input);

	if (r < 0)
		return r;
	if (!input->compressed || !input->source.seekable || input->source.start)
		return -ESPIPE;
	input->ranges = ranges;
	input->range = 0;
	input->ended = 0;
	if (!ranges->n)
		input->ended = INPUT_END;
	else
		input_zstd_go(input, ranges->all[0].begin);
	return 0;
}

bool input_refuse(struct input *input)
{
	input_ahead_end(input);
	return input->compressed && input_zstd_refuse(input);
}

bool input_goes(const struct input *input)
{
	return input->known && !input->compressed && input->source.seekable && !input->source.start;
}

bool input_go(struct input *input, uint64_t offset)
{
	if (!input_goes(input))
		return false;
	source_go(&input->source, offset);
	input->ended = 0;
	return true;
}

bool input_unread(struct input *input, size_t size)
{
	if (input->compressed || !input->source.seekable)
		return false;
	source_go(&input->source, input->source.offset - size);
	return true;
}
