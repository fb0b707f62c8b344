/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/damaged-reader.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/arena.h"
#include "consumer/damage/file-window.h"
#include "consumer/damage/origin.h"
#include "consumer/damage/resync.h"
#include "consumer/read/derived.h"
#include "consumer/read/problem.h"
#include "proto/base/util.h"

#define PROGRESS_EVERY 4096             /* records */
#define FIRST_SEARCH (4u * 1024 * 1024) /* for a first record in what begins with none */

struct damaged_reader {
	struct reader *reader;
	bool compressed;
	bool plain; /* a plain file: what is below */
	struct file_window window;
	struct resync resync;
	struct arena arena;
	struct derived derived;
	struct origin origin;
	uint64_t offset; /* of the next record */
	uint64_t found;  /* where one was found behind a hole; it is believed */
	bool started;
	int ended; /* 0, or the answer that stays */
	struct damaged_reader_hole hole;
	struct problem problem;
	uint64_t records;
	void (*progress)(void *data, uint64_t position);
	void *data;
};

/* The frame at hand, and what of the file is in memory from its start on. */
struct spot {
	struct frame frame;
	size_t size;
	bool ended; /* the file ends behind these */
};

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
}

/* A compressed recording whose first bytes are damaged is none by these, but by its indexes. */
static int force_compressed(struct damaged_reader *damaged, const char *path)
{
	struct recording_frame frame;
	struct reader_record item;
	struct stat st;
	int r;

	if (reader_next(damaged->reader, &item) != READER_FOREIGN)
		return 0;
	if (fstat(reader_fd(damaged->reader), &st) < 0)
		return -errno;
	r = recording_frames_before(reader_fd(damaged->reader), (uint64_t)st.st_size, &frame);
	if (r)
		return r < 0 ? r : 0;
	damaged->reader = reader_free(damaged->reader);
	damaged->plain = false;
	damaged->compressed = true;
	r = reader_open(&damaged->reader, path);
	return r ? r : input_force_compressed(reader_input(damaged->reader));
}

int damaged_reader_open(struct damaged_reader **ret, const char *path)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged =
		calloc(1, sizeof(*damaged));
	int r;

	if (!damaged)
		return -ENOMEM;
	arena_init(&damaged->arena);
	derived_init(&damaged->derived);
	resync_init(&damaged->resync, &damaged->window);
	problem_init(&damaged->problem, "");
	r = reader_open(&damaged->reader, path);
	if (!r)
		reader_set_framed(damaged->reader);
	if (!r)
		r = input_is_compressed(reader_input(damaged->reader), &damaged->compressed);
	if (r)
		return r;
	damaged->plain = !damaged->compressed && is_file(reader_fd(damaged->reader));
	if (damaged->plain)
		r = force_compressed(damaged, path);
	if (r)
		return r;
	file_window_init(&damaged->window, reader_fd(damaged->reader));
	input_want_marks(reader_input(damaged->reader));
	*ret = TAKE_PTR(damaged);
	return 0;
}

struct damaged_reader *damaged_reader_free(struct damaged_reader *damaged)
{
	if (damaged) {
		file_window_done(&damaged->window);
		resync_done(&damaged->resync);
		arena_done(&damaged->arena);
		derived_done(&damaged->derived);
		(void)reader_free(damaged->reader);
		free(damaged);
	}
	return NULL;
}

int damaged_reader_fd(const struct damaged_reader *damaged)
{
	return reader_fd(damaged->reader);
}

bool damaged_reader_is_compressed(const struct damaged_reader *damaged)
{
	return damaged->compressed;
}

bool damaged_reader_remote_failed(const struct damaged_reader *damaged)
{
	return reader_remote_failed(damaged->reader);
}

const struct damaged_reader_hole *damaged_reader_hole(const struct damaged_reader *damaged)
{
	return &damaged->hole;
}

const char *damaged_reader_reason(const struct damaged_reader *damaged)
{
	return damaged->plain ? problem_reason(&damaged->problem) : reader_reason(damaged->reader);
}

uint64_t damaged_reader_position(const struct damaged_reader *damaged)
{
	return damaged->plain ? damaged->offset : input_position(reader_input(damaged->reader));
}

bool damaged_reader_unfinished(const struct damaged_reader *damaged)
{
	return !damaged->plain && input_unfinished(reader_input(damaged->reader));
}

