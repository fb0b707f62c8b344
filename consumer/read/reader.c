/* SPDX-License-Identifier: Apache-2.0 */
/* Frames come from frame.c; this unpacks them and knows the stream's Header. Two arenas: one for
 * the record at hand, one for the Header. */
#include "consumer/read/reader.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/arena.h"
#include "consumer/cli/remote.h"
#include "consumer/damage/origin.h"
#include "consumer/damage/plain-framing.h"
#include "consumer/read/container-identity.h"
#include "consumer/read/derived.h"
#include "consumer/read/problem.h"
#include "consumer/read/unpack.h"
#include "proto/base/util.h"
#include "proto/record/container.h"

#define STREAM_ID 16

/* So many empty records in a row are no records: a hole in a file, or a bomb. */
#define EMPTY_MAX FRAME_MAX

/* So many unreadable records in a row are none, either; and no recording holds more records than
 * its file has bytes, and these. */
#define UNREADABLE_MAX 64u
#define FIRST_SEARCH (4u * 1024 * 1024) /* for a first record in what begins with none */
#define FRAME_EMPTY 4096u
#define RECORDS_MORE 65536u

struct reader {
	struct frame_reader frames;
	struct unpacker *unpacker;
	struct arena arena, header_arena;
	struct derived derived;
	struct plain_framing framing; /* plain files */
	const Ringside__V1__Record *header_record;
	const Ringside__V1__Header *header; /* of it */
	struct origin origin;
	bool started; /* the first record was read: it is a recording */
	bool damaged; /* a stretch was left out; maybe the first record was in it */
	bool newer;   /* its format is */
	bool raw;
	bool framed; /* the framing alone tells where records are */
	/* Following: what was read of the stream, when some of it comes once more. */
	bool again;
	uint64_t latest_seq;
	uint8_t latest_stream[STREAM_ID];
	int ended; /* 0, or the answer that stays */
	int fd;
	int owned_fd; /* -1: the caller's */
	struct remote remote;
	bool remote_failed;
	uint64_t unknown;
	uint64_t records;    /* read so far */
	unsigned unreadable; /* right before the one that comes next */
	struct problem problem;
};

int reader_new(struct reader **ret, int fd, const char *name)
{
	_cleanup_(reader_freep) struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	reader->fd = fd;
	reader->owned_fd = -1;
	plain_framing_init(&reader->framing, fd);
	arena_init(&reader->arena);
	arena_init(&reader->header_arena);
	derived_init(&reader->derived);
	problem_init(&reader->problem, name);
	r = unpacker_new(&reader->unpacker, &ringside__v1__record__descriptor);
	if (!r)
		r = frame_reader_init(&reader->frames, fd);
	if (r)
		return r;
	*ret = TAKE_PTR(reader);
	return 0;
}

struct reader *reader_free(struct reader *reader)
{
	if (reader) {
		frame_reader_done(&reader->frames);
		plain_framing_done(&reader->framing);
		reader->unpacker = unpacker_free(reader->unpacker);
		arena_done(&reader->arena);
		arena_done(&reader->header_arena);
		derived_done(&reader->derived);
		util_closep(&reader->owned_fd);
		remote_stop(&reader->remote);
		free(reader);
	}
	return NULL;
}

static int open_path(struct reader **ret, const char *path, int flags)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (flags && !S_ISREG(st.st_mode))
		return -EINVAL;
	r = reader_new(ret, fd, path);
	if (r)
		return r;
	(*ret)->owned_fd = TAKE_FD(fd);
	if (S_ISREG(st.st_mode))
		(*ret)->problem.advice = " (`ringside repair` makes a whole recording of the rest)";
	return 0;
}

int reader_open_remote(struct reader **ret, const char *url, const char *const *args)
{
	struct remote remote = {0};
	int r = remote_start(&remote, url, args);

	if (r)
		return r == -ENOENT ? -ENOPKG : r;
	r = reader_new(ret, remote.out, url);
	if (r) {
		(void)close(remote.out);
		remote_stop(&remote);
		return r;
	}
	(*ret)->owned_fd = remote.out;
	(*ret)->remote = remote;
	return 0;
}

