/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor file: how far a target has what the recordings hold, by stream and seq.
 *
 * Two copies, FILE and FILE.2, are written in turn, each as a new file that takes the old one's
 * name when it is on the disk: after a crash or a power cut one of them is whole. A copy that is
 * not, by its checksum, is told and the other one taken. FILE.lock is locked as long as somebody
 * goes on from the cursor: `ringside status` sees by it who is dead. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOKMARK_ID 16
#define BOOKMARK_STREAMS 50000u /* as many as a folder may have files */
#define BOOKMARK_HOST 68
#define BOOKMARK_PROBLEM 512
#define BOOKMARK_LOCK ".lock" /* behind FILE */

/* All records of the stream up to @seq are settled; 0: none is. */
struct bookmark_stream {
	uint8_t id[BOOKMARK_ID];
	uint64_t seq;
	uint64_t left_out; /* of these, by a filter */
	uint64_t from;     /* the first that was ever to be sent; 0: its first one */
};

struct bookmark {
	char path[PATH_MAX - 16];
	char host[BOOKMARK_HOST];    /* whose recordings these are; "": not known */
	char machine[BOOKMARK_HOST]; /* machine-id; likewise */
	size_t n, room;
	struct bookmark_stream *streams;
	bool begun;          /* where forwarding begins is known: @streams have it */
	uint64_t generation; /* of the copy that was read or written last; 0: there was none */
	int lock;
	bool half; /* one of the copies was damaged: in @note what */
	char note[BOOKMARK_PROBLEM];
};

/* Reads the cursor @path, which need not be there yet, and writes it, to see that this is
 * possible. 0, or -errno and in @problem a sentence that says what to do: -EBUSY: somebody goes on
 * from it; -EBADMSG: no copy of it is whole. Close it in any case. */
int bookmark_open(struct bookmark *bookmark, const char *path, char problem[BOOKMARK_PROBLEM]);
int bookmark_save(struct bookmark *bookmark); /* 0 or -errno; the copies that are there stay */
void bookmark_close(struct bookmark *bookmark);

/* The stream's place in it; NULL: it is not in it. */
struct bookmark_stream *bookmark_find(const struct bookmark *bookmark, const uint8_t *id);
/* ... a new one if need be, with seq 0; *ret is its index. 0, -ENOMEM or -ENOSPC: too many. */
int bookmark_add(struct bookmark *bookmark, const uint8_t *id, size_t *ret);
