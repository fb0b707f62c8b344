/* SPDX-License-Identifier: Apache-2.0 */
/* Two looks: at the fields around a record's body, which costs a few steps at any byte; and for
 * the few that pass, at all of it. What the second look may cost in vain is bounded, so that no
 * input can make it slow.
 *
 * Whoever names a program, a cgroup or a pod can put whole records into an event's strings, as many
 * as one after another fit. But no name has a zero byte in it, and each record of ours does: one of
 * the two times is below 2^56 ns (an uptime of less than 834 days), or one of its numbers is 0, as
 * what was dropped on the CPU nearly always is, and what is in `between` always. So what has none
 * is not believed. */
#include "consumer/damage/resync.h"

#include <string.h>

#include "proto/base/util.h"
#include "proto/record/pb-read.h"
#include "proto/ringside.pb-c.h"

#define BODY_LAST 10 /* fields 11 to 15 stand around the body; new bodies come behind them */
#define AROUND_FIRST 11
#define AROUND_LAST 15
#define TIME_AND_SEQ (1u << 14 | 1u << 15)
#define SUMS_OR_BOOTTIME                                                                           \
	(1u << 12 | 1u << 13)           /* an event that goes on with a run has no boottime */
#define SPENT_MAX (16ull * 1024 * 1024) /* and as much as the file had so far */
#define FIND_AHEAD (2u * (FRAME_MAX + FRAME_PREFIX_MAX))

struct look {
	uint64_t seq;
	bool header;
};

void resync_init(struct resync *resync, struct file_window *window)
{
	*resync = (struct resync){.window = window};
	arena_init(&resync->arena);
}

void resync_done(struct resync *resync)
{
	arena_done(&resync->arena);
}

static bool is_body(const struct pb_field *field)
{
	return field->type == PB_BYTES &&
	       (field->number <= BODY_LAST || field->number > AROUND_LAST);
}

static bool is_around(const struct pb_field *field)
{
	static const unsigned types[] = {PB_VARINT, PB_BYTES, PB_FIXED64, PB_FIXED64, PB_VARINT};

	return field->number >= AROUND_FIRST && field->number <= AROUND_LAST &&
	       field->type == types[field->number - AROUND_FIRST];
}

bool resync_is_text(const uint8_t *data, size_t size)
{
	return !memchr(data, 0, size);
}

/* Whether these are the fields of a Record, each once, the body first, and no part of a string. */
static bool look_around(const uint8_t *data, size_t size, struct look *ret)
{
	const uint8_t *p = data, *end = data + size;
	unsigned seen = 0;
	struct look look = {0};
	struct pb_field field;

	while (p < end) {
		p = pb_get_field(p, end, &field);
		if (!p)
			return false;
		if (!seen) {
			if (!is_body(&field))
				return false;
			seen = 1;
			look.header = field.number == 1;
			continue;
		}
		if (!is_around(&field) || seen & 1u << field.number)
			return false;
		seen |= 1u << field.number;
		if (field.number == AROUND_LAST)
			look.seq = field.value;
	}
	*ret = look;
	return (seen & TIME_AND_SEQ) == TIME_AND_SEQ && seen & SUMS_OR_BOOTTIME && look.seq &&
	       !resync_is_text(data, size);
}

