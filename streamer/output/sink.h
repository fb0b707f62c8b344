/* SPDX-License-Identifier: Apache-2.0 */
/* Where the stream goes: stdout, a file, files one after another, or a folder of them; plain or
 * compressed. Writes never block on a reader and never change what other processes share with
 * us (O_NONBLOCK belongs to the open file, not to the fd). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/base/units.h"
#include "streamer/output/deletions.h"
#include "streamer/privileges/user.h"

struct sink;

/* Compressed if the name ends in .zst, or it is a folder. */
#define SINK_LEVEL_BY_NAME (-1)

struct sink_config {
	const struct users *users; /* one of whom is to make files later on; NULL: whoever we are */
	const char *path;          /* "-": stdout; a folder, or with / at its end: a folder */
	bool append;               /* behind what a recording already has */
	bool force;                /* replace a file's content; write to a terminal */
	int level;                 /* of compression; 0: plain; SINK_LEVEL_BY_NAME */
	uint64_t max_bytes;        /* of a file: the next one then; 0: no limit */
	uint32_t max_seconds;      /* likewise; with strftime's conversions in path */
	uint32_t max_files;        /* the oldest goes then; 0: no limit */
	const char *post_rotate;   /* command for a finished file; NULL: none */
	/* Of a folder. */
	bool allow_shared_folder; /* one that others can write to */
	struct amount max_use;
	struct amount keep_free;
	uint64_t max_age; /* seconds; 0: no limit */
};

/* Returns 0, or -errno with a sentence in @error. A file's old content is replaced only by the
 * first write: whatever fails before leaves it as it was. */
int sink_open(struct sink **ret, const struct sink_config *config, char *error, size_t size);
struct sink *sink_free(struct sink *sink); /* NULL is fine; returns NULL */

/* Before the first write: the stream's name, 16 bytes; a folder gets its first file. */
int sink_begin(struct sink *sink, const uint8_t *stream_id, char *error, size_t size);

/* For messages: the path of the file, or "stdout". */
const char *sink_name(const struct sink *sink);

/* Poll it for POLLOUT after sink_write returned 0; it shows POLLERR when the reader is gone.
 * epoll refuses files (EPERM), which never block. */
int sink_fd(const struct sink *sink);

/* Whether records are better handed over in batches. */
bool sink_compresses(const struct sink *sink);

/* Whether what cannot be written is to be tried again, for as long as it takes: a folder. */
bool sink_keeps_going(const struct sink *sink);

/* Takes whole records. Returns the bytes taken, 0 if the reader has no room now (call again with
 * the same data, or more), -EPIPE if it is gone, -errno. */
ssize_t sink_write(struct sink *sink, const void *data, size_t size);

/* Leaves of all bytes written only the first @keep. -ESPIPE for what is not a file, -EBUSY if
 * somebody else wrote behind them. Of plain records only. */
int sink_cut(struct sink *sink, uint64_t keep);

/* Whether the output ends within a record, after a failure. */
bool sink_torn(const struct sink *sink);

/* All that was taken stays; and: of what was taken since, nothing stays. For files. */
void sink_commit(struct sink *sink);
void sink_rollback(struct sink *sink);

/* Ends a compressed recording. Returns 0, SINK_BLOCKED if the reader has no room (call it
 * again), -EPIPE, -errno. */
#define SINK_BLOCKED 1
int sink_end(struct sink *sink);

/* Files: waits until the data is on the disk, that of earlier ones too. */
int sink_sync(struct sink *sink);

/* Rotation (sink-next.c). What comes next is opened before anything is ended:
 *
 *     sink_prepare; write the last records; sink_end; sink_switch; write the first ones
 *
 * or, if the last records cannot be written, sink_discard. */

/* Whether the file is to be followed by another one at this CLOCK_BOOTTIME; only once a
 * recording has more than its first records. */
bool sink_due(const struct sink *sink, uint64_t boottime);
/* When that is, at the latest: UINT64_MAX for never. */
uint64_t sink_due_at(const struct sink *sink);
/* Opens it. @reopen: somebody moved the file away (SIGHUP), or wants a new one now. -ENOTSUP if
 * there is nothing to reopen. */
int sink_prepare(struct sink *sink, bool reopen, char *error, size_t size);
void sink_discard(struct sink *sink);
/* Leaves the old one, which has been ended: it is synced meanwhile, and its name goes to
 * --post-rotate. Returns 0, -ENOMEM, or -errno of an earlier one that could not be synced. */
int sink_switch(struct sink *sink);

/* Whether somebody else has cut the file short (logrotate's copytruncate); ask after a write,
 * before sink_commit. */
bool sink_was_cut(struct sink *sink);
/* Then: a new recording begins in the same file, where it ends now. Returns 0 or -errno. */
int sink_begin_anew(struct sink *sink);

/* Deletes what the limits do not allow any more; *ret: what was, for the stream to tell. */
void sink_retain(struct sink *sink);
struct deletions *sink_deletions(struct sink *sink);

/* The last file is finished as well: its name goes to --post-rotate. */
void sink_finished(struct sink *sink);
/* Takes leave of commands that have ended. Whether there is something to say, which is @said: the
 * first failure. */
bool sink_reap(struct sink *sink, char *said, size_t size);
/* Commands that run; and what becomes readable when one ends, or -1. */
unsigned sink_commands(const struct sink *sink);
int sink_commands_fd(const struct sink *sink);

/* The folder of its files, -1: it has none. */
int sink_folder_fd(const struct sink *sink);

/* As whom to go on, without privileges: whose its files are. */
const struct user *sink_user(const struct sink *sink);

/* Starts what syncs finished files; without, each rotation waits for the disk. */
void sink_start_syncing(struct sink *sink);

/* Whether more may be appended to the recording @fd. Returns 0 if it consists of whole records,
 * -EINVAL if it is not a recording, -EBADMSG if its last record is cut off; *ret_whole is set
 * to the end of its last whole record (frame, if it is compressed) on success and for -EBADMSG,
 * *ret_compressed likewise. */
int sink_check_recording(int fd, uint64_t *ret_whole, bool *ret_compressed);
