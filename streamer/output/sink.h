/* SPDX-License-Identifier: Apache-2.0 */
/* Where the stream goes: stdout, a file, files one after another, or a folder of them; plain or
 * compressed. Writes never block on a reader and never change what other processes share with
 * us (O_NONBLOCK belongs to the open file, not to the fd). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "proto/base/units.h"
#include "proto/recording/file-names.h"
#include "proto/recording/lock-notes.h"
#include "streamer/output/background-sync.h"
#include "streamer/output/deletions.h"
#include "streamer/output/output-folder.h"
#include "streamer/output/post-rotate.h"
#include "streamer/output/retention.h"
#include "streamer/privileges/user.h"

struct recording_writer;

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

/* The file that comes next, while the present one is ended. */
struct sink_next {
	int fd; /* -1: the present one goes on */
	char *name;
	uint64_t start;
	uint32_t number;
};

/* What others read of it: writer, name, fd, names.folder, user, place.fd, deletions, commands. */
struct sink {
	struct sink_config config;
	ssize_t (*write)(int fd, const void *data, size_t size);
	/* NULL: plain; else records are better handed over in batches. */
	struct recording_writer *writer;
	size_t batch; /* of records, in the writer's output; 0: none */
	char *name;   /* for messages: the path of the file, or "stdout" */
	/* Poll it for POLLOUT after sink_write returned 0; it shows POLLERR when the reader is
	 * gone. epoll refuses files (EPERM), which never block. */
	int fd;
	bool owned;     /* fd is ours to close */
	bool regular;   /* a file that can be cut */
	bool made;      /* ... which was not there before */
	bool truncate;  /* before the first write */
	uint64_t start; /* where in the file our first byte goes */
	uint64_t written;
	uint64_t marked;  /* of written: this stays, whatever happens */
	uint64_t checked; /* of written: this was in the file at the latest look */
	char mended[192]; /* what was done to the file before it was appended to; "": nothing */
	struct lock_notes notes; /* on the file; since_milli 0: none */
	/* Rotation. */
	bool rotates;
	/* In names.folder, what cannot be written is tried again, for as long as it takes. */
	struct file_names names;
	struct retention_limits limits;
	struct user user;           /* as whom to go on, without privileges: whose its files are */
	struct output_folder place; /* in which the files are; its fd is -1 for stdout */
	uint8_t stream_id[16];
	uint32_t index;
	uint32_t number;
	time_t named;    /* the latest time in a name */
	uint64_t opened; /* CLOCK_BOOTTIME ns */
	bool has_group;
	gid_t group;
	struct sink_next next;
	char **kept; /* of max_files: their names, oldest first, the present one last */
	unsigned n_kept;
	struct syncing syncing;
	struct deletions deletions; /* for the stream to tell */
	struct commands commands;
	int command_error; /* -errno or wait(2) status of one that failed, 0: none to be told */
	bool command_told;
};

/* Whether sink_open() would refuse these, on whichever machine or for what is there of that name: a
 * folder, a file system. Makes nothing. Returns 0, or -EINVAL with its sentence in @error, or
 * -ENOMEM. */
int sink_check(const struct sink_config *config, char *error, size_t size);

/* Returns 0, or -errno with a sentence in @error. A file's old content is replaced only by the
 * first write: whatever fails before leaves it as it was. */
int sink_open(struct sink **ret, const struct sink_config *config, char *error, size_t size);
/* A file that sink_open made goes, if nothing was ever written to it. NULL is fine; returns NULL.
 */
struct sink *sink_free(struct sink *sink);

/* Before the first write: the stream's name, 16 bytes; a folder gets a file, the stream's @index.
 */
int sink_begin(struct sink *sink, const uint8_t *stream_id, uint32_t index, char *error,
	       size_t size);

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

/* Whether the file is to be followed by another one, because @more bytes would be too many for it;
 * only once a recording has more than its first records. */
static inline bool sink_is_full(const struct sink *sink, uint64_t more)
{
	return sink->config.max_bytes && sink->rotates &&
	       sink->written + more >= sink->config.max_bytes;
}
/* The CLOCK_BOOTTIME when that is, at the latest: UINT64_MAX for never. */
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

/* Whether the file is locked for as long as it is written: one named with -w always is, one that is
 * stdout from here on, unless somebody else has locked it or it is none. */
bool sink_lock(const struct sink *sink);

/* Says to who looks at the file that it cannot be written, and what was lost of the stream so far;
 * until sink_end_trouble. @lost: by field in Record.body. */
void sink_tell_trouble(struct sink *sink, int error, const uint64_t lost[LOCK_NOTES_KINDS]);
void sink_end_trouble(struct sink *sink);

/* Deletes what the limits do not allow any more, which is in deletions then. */
void sink_retain(struct sink *sink);

/* Other limits of what a folder keeps: max_use, keep_free and max_age of @asked, at once. Returns
 * 0, or -errno with a sentence in @error: those that were stay. */
int sink_change_retention(struct sink *sink, const struct sink_config *asked, char *error,
			  size_t size);

/* The last file is finished as well: its name goes to --post-rotate. */
void sink_finished(struct sink *sink);
/* Takes leave of commands that have ended. Whether there is something to say, which is @said: the
 * first failure. */
bool sink_reap(struct sink *sink, char *said, size_t size);

/* Starts what syncs finished files; without, each rotation waits for the disk. */
void sink_start_syncing(struct sink *sink);

/* Whether more may be appended to the recording @fd. Returns 0 if it consists of whole records,
 * -EINVAL if it is not a recording, -EBADMSG if its last record is cut off; *ret_whole is set
 * to the end of its last whole record (frame, if it is compressed) on success and for -EBADMSG,
 * *ret_compressed likewise. */
int sink_check_recording(int fd, uint64_t *ret_whole, bool *ret_compressed);