bool reader_remote_failed(const struct reader *reader)
{
	return reader->remote_failed;
}

void reader_end_remote(struct reader *reader)
{
	remote_stop(&reader->remote);
}

int reader_open(struct reader **ret, const char *path)
{
	if (remote_is(path))
		return reader_open_remote(ret, path, NULL);
	return strcmp(path, "-") ? open_path(ret, path, 0) : reader_new(ret, STDIN_FILENO, "stdin");
}

int reader_open_file(struct reader **ret, const char *path)
{
	return open_path(ret, path, O_NONBLOCK);
}

int reader_fd(const struct reader *reader)
{
	return reader->fd;
}

bool reader_is_newer(const struct reader *reader)
{
	return reader->newer;
}

struct input *reader_input(const struct reader *reader)
{
	return reader->frames.input;
}

void reader_set_raw(struct reader *reader, bool raw)
{
	reader->raw = raw;
}

void reader_set_framed(struct reader *reader)
{
	reader->framed = true;
}

void reader_follow(struct reader *reader, bool follow)
{
	input_follow(reader->frames.input, follow);
	if (follow && (reader->ended == READER_END || reader->ended == READER_CUT))
		reader->ended = 0;
}

const Ringside__V1__Header *reader_header(const struct reader *reader)
{
	return reader->origin.stretch ? NULL : reader->header;
}

const Ringside__V1__Record *reader_header_record(const struct reader *reader)
{
	return reader->header_record;
}

const Ringside__V1__Header *reader_latest_header(const struct reader *reader)
{
	return reader->header;
}

uint64_t reader_orphans(const struct reader *reader)
{
	return reader->origin.records;
}

struct message_cache *reader_memo(const struct reader *reader)
{
	return unpacker_memo(reader->unpacker);
}

const char *reader_problem(const struct reader *reader)
{
	return reader->problem.text;
}

const char *reader_reason(const struct reader *reader)
{
	return problem_reason(&reader->problem);
}

uint64_t reader_unknown(const struct reader *reader)
{
	return reader->unknown;
}

/* The input came to an end, or to something that is no frame. */
static int stop_reading(struct reader *reader, int answer)
{
	struct problem *problem = &reader->problem;
	uint64_t offset = reader->frames.offset;
	const uint8_t *rest;
	size_t size;

	rest = frame_rest(&reader->frames, &size);
	if ((answer == FRAME_END || answer == FRAME_CUT) && !remote_end(&reader->remote)) {
		reader->remote_failed = true;
		return problem_note(problem, READER_CUT, "could not be read to its end");
	}
	if (answer == -EISDIR)
		return problem_note(problem, answer,
				    "is a folder: name it, as in `ringside cat FOLDER`");
	if (answer < 0)
		return problem_note(problem, answer, "cannot read on behind byte %" PRIu64 ": %s",
				    offset, strerror(-answer));
	if (reader->damaged && answer == FRAME_END)
		return READER_END; /* what there was to say was said */
	if (!reader->started && answer == FRAME_END)
		return problem_note(problem, READER_FOREIGN,
				    "empty: nothing was recorded, or what wrote it failed; "
				    "`ringside doctor` tells whether anything can be");
	if (!reader->started && answer == FRAME_CUT)
		return problem_early_end(problem, rest, size, input_is_cut(reader->frames.input),
					 reader->fd);
	if (!reader->started)
		return problem_foreign(problem, rest, size, "it does not begin with a record");
	if (answer == FRAME_CUT && input_is_cut(reader->frames.input))
		return problem_note(problem, READER_CUT,
				    "cut inside the zstd frame at byte %" PRIu64
				    ": all that can be decoded was read%s",
				    input_frame_offset(reader->frames.input), problem->advice);
	if (answer == FRAME_CUT)
		return problem_cut(problem, size, offset, problem->advice);
	if (answer == FRAME_BAD)
		return problem_note(
			problem, READER_BROKEN,
			"damaged at byte %" PRIu64
			": no record begins there, and nothing behind it can be found%s",
			offset, problem->advice);
	return READER_END;
}

