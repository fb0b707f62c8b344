/* SPDX-License-Identifier: Apache-2.0 */
/* Four ways to write, chosen by what the fd is:
 *
 * - a file: write(2), which waits for nobody but the disk;
 * - a pipe: opened once more through /proc/self/fd, which gives an open file of our own that
 *   may be O_NONBLOCK without the other holders of the pipe (a shell, tee, the reader's
 *   sibling) noticing;
 * - a socket: send(2) with MSG_DONTWAIT;
 * - anything else, or a pipe that may not be reopened (another user's): poll(2), and then no
 *   more than PIPE_BUF, which a writable pipe takes without blocking. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "streamer/output/sink-internal.h"
#include "streamer/privileges/reader-group.h"

#define GROUP "ringside"

static ssize_t write_file(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	/* 0 would read as "the reader has no room", and a file has no reader */
	return n < 0 ? -errno : n ? n : -EIO;
}

static ssize_t write_nonblocking(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	return n < 0 ? -errno : n;
}

static ssize_t write_socket(int fd, const void *data, size_t size)
{
	ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

static ssize_t write_shared(int fd, const void *data, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int r = poll(&p, 1, 0);

	if (r < 0)
		return -errno;
	if (!r)
		return -EAGAIN;
	return write_nonblocking(fd, data, size < PIPE_BUF ? size : PIPE_BUF);
}

/* Goes on behind what it has, once that is whole. */
static int claim_recording(struct sink *sink, const struct stat *st, char *error, size_t size)
{
	struct stat now;
	int r = sink_check_append(sink, sink->name, st, sink->fd, error, size);

	if (!r && fstat(sink->fd, &now) < 0)
		return sink_refuse_open(sink->name, -errno, error, size);
	if (!r)
		sink->start = (uint64_t)now.st_size;
	return r;
}

/* A regular file named with -w; sink->fd is open. */
static int claim_file(struct sink *sink, const struct stat *st, char *error, size_t size)
{
	if (!st->st_size)
		return 0;
	if (sink->config.append) {
		return claim_recording(sink, st, error, size);
	}
	if (!sink->config.force)
		return refuse(error, size, -EEXIST,
			      "%s exists and is not empty: use --append, --force or another "
			      "name",
			      sink->name);
	sink->truncate = true;
	return 0;
}

static int open_path(struct sink *sink, char *error, size_t size)
{
	struct stat st;
	int r;

	r = sink_open_file(sink, sink->name, true, &sink->fd, &st, error, size);
	if (r < 0)
		return r;
	sink->owned = true;
	if (S_ISREG(st.st_mode)) {
		sink->regular = true;
		sink->made = !st.st_ino; /* of sink_open_file */
		return claim_file(sink, &st, error, size);
	}
	if (sink->rotates || sink->config.post_rotate)
		return refuse(error, size, -EINVAL,
			      "%s is not a file, which -C, -G, -W and "
			      "--post-rotate need",
			      sink->name);
	/* Devices wait, as they do for everybody; for a pipe there is poll(2). */
	sink->write = S_ISFIFO(st.st_mode) ? write_nonblocking : write_file;
	if (fcntl(sink->fd, F_SETFL, O_WRONLY | (S_ISFIFO(st.st_mode) ? O_NONBLOCK : 0)) < 0)
		return sink_refuse_open(sink->name, -errno, error, size);
	return 0;
}

static void open_pipe_again(struct sink *sink)
{
	int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		sink->write = write_shared;
		return;
	}
	sink->fd = fd;
	sink->owned = true;
	sink->write = write_nonblocking;
}

static int open_stdout(struct sink *sink, char *error, size_t size)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || fstat(STDOUT_FILENO, &st) < 0)
		return refuse(error, size, -EBADF, "stdout is not open for writing: use -w FILE");
	sink->fd = STDOUT_FILENO;
	if (S_ISFIFO(st.st_mode)) {
		open_pipe_again(sink);
	} else if (S_ISSOCK(st.st_mode)) {
		sink->write = write_socket;
	} else if (S_ISREG(st.st_mode)) {
		off_t at = flags & O_APPEND ? st.st_size : lseek(STDOUT_FILENO, 0, SEEK_CUR);

		sink->regular = at >= 0;
		sink->start = at >= 0 ? (uint64_t)at : 0;
	}
	return 0;
}

static int start_commands(struct sink *sink, char *error, size_t size)
{
	const char *command = sink->config.post_rotate, *path = sink->config.path;
	_cleanup_free_ char *folder = NULL;
	int r;

	if (!command || !sink->regular)
		return 0;
	if (asprintf(&folder, "%.*s%s", (int)sink->place.prefix, path,
		     sink->names.folder ? file_names_slash(path) : "") < 0)
		return refuse(error, size, -ENOMEM, "out of memory");
	r = commands_begin(&sink->commands, command, folder);
	return r < 0 ? refuse(error, size, r, "--post-rotate: %s", strerror(-r)) : 0;
}

static int open_target(struct sink *sink, char *error, size_t size)
{
	int r = sink_plan(sink, error, size);

	if (r < 0)
		return r;
	if (sink->names.compressed && recording_writer_new(&sink->writer, sink->config.level) < 0)
		return refuse(error, size, -ENOMEM, "out of memory");
	if (!strcmp(sink->config.path, "-")) {
		sink->name = strdup("stdout");
		if (!sink->name)
			return refuse(error, size, -ENOMEM, "out of memory");
		r = sink_choose_user(sink, -1, -1, error, size);
		return r ? r : open_stdout(sink, error, size);
	}
	sink->has_group = !reader_group_join(GROUP, &sink->group);
	if (sink->names.folder)
		return sink_open_folder(sink, error, size);
	r = sink_open_place(sink, sink->config.path, error, size);
	if (!r)
		r = sink_choose_user(sink, sink->place.fd, sink->rotates ? sink->place.fd : -1,
				     error, size);
	if (!r)
		r = sink_first_name(sink, &sink->name, error, size);
	return r < 0 ? r : open_path(sink, error, size);
}

int sink_open(struct sink **ret, const struct sink_config *config, char *error, size_t size)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int r;

	if (!sink)
		return refuse(error, size, -ENOMEM, "out of memory");
	sink->config = *config;
	sink->fd = sink->next.fd = -1;
	sink->place = (struct output_folder)OUTPUT_FOLDER_NULL;
	sink->syncing = (struct syncing)SYNCING_NULL;
	sink->commands.fd = -1;
	sink->write = write_file;
	r = open_target(sink, error, size);
	if (!r)
		r = start_commands(sink, error, size);
	if (!r && sink->fd >= 0 && isatty(sink->fd)) {
		sink->write = write_shared;
		if (!config->force)
			r = refuse(
				error, size, -ENOTTY,
				"%s is a terminal and the stream is binary: run `ringside live`, "
				"or use -w FILE, or --force",
				sink->name);
	}
	if (r < 0)
		sink = sink_free(sink);
	else
		*ret = sink;
	return r;
}