/* All of the record is what our writers write. */
static bool look_inside(struct resync *resync, const struct frame *frame)
{
	const Ringside__V1__Record *record;
	bool fine;

	/* what begins inside each other would be unpacked over and over */
	if (resync->spent > SPENT_MAX + resync->at && resync->at < resync->tried)
		return false;
	arena_reset(&resync->arena);
	record = ringside__v1__record__unpack(&resync->arena.allocator, frame->size, frame->data);
	fine = record && (record->base.n_unknown_fields == 0 ||
			  record->body_case == RINGSIDE__V1__RECORD__BODY__NOT_SET);
	if (fine && record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		fine = record->header->magic && !strcmp(record->header->magic, "RINGSIDE");
	if (!fine) {
		resync->spent += frame->size;
		resync->tried = resync->at + frame->size;
	}
	return fine;
}

/* Whether what stands at @p, behind the record @seq, goes on with it. */
static int goes_on(const uint8_t *p, size_t size, bool ended, uint64_t seq, size_t *ret_need)
{
	const uint8_t *start = p, *end = p + size;
	struct frame next;
	struct look look;
	size_t need = 1;
	int r;

	while (p < end && !*p) /* empty records */
		p++;
	if (p == end && ended)
		return p == start; /* the file ends behind it */
	r = frame_parse(p, (size_t)(end - p), &next, &need);
	if (r == FRAME_MORE && !ended && (size_t)(p - start) + need <= FIND_AHEAD / 2) {
		*ret_need = (size_t)(p - start) + need;
		return RESYNC_MORE;
	}
	return !r && look_around(next.data, next.size, &look) && (look.header || look.seq > seq);
}

/* 0: there is none, or it is not the record right behind. */
static uint64_t next_seq(const uint8_t *p, size_t size)
{
	struct frame next;
	struct look look;
	size_t need;

	if (frame_parse(p, size, &next, &need) || !look_around(next.data, next.size, &look))
		return 0;
	return look.seq;
}

/* @p: at least FIND_AHEAD bytes, or all that the file has. */
static bool believe_record(struct resync *resync, const uint8_t *p, size_t size, bool tight,
			   uint64_t room, struct look *ret)
{
	struct frame frame;
	size_t need, whole;

	if (frame_parse(p, size, &frame, &need) || !frame.size ||
	    !look_around(frame.data, frame.size, ret))
		return false;
	whole = frame_whole(&frame);
	if (!ret->header && ret->seq <= resync->latest_seq && !resync->others)
		return false;
	if (!look_inside(resync, &frame))
		return false;
	/* a Header, too: whoever names a process or a cgroup may put one into an event */
	if (goes_on(p + whole, size - whole, size < FIND_AHEAD, ret->seq, &need) == 1)
		return true;
	/* nothing behind it, but no more are missing than there is room for */
	return tight && ret->seq - resync->latest_seq - 1 <= room;
}

int resync_confirm(const struct resync *resync, const struct frame *frame, const uint8_t *behind,
		   size_t size, bool ended, size_t *ret_need)
{
	struct look look;
	int r;

	if (!look_around(frame->data, frame->size, &look))
		return 0;
	if (look.header)
		return 1;
	r = goes_on(behind, size, ended, look.seq, ret_need);
	/* one that comes too late has to stand where it was written */
	if (r == 1 && look.seq <= resync->latest_seq && !resync->others)
		return size && next_seq(behind, size) == look.seq + 1;
	return r;
}

static size_t count_zeros(const uint8_t *p, size_t size, uint64_t most)
{
	size_t n = 0;

	size = size < most ? size : (size_t)most;
	while (n < size && !p[n])
		n++;
	return n;
}

/* A record with its stamps takes more than this. */
#define RECORD_MIN 24u

int resync_find(struct resync *resync, uint64_t from, uint64_t limit, struct resync_hole *ret)
{
	struct resync_hole hole = {.end = from};
	uint64_t zeros = 0;
	struct look look;
	const uint8_t *p;
	size_t size;
	int r;

	for (; hole.end < limit; hole.end++) {
		r = file_window_at(resync->window, hole.end, FIND_AHEAD, &p, &size);
		if (r)
			return r;
		if (!size)
			break;
		resync->at = hole.end;
		if (!*p) { /* there may be gigabytes of them */
			uint64_t run = count_zeros(p, size, limit - hole.end);

			zeros += run;
			hole.zeros = zeros > hole.zeros ? zeros : hole.zeros;
			hole.end += run - 1;
			continue;
		}
		zeros = 0;
		if (believe_record(resync, p, size, resync->latest_seq,
				   (hole.end - from) / RECORD_MIN, &look)) {
			hole.found = true;
			break;
		}
		if (resync->arena.starved)
			return -ENOMEM;
	}
	*ret = hole;
	return 0;
}