static bool has_magic(const Ringside__V1__Header *header)
{
	return header->magic && !strcmp(header->magic, "RINGSIDE");
}

static int check_header(struct reader *reader, const Ringside__V1__Header *header,
			const struct frame *frame)
{
	if (!has_magic(header))
		return problem_foreign(&reader->problem, frame->start, frame->size,
				       "its Header has no magic");
	reader->newer = header->format_version > READER_FORMAT_VERSION;
	return problem_version(&reader->problem, header, frame->offset);
}

/* A Header stays known until the next one, so it is unpacked once more, into its own arena. */
static int adopt_header(struct reader *reader, const struct frame *frame)
{
	const Ringside__V1__Record *record;

	reader->header = NULL;
	arena_reset(&reader->header_arena);
	record = ringside__v1__record__unpack(&reader->header_arena.allocator, frame->size,
					      frame->data);
	if (!record)
		return problem_starved(&reader->problem);
	reader->header_record = record;
	reader->header = record->header;
	reader->derived.whole = record->header->format_version == 1;
	return 0;
}

/* Following: whether the record was read before the file was cut back. */
static bool is_repeated(struct reader *reader, const struct peek *peek, bool header)
{
	const Ringside__V1__Header *now = reader->header;
	bool same = now && now->has_stream_id && now->stream_id.len == STREAM_ID &&
		    !memcmp(now->stream_id.data, reader->latest_stream, STREAM_ID);

	if (reader->again && same && peek->seq && peek->seq <= reader->latest_seq)
		return true;
	if (header && now->has_stream_id && now->stream_id.len == STREAM_ID)
		memcpy(reader->latest_stream, now->stream_id.data, STREAM_ID);
	reader->again = false;
	reader->latest_seq = peek->seq;
	return false;
}

/* The record at hand in full. False if it is not readable. */
static bool unpack_record(struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Header *header = reader->header;

	item->record = unpacker_unpack(reader->unpacker, &reader->arena, item->frame, item->size);
	if (item->record && header && header->identity_version < CONTAINER_IDENTITY_VERSION)
		container_identity_mend(item->record, &reader->arena);
	if (item->record)
		derived_apply(&reader->derived.parts, item->record);
	return item->record;
}

/* What can be seen of it may be as wrong as the rest: nothing is derived from it. */
static int say_unreadable(struct reader *reader, const struct reader_record *item)
{
	derived_break(&reader->derived);
	if (reader->arena.starved) {
		(void)problem_starved(&reader->problem);
		return READER_DAMAGED;
	}
	return problem_unreadable(&reader->problem, item->size, item->offset);
}

int reader_unpack(struct reader *reader, struct reader_record *item)
{
	return item->record || unpack_record(reader, item) ? 0 : say_unreadable(reader, item);
}

/* What a readable record changes. 0, or the answer that stays. */
static int take_record(struct reader *reader, const struct frame *frame, struct reader_record *item)
{
	int r;

	item->header = item->peek.kind == RINGSIDE__V1__RECORD__BODY_HEADER;
	item->unknown =
		!item->peek.kind ||
		(item->record && item->record->body_case == RINGSIDE__V1__RECORD__BODY__NOT_SET);
	if (!reader->started && !item->header && !reader->damaged)
		return problem_foreign(&reader->problem, frame->start, frame->size,
				       "its first record is not a Header");
	reader->unknown += item->unknown;
	if (item->header) {
		r = check_header(reader, item->record->header, frame);
		if (!r)
			r = adopt_header(reader, frame);
		if (r)
			return r;
		origin_begin(&reader->origin, reader->header);
		reader->framing.resync.others = false;
	}
	/* what goes on with the first one is believed, whatever comes behind */
	if (!reader->started)
		reader->framing.resync.latest_seq = item->peek.seq;
	reader->started = true;
	item->orphan = origin_take(&reader->origin, &item->peek);
	return 0;
}

