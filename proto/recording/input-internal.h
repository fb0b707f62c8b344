/* SPDX-License-Identifier: Apache-2.0 */
/* What input.c and input-zstd.c share. */
#pragma once

#include "proto/recording/input.h"
#include "proto/recording/source.h"
#include "proto/recording/zstd-header.h"

typedef struct ZSTD_DCtx_s ZSTD_DCtx;

/* What comes next in a compressed input. */
enum input_state {
	INPUT_BETWEEN,  /* a frame, or the end */
	INPUT_BLOCK,    /* a block of a data frame */
	INPUT_CHECKSUM, /* the checksum of a data frame */
	INPUT_SKIP,     /* a skippable frame of another program's */
	INPUT_SEARCH,   /* nobody knows: a frame is looked for */
};

struct input {
	struct source source;
	bool known, compressed; /* compressed: known, too */
	bool follow, marks;
	int ended; /* 0, or the answer that stays */
	const struct recording_ranges *ranges;
	size_t range; /* the one at hand */

	enum input_state state;
	ZSTD_DCtx *zstd;
	/* Content of one frame: given up to begin, may be given up to ready. */
	uint8_t *hold;
	size_t begin, ready, end;
	struct zframe frame;
	uint64_t frame_offset;
	uint64_t frame_content; /* decoded so far */
	uint64_t given;         /* of it, not proved when it was */
	uint64_t skip;          /* where INPUT_SKIP ends */
	/* A skippable frame right before this place whose length nothing proves. */
	bool suspicious;
	uint64_t suspect;
	uint64_t probed;     /* 1 + offset of what does not end, and has no other frame in it */
	uint64_t retried;    /* following: 1 + offset of the frame that was begun once more */
	bool mark_open;      /* the mark is wanted, and not given yet */
	bool damage_pending; /* nor is the damage: where it ends is looked for */
	bool damage_due;     /* that is known: it is given next */
	/* What reading costs, in bytes read and decoded: on ground that was trodden for the first
	 * time, and again; where the first ends; and where the latest thing ends that looked like
	 * an index and was none. The first two are at most some INPUT_VAIN more than twice what a
	 * whole file of the size and content costs. */
	uint64_t fresh, vain, high, hashed;
	uint64_t unpacked; /* bytes of content in all */
	struct input_mark mark;
	struct input_damage damage;

	bool may_run_ahead; /* input_run_ahead, and it was not tried yet */
	/* The thread that decodes, and owns source and zstd meanwhile; NULL: there is none. All
	 * else is as it was when the content at hand was decoded. */
	struct input_ahead *ahead;
};

static inline bool input_in_frame(const struct input *input)
{
	return input->state == INPUT_BLOCK || input->state == INPUT_CHECKSUM;
}

int input_zstd_init(struct input *input);
void input_zstd_done(struct input *input);

/* An answer besides input_read()'s: the end of a file that is followed. */
#define INPUT_AT_END 16
/* To where there is content to give, in hold from begin to ready: 0, or another answer. */
int input_zstd_decode(struct input *input);
bool input_zstd_refuse(struct input *input);
/* Begins with the frame at @offset. */
void input_zstd_go(struct input *input, uint64_t offset);