const char *damaged_reader_hole_text(const struct damaged_reader_hole *hole, char *buf, size_t size)
{
	size_t n;

	if (hole->damage)
		return input_damage_text(hole->damage, buf, size);
	n = (size_t)snprintf(buf, size, "the bytes from %" PRIu64 " to %" PRIu64 " are no records",
			     hole->offset, hole->end);
	if (hole->zeros == hole->end - hole->offset)
		(void)snprintf(buf, size, "the bytes from %" PRIu64 " to %" PRIu64 " are zero",
			       hole->offset, hole->end);
	else if (hole->zeros >= DAMAGED_READER_ZEROS && n < size)
		(void)snprintf(buf + n, size - n, ": %" PRIu64 " of them are zero", hole->zeros);
	return buf;
}

/* What stands at offset cannot be believed. DAMAGED_READER_HOLE or -errno. */
static int skip_to(struct damaged_reader *damaged, uint64_t limit)
{
	struct resync_hole found;
	int r;

	damaged->resync.others = origin_look(&damaged->origin, &damaged->window, damaged->offset);
	r = resync_find(&damaged->resync, damaged->offset + 1, limit, &found);
	if (r)
		return r;
	derived_break(&damaged->derived);
	origin_lose(&damaged->origin);
	damaged->found = found.found ? found.end : 0;
	damaged->hole = (struct damaged_reader_hole){
		.offset = damaged->offset,
		.end = found.end,
		.at_end = !found.found,
		.zeros = found.zeros,
	};
	return DAMAGED_READER_HOLE;
}

static int leave_out(struct damaged_reader *damaged)
{
	int r = skip_to(damaged, UINT64_MAX);

	if (r == DAMAGED_READER_HOLE)
		damaged->offset = damaged->hole.end;
	return r;
}

/* The file ends inside a record, or so its length says. */
static int cut_rest(struct damaged_reader *damaged, size_t rest)
{
	int r = leave_out(damaged);

	if (r != DAMAGED_READER_HOLE || !damaged->hole.at_end)
		return r;
	damaged->offset = damaged->hole.offset;
	return damaged->ended = problem_cut(&damaged->problem, rest, damaged->offset, "");
}

/* Zeros from offset on; *ret_n: how many. */
static int count_zeros(struct damaged_reader *damaged, uint64_t *ret_n)
{
	uint64_t n = 0;
	const uint8_t *p;
	size_t size, i;
	int r;

	do {
		r = file_window_at(&damaged->window, damaged->offset + n, 1, &p, &size);
		if (r)
			return r;
		for (i = 0; i < size && !p[i]; i++)
			;
		n += i;
	} while (size && i == size);
	*ret_n = n;
	return 0;
}

/* Whether the record goes on with those before it: 1, 0, or RESYNC_MORE. */
static int is_believable(struct damaged_reader *damaged, const Ringside__V1__Record *record,
			 const struct spot *spot, size_t *ret_need)
{
	const struct frame *frame = &spot->frame;
	const uint8_t *behind = frame->data + frame->size;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		return record->header->magic && !strcmp(record->header->magic, "RINGSIDE") &&
		       !resync_is_text(frame->data, frame->size);
	if (damaged->offset == damaged->found)
		return 1;
	if (damaged->resync.latest_seq && record->has_seq &&
	    record->seq == damaged->resync.latest_seq + 1)
		return 1;
	return resync_confirm(&damaged->resync, frame, behind,
			      spot->size - (size_t)(behind - frame->start), spot->ended, ret_need);
}

static int take_frame(struct damaged_reader *damaged, const Ringside__V1__Record *record,
		      const struct frame *frame, size_t empty, struct reader_record *ret)
{
	*ret = (struct reader_record){
		.record = record,
		.frame = frame->data,
		.size = frame->size,
		.start = frame->start,
		.offset = frame->offset,
		.empty = empty,
		.unknown = record->body_case == RINGSIDE__V1__RECORD__BODY__NOT_SET,
		.header = record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER,
		.derived = &damaged->derived,
	};
	if (ret->header) {
		damaged->ended =
			problem_version(&damaged->problem, record->header, damaged->offset);
		if (damaged->ended)
			return damaged->ended;
		damaged->derived.whole = record->header->format_version == 1;
		origin_begin(&damaged->origin, record->header);
		damaged->resync.others = false;
	}
	(void)peek_record(frame->data, frame->size, &ret->peek);
	ret->orphan = origin_take(&damaged->origin, &ret->peek);
	derived_take(&damaged->derived, &ret->peek);
	derived_apply(&damaged->derived.parts, record);
	damaged->resync.latest_seq = record->seq;
	damaged->offset += frame_whole(frame);
	return 0;
}