/* A frame that holds something. */
static int take_frame(struct reader *reader, const struct frame *frame, struct reader_record *item)
{
	bool readable = peek_record(frame->data, frame->size, &item->peek);

	item->frame = frame->data;
	item->size = frame->size;
	item->start = frame->start;
	item->offset = frame->offset;
	item->derived = &reader->derived;
	if (readable)
		derived_take(&reader->derived, &item->peek);
	if (readable && (!reader->raw || item->peek.kind == RINGSIDE__V1__RECORD__BODY_HEADER))
		readable = unpack_record(reader, item);
	/* behind others it is a damaged one */
	if (readable && item->peek.kind == RINGSIDE__V1__RECORD__BODY_HEADER && reader->started)
		readable = item->record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER &&
			   has_magic(item->record->header);
	/* which says nothing of the record */
	if (!readable && reader->arena.starved)
		return reader->ended = problem_starved(&reader->problem);
	reader->unreadable = readable ? 0 : reader->unreadable + 1;
	if (readable)
		return reader->ended = take_record(reader, frame, item);
	if (!reader->started && !reader->damaged)
		return reader->ended = problem_foreign(&reader->problem, frame->start, frame->size,
						       "its first record is not readable");
	origin_lose(&reader->origin);
	return say_unreadable(reader, item);
}

/* Nothing is wrong with it: somebody has packed all of it in one, for another's memory. */
static bool is_packed_wide(const struct reader *reader, const struct input_damage *damage)
{
	return damage->fault == INPUT_FAULT_WINDOW && !damage->found && !reader->started &&
	       !reader->damaged;
}

/* What lies in a damaged frame a repair does not find, either; but it makes a Header anew. In a
 * plain file nobody else finds what is behind the damage. */
static const char *damage_advice(const struct reader *reader, const struct input_damage *damage)
{
	if (!reader->started && !reader->damaged && reader->owned_fd >= 0 && !damage->offset &&
	    (!damage->found || problem_is_end(reader->owned_fd, damage->end)))
		return " (nothing of it can be read or repaired; copy or download it again)";
	return reader->header ? "" : reader->problem.advice;
}

/* What the framing says besides frames. */
static int take_answer(struct reader *reader, int answer, struct reader_record *item)
{
	char text[PROBLEM_REASON];
	const char *advice;

	switch (answer) {
	case FRAME_WAIT:
		return READER_WAIT;
	case FRAME_MARK:
		item->mark = input_mark(reader->frames.input);
		return READER_MARK;
	case FRAME_DAMAGED:
		item->damage = input_damage(reader->frames.input);
		if (is_packed_wide(reader, item->damage))
			return reader->ended = problem_wide(&reader->problem, item->damage->window);
		advice = damage_advice(reader, item->damage);
		derived_break(&reader->derived);
		origin_lose(&reader->origin);
		reader->damaged = true;
		return problem_note(&reader->problem, READER_DAMAGED, "damaged: %s%s",
				    input_damage_text(item->damage, text, sizeof(text)), advice);
	default:
		return reader->ended = stop_reading(reader, answer);
	}
}

/* A compressed input whose frames hold anything else than records, in numbers that have nothing to
 * do with its size: the rest of the frame is left out. */
static bool is_bomb(const struct reader *reader, size_t empty)
{
	return reader->unreadable > UNREADABLE_MAX || empty > FRAME_EMPTY ||
	       reader->records > RECORDS_MORE + input_position(reader->frames.input);
}

/* A plain file leads nowhere from byte @from on. READER_DAMAGED if there are records behind it, 0
 * if there are none, or it is no such file; -errno. @end: where one is anyway, UINT64_MAX: nowhere.
 */
