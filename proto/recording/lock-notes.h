/* SPDX-License-Identifier: Apache-2.0 */
/* What a writer says of a file that it cannot write to, because its disk is full: in locks on bytes
 * far behind its end. They take no room, are seen by whoever may read the file, also while the
 * writer is stopped, and end with it, however it ends (FORMAT.md, "Folders"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LOCK_NOTES_KINDS 16u /* an event's kind: the number of its field in Record.body */

struct lock_notes {
	int error;            /* errno of the latest write */
	uint64_t since_milli; /* real time, ms: of the first one that failed, and of the latest */
	uint64_t latest_milli;
	uint64_t lost[LOCK_NOTES_KINDS]; /* events of the stream that were not kept, so far */
};

/* Puts @notes in place of @before, which are on the file @fd by the same open file; NULL: none. @fd
 * has to be open for writing. 0 or -errno: then some may be missing. */
int lock_notes_put(int fd, const struct lock_notes *before, const struct lock_notes *notes);

/* Takes them away. */
void lock_notes_clear(int fd);

/* Those that somebody else has put on @fd, which need only be open for reading. False: none. */
bool lock_notes_read(int fd, struct lock_notes *ret);
