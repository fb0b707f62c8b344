/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a recording or a pipe as they were before any compression: as they are, or out of
 * zstd frames (recording.h). Which of both is told by the first four bytes, never by a name.
 * Memory is bounded whatever the input says: 2 MiB of content, the look-back, and a window of at
 * most 1 << RECORDING_WINDOW_LOG_MAX bytes.
 *
 * A frame's content is held back until its checksum was compared, so that nothing wrong is given.
 * Three times it is given unproved: when the input has no more for now (a file's end, or a pipe
 * that is silent for 50 ms: a frame that is just being written), when it ends inside the frame, and
 * of a frame that holds more than INPUT_HOLD bytes (other programs' only). If such a frame proves
 * wrong later, input_damage.given says how much of it was given.
 *
 * After damage the next frame is looked for: by its magic and the sense of what is behind it. Our
 * frames begin with a record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/recording/index-walk.h"
#include "proto/recording/recording.h"

/* What input_read says besides 0 and -errno: as frame_next, which passes it on. */
enum {
	INPUT_END = FRAME_END,   /* nothing more; also behind a block of a frame not finished */
	INPUT_CUT = FRAME_CUT,   /* it ends inside a frame; all that could be decoded was given */
	INPUT_WAIT = FRAME_WAIT, /* following: nothing more for now */
	INPUT_MARK = FRAME_MARK, /* a frame was given to its end (input_want_marks): input_mark */
	INPUT_DAMAGED = FRAME_DAMAGED, /* a stretch was left out: input_damage. Call again: records
					  begin anew */
	INPUT_AGAIN = FRAME_AGAIN, /* following: the file was cut back. Call again: some comes once
				      more */
};

/* After damage frames are tried that begin inside the damaged one. Frames that overlap could make
 * that quadratic: when more was read again than for the first time, and this many bytes, what
 * was decoded before is not looked at any more. */
#define INPUT_VAIN (4u * 1024 * 1024)

/* The most that is decoded of an input: so many bytes for each of its own, and some. Events with
 * the longest paths there are come to 600. */
#define INPUT_RATIO 1024u
#define INPUT_UNPACKED (16u * 1024 * 1024)

/* The largest frame our writer makes, with room. */
#define INPUT_HOLD (RECORDING_FRAME_BYTES + FRAME_MAX + 4096u)

enum input_fault {
	INPUT_FAULT_CHECKSUM,   /* the content is not what was written */
	INPUT_FAULT_DATA,       /* a block cannot be decoded */
	INPUT_FAULT_NO_FRAME,   /* neither a frame nor the end */
	INPUT_FAULT_WINDOW,     /* the frame wants more memory than we give */
	INPUT_FAULT_DICTIONARY, /* the frame wants a dictionary */
	INPUT_FAULT_RATIO,      /* the frames so far hold more than any recording does */
	INPUT_FAULT_RECORDS,    /* what is in it are no records (input_refuse) */
};

struct input_damage {
	enum input_fault fault;
	uint64_t offset;  /* in the file: where what is left out begins */
	uint64_t end;     /* in the file: where reading goes on */
	bool found;       /* a frame begins at end; else the file ends there */
	uint64_t window;  /* INPUT_FAULT_WINDOW: bytes that the frame wants */
	uint64_t given;   /* bytes of content of the frame at offset that were given already */
	uint64_t untried; /* where frames that begin before it were not tried any more; 0: all were
			   */
	/* The index frame of the frame at offset is whole, and says what was in it. */
	bool indexed;
	struct recording_index index;
};

/* A data frame that was given to its end. */
struct input_mark {
	uint64_t offset, size; /* in the file, without the index frame */
	uint64_t content;      /* bytes it holds */
	bool checksum;         /* it has one (which is right) */
	bool indexed;          /* an index frame is right behind it */
	bool index_damaged;    /* ... but cannot be read */
	struct recording_index index;
};

struct input;

/* @fd is borrowed; a file is read from its current position on, which stays where it is. */
int input_new(struct input **ret, int fd);
struct input *input_free(struct input *input); /* NULL is fine; returns NULL */

/* Whatever is there, up to @size bytes: 0 and *ret_n >= 1; INPUT_*; or -errno. END and CUT
 * repeat. */
int input_read(struct input *input, void *buf, size_t size, size_t *ret_n);

/* The same where it lies, without a copy, if that is in the input's memory, where it stays until
 * the next call: *ret. Else in @buf. */
int input_take(struct input *input, const uint8_t **ret, void *buf, size_t size, size_t *ret_n);

const struct input_damage *input_damage(const struct input *input); /* after INPUT_DAMAGED */
const struct input_mark *input_mark(const struct input *input);     /* after INPUT_MARK */

/* The damage in words: "the checksum of the frame at byte 17 is wrong; ...". Returns @buf. */
const char *input_damage_text(const struct input_damage *damage, char *buf, size_t size);

/* Looks at the first bytes, waiting for them if need be. Sets *ret: zstd frames. 0 or -errno. */
int input_is_compressed(struct input *input, bool *ret);

/* Before the first read: it is zstd frames, though its first bytes do not say so. 0 or -errno. */
int input_force_compressed(struct input *input);

/* After INPUT_END: the last frame was never finished (the writer is still at it, or was killed),
 * but ends behind a block that was decoded. */
bool input_unfinished(const struct input *input);
bool input_is_cut(const struct input *input); /* it said INPUT_CUT */

/* Where in the file the next byte to decode is; where the frame begins that it belongs to, 0 in a
 * plain one. */
uint64_t input_position(const struct input *input);
uint64_t input_frame_offset(const struct input *input);

/* @idle is called before a read that would have to wait. */
void input_on_idle(struct input *input, void (*idle)(void *data), void *data);

/* The end of a regular file is INPUT_WAIT from now on. */
void input_follow(struct input *input, bool follow);

/* INPUT_MARK behind each data frame. A pipe is then read one frame ahead. */
void input_want_marks(struct input *input);

/* Compressed files, which are neither followed nor selected from later: another thread may decode
 * what comes next meanwhile (input-ahead.h). What is read stays the same. */
void input_run_ahead(struct input *input);

/* Compressed files only: goes on with the first of these and reads nothing else. Each begins where
 * a frame does. @ranges is borrowed. 0, or -ESPIPE: it is no such file, or not read from its
 * beginning. */
int input_select(struct input *input, const struct recording_ranges *ranges);

/* The caller can make no sense of what it was given. Returns true if there is a next frame to look
 * for: INPUT_DAMAGED comes next. */
bool input_refuse(struct input *input);

/* Plain files that are read from their beginning: goes on at @offset. False: it is no such input.
 */
bool input_go(struct input *input, uint64_t offset);
/* Whether it is one. */
bool input_goes(const struct input *input);

/* The last @size bytes given come once more, as they will be by then. False: not of this input. */
bool input_unread(struct input *input, size_t size);

DEFINE_FREEP(input);
