/* SPDX-License-Identifier: Apache-2.0 */
/* Finds records where the framing of a plain recording is lost. Strict: a record is believed only
 * if it has the form our writers give it, comes later than what was read, and what is behind it
 * goes on with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/arena.h"
#include "consumer/damage/file-window.h"
#include "proto/record/frame.h"

#define RESYNC_MORE 2

struct resync {
	struct file_window *window; /* borrowed */
	struct arena arena;
	uint64_t latest_seq; /* of what was read; 0: nothing */
	bool others;         /* records of another stream may come, whose numbers have begun anew */
	uint64_t spent;      /* bytes unpacked in vain */
	uint64_t at, tried;  /* in the file: what is looked at, and where what was unpacked ends */
};

void resync_init(struct resync *resync, struct file_window *window);
void resync_done(struct resync *resync);

/* Whether the bytes may be a part of a name, which no record of ours is: they have no zero. */
bool resync_is_text(const uint8_t *data, size_t size);

/* Whether the record @frame can be believed, though it is not the next one by its seq. @behind:
 * what comes after it; @size bytes of it are there. Returns 1, 0, or RESYNC_MORE: *ret_need bytes
 * are needed to tell (with less at the end of the file, say @ended). */
int resync_confirm(const struct resync *resync, const struct frame *frame, const uint8_t *behind,
		   size_t size, bool ended, size_t *ret_need);

struct resync_hole {
	uint64_t end;   /* where a record begins, or where it was given up */
	bool found;     /* it is a record */
	uint64_t zeros; /* bytes of the longest run of zeros before it */
};

/* Looks for a record from @from on, up to @limit. 0 or -errno. */
int resync_find(struct resync *resync, uint64_t from, uint64_t limit, struct resync_hole *ret);