/* @want bytes at offset, and the frame there. 0, FRAME_* or -errno. */
static int look_for(struct damaged_reader *damaged, size_t want, struct spot *ret, size_t *ret_need)
{
	const uint8_t *p;
	int r;

	r = file_window_at(&damaged->window, damaged->offset, want, &p, &ret->size);
	if (r)
		return r;
	ret->ended = ret->size < want;
	ret->frame.offset = damaged->offset;
	return frame_parse(p, ret->size, &ret->frame, ret_need);
}

/* What stands at offset, which is neither the end nor zero. */
static int take_next(struct damaged_reader *damaged, size_t empty, struct reader_record *ret)
{
	const Ringside__V1__Record *record;
	size_t want = FRAME_PREFIX_MAX, need = 0;
	struct spot spot;
	int r;

	for (;;) {
		r = look_for(damaged, want, &spot, &need);
		if (r < 0)
			return r;
		if (r == FRAME_MORE && spot.ended)
			return cut_rest(damaged, spot.size);
		if (r == FRAME_BAD)
			return leave_out(damaged);
		want = need;
		if (r == FRAME_MORE)
			continue;
		arena_reset(&damaged->arena);
		record = ringside__v1__record__unpack(&damaged->arena.allocator, spot.frame.size,
						      spot.frame.data);
		if (damaged->arena.starved)
			return -ENOMEM;
		r = record ? is_believable(damaged, record, &spot, &need) : 0;
		if (r == 1)
			return take_frame(damaged, record, &spot.frame, empty, ret);
		if (r == 0)
			return leave_out(damaged);
		want = frame_whole(&spot.frame) + need;
	}
}

static int end_foreign(struct damaged_reader *damaged)
{
	return damaged->ended = problem_note(&damaged->problem, READER_FOREIGN, "%s",
					     reader_reason(damaged->reader));
}

/* It does not begin with a record: are there others? */
static int begin_damage(struct damaged_reader *damaged)
{
	struct reader_record item;
	int r = reader_next(damaged->reader, &item);

	damaged->started = true;
	if (r != READER_FOREIGN)
		return r < 0 ? r : 0;
	if (reader_is_newer(damaged->reader))
		return end_foreign(damaged);
	r = skip_to(damaged, FIRST_SEARCH);
	if (r != DAMAGED_READER_HOLE)
		return r;
	if (damaged->hole.at_end)
		return end_foreign(damaged);
	damaged->hole.headless = true;
	damaged->offset = damaged->hole.end;
	return DAMAGED_READER_HOLE;
}

static int next_plain(struct damaged_reader *damaged, struct reader_record *ret)
{
	uint64_t zeros;
	const uint8_t *p;
	size_t size;
	int r;

	if (damaged->ended)
		return damaged->ended;
	if (!damaged->started) {
		r = begin_damage(damaged);
		if (r)
			return r;
	}
	r = count_zeros(damaged, &zeros);
	if (!r)
		r = file_window_at(&damaged->window, damaged->offset + zeros, 1, &p, &size);
	if (r)
		return r;
	if (zeros >= DAMAGED_READER_ZEROS) {
		damaged->hole = (struct damaged_reader_hole){
			.offset = damaged->offset,
			.end = damaged->offset + zeros,
			.at_end = !size,
			.zeros = zeros,
		};
		damaged->offset += zeros;
		origin_lose(&damaged->origin);
		damaged->resync.others =
			origin_look(&damaged->origin, &damaged->window, damaged->offset);
		return DAMAGED_READER_HOLE;
	}
	damaged->offset += zeros;
	if (!size) {
		damaged->ended = READER_END;
		return READER_END;
	}
	return take_next(damaged, zeros, ret);
}

/* A stretch of zstd frames is a hole like others. */
static int next_other(struct damaged_reader *damaged, struct reader_record *ret)
{
	int r = reader_next(damaged->reader, ret);

	if (r != READER_DAMAGED || !ret->damage)
		return r;
	damaged->hole = (struct damaged_reader_hole){
		.offset = ret->damage->offset,
		.end = ret->damage->end,
		.at_end = !ret->damage->found,
		.damage = ret->damage,
	};
	return DAMAGED_READER_HOLE;
}

void damaged_reader_on_progress(struct damaged_reader *damaged,
				void (*progress)(void *data, uint64_t position), void *data)
{
	damaged->progress = progress;
	damaged->data = data;
}

void damaged_reader_run_ahead(struct damaged_reader *damaged)
{
	input_run_ahead(reader_input(damaged->reader));
}

int damaged_reader_next(struct damaged_reader *damaged, struct reader_record *ret)
{
	if (++damaged->records % PROGRESS_EVERY == 0 && damaged->progress)
		damaged->progress(damaged->data, damaged_reader_position(damaged));
	return damaged->plain ? next_plain(damaged, ret) : next_other(damaged, ret);
}