static int find_on(struct reader *reader, uint64_t from, uint64_t end)
{
	uint64_t limit = reader->started ? UINT64_MAX : from + FIRST_SEARCH;
	struct resync_hole hole;
	int r;

	if (reader->framed || !input_goes(reader->frames.input))
		return 0;
	reader->framing.resync.others = origin_look(&reader->origin, &reader->framing.window, from);
	r = plain_framing_find(&reader->framing, from + reader->started, limit, &hole);
	if (r || !hole.found || hole.end == end || !frame_go(&reader->frames, hole.end))
		return r;
	derived_break(&reader->derived);
	origin_lose(&reader->origin);
	reader->damaged = true;
	reader->ended = 0;
	if (hole.end == from)
		return problem_note(&reader->problem, READER_DAMAGED,
				    "damaged: the Header is missing%s", reader->problem.advice);
	return problem_note(&reader->problem, READER_DAMAGED,
			    "damaged: the bytes from %" PRIu64 " to %" PRIu64
			    " are no records; reading goes on behind them%s",
			    from, hole.end, reader->problem.advice);
}

static bool is_doubtful(struct reader *reader, const struct frame *frame, bool header)
{
	struct peek peek;

	return !reader->framed && input_goes(reader->frames.input) && reader->started &&
	       peek_record(frame->data, frame->size, &peek) &&
	       !plain_framing_believes(&reader->framing, frame, &peek, header);
}

/* A frame that holds something, if the framing can be followed. As reader_next. */
static int take_or_find(struct reader *reader, const struct frame *frame,
			struct reader_record *item)
{
	bool header = recording_index_is_header(frame->data, frame->size);
	int r, found = 0;

	item->offset = frame->offset;
	if (is_doubtful(reader, frame, header))
		found = find_on(reader, frame->offset, UINT64_MAX);
	if (found)
		return found;
	r = take_frame(reader, frame, item);
	if (r == READER_DAMAGED || (r == READER_FOREIGN && !reader->started && !header))
		found = find_on(reader, frame->offset,
				r == READER_DAMAGED ? frame_end(frame) : UINT64_MAX);
	if (!found && r == READER_DAMAGED)
		return say_unreadable(reader, item);
	return found ? found : r;
}

/* The framing ends, with @answer. As reader_next; 0: it does not go on. */
static int find_behind(struct reader *reader, int answer, const struct frame *frame, size_t empty)
{
	if (answer == FRAME_BAD || answer == FRAME_CUT)
		return find_on(reader, reader->frames.offset, UINT64_MAX);
	if (!answer && !frame->size && empty > FRAME_EMPTY)
		return find_on(reader, frame->offset - empty, UINT64_MAX);
	return 0;
}

int reader_next(struct reader *reader, struct reader_record *ret)
{
	struct reader_record item = {0};
	struct frame frame;
	int r, found;

	if (reader->ended)
		return reader->ended;
	do {
		r = frame_next(&reader->frames, &frame);
		if (r == FRAME_AGAIN) {
			reader->again = true;
			derived_break(&reader->derived);
		}
		if ((r == FRAME_BAD || (!r && is_bomb(reader, item.empty))) &&
		    (reader->started || reader->damaged) && frame_refuse(&reader->frames)) {
			reader->unreadable = 0;
			item.empty = 0;
			r = FRAME_AGAIN; /* says next what is left out */
		}
		reader->records += !r;
		found = find_behind(reader, r, &frame, item.empty);
		if (found) {
			*ret = item;
			return found;
		}
		if (!r && !frame.size && ++item.empty > EMPTY_MAX)
			return reader->ended =
				       problem_note(&reader->problem, READER_BROKEN,
						    "damaged: nothing but zeroes before byte "
						    "%" PRIu64,
						    frame.offset);
		if (!r && frame.size) {
			r = take_or_find(reader, &frame, &item);
			if (!r && is_repeated(reader, &item.peek, item.header))
				r = FRAME_AGAIN;
			*ret = item;
			if (r != FRAME_AGAIN)
				return r;
			item = (struct reader_record){0};
		}
	} while (!r || r == FRAME_AGAIN);
	r = take_answer(reader, r, &item);
	*ret = item;
	return r;
}
