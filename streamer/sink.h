/* SPDX-License-Identifier: Apache-2.0 */
/* Where the stream goes: stdout or a file. Writes never block on a reader and never change
 * what other processes share with us (O_NONBLOCK belongs to the open file, not to the fd). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sink;

struct sink_config {
	const char *path; /* "-": stdout */
	bool append;      /* behind what a recording already has */
	bool force;       /* replace a file's content; write to a terminal */
};

/* Returns 0, or -errno with a sentence in @error. A file's old content is replaced only by the
 * first write: whatever fails before leaves it as it was. */
int sink_open(struct sink **ret, const struct sink_config *config, char *error, size_t size);
struct sink *sink_free(struct sink *sink); /* NULL is fine; returns NULL */

/* For messages: the path, or "stdout". */
const char *sink_name(const struct sink *sink);

/* Poll it for POLLOUT after sink_write returned 0; it shows POLLERR when the reader is gone.
 * epoll refuses files (EPERM), which never block. */
int sink_fd(const struct sink *sink);

/* Returns the bytes taken, 0 if the reader has no room now, -EPIPE if it is gone, -errno. */
ssize_t sink_write(struct sink *sink, const void *data, size_t size);

/* Leaves of all bytes written only the first @keep. -ESPIPE for what is not a file, -EBUSY if
 * somebody else wrote behind them. */
int sink_cut(struct sink *sink, uint64_t keep);

/* Files: waits until the data is on the disk. */
int sink_sync(struct sink *sink);

/* Whether more may be appended to the recording @fd. Returns 0 if it consists of whole records,
 * -EINVAL if it is not a recording, -EBADMSG if its last record is cut off; *ret_whole is set
 * to the end of its last whole record on success and for -EBADMSG. */
int sink_check_recording(int fd, uint64_t *ret_whole);
