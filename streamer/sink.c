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
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sink.h"
#include "util.h"

struct sink {
	ssize_t (*write)(int fd, const void *data, size_t size);
	char *name;
	int fd;
	bool owned;     /* fd is ours to close */
	bool regular;   /* a file that can be cut */
	bool truncate;  /* before the first write */
	uint64_t start; /* where in the file our first byte goes */
	uint64_t written;
};

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

_printf_(4, 5) static int refuse(char *error, size_t size, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error, size, format, args);
	va_end(args);
	return code;
}

static int refuse_open(const char *path, int code, char *error, size_t size)
{
	if (code == -ELOOP)
		return refuse(error, size, code,
			      "%s is a symbolic link, which -w does not follow: name the file",
			      path);
	if (code == -EISDIR)
		return refuse(error, size, code, "%s is a folder: name a file in it", path);
	return refuse(error, size, code, "cannot open %s for writing: %s", path, strerror(-code));
}

static int check_append(const char *path, const struct stat *st, char *error, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat now;
	uint64_t whole = 0;
	int r;

	if (fd < 0 || fstat(fd, &now) < 0)
		return refuse(error, size, -errno, "cannot read %s to append to it: %s", path,
			      strerror(errno));
	r = now.st_ino == st->st_ino && now.st_dev == st->st_dev ? sink_check_recording(fd, &whole)
								 : -ESTALE;
	if (r == -EINVAL)
		return refuse(error, size, r, "%s is not a recording: --append needs one", path);
	if (r == -EBADMSG)
		return refuse(error, size, r,
			      "the last record of %s is cut off: `truncate -s %" PRIu64
			      " %s` removes it, then --append works",
			      path, whole, path);
	if (r < 0)
		return refuse(error, size, r, "cannot append to %s: %s", path, strerror(-r));
	return 0;
}

/* A regular file named with -w; sink->fd is open. */
static int claim_file(struct sink *sink, const struct sink_config *config, const struct stat *st,
		      char *error, size_t size)
{
	/* Two streams in one file would cut each other's records. */
	if (flock(sink->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return refuse(error, size, -EBUSY, "%s is being written by another process",
			      config->path);
	if (!st->st_size)
		return 0;
	if (config->append) {
		sink->start = (uint64_t)st->st_size;
		return check_append(config->path, st, error, size);
	}
	if (!config->force)
		return refuse(error, size, -EEXIST,
			      "%s exists and is not empty: use --append, --force or another name",
			      config->path);
	sink->truncate = true;
	return 0;
}

static int open_path(struct sink *sink, const struct sink_config *config, char *error, size_t size)
{
	struct stat st;

	sink->fd = open(config->path,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY |
				(config->append ? O_APPEND : 0),
			0640);
	if (sink->fd < 0)
		return refuse_open(config->path, -errno, error, size);
	sink->owned = true;
	if (fstat(sink->fd, &st) < 0)
		return refuse_open(config->path, -errno, error, size);
	if (S_ISREG(st.st_mode)) {
		sink->regular = true;
		return claim_file(sink, config, &st, error, size);
	}
	if (!S_ISFIFO(st.st_mode))
		return 0;
	sink->write = write_nonblocking;
	if (fcntl(sink->fd, F_SETFL, O_WRONLY | O_NONBLOCK) < 0)
		return refuse_open(config->path, -errno, error, size);
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

int sink_open(struct sink **ret, const struct sink_config *config, char *error, size_t size)
{
	bool to_stdout = !strcmp(config->path, "-");
	struct sink *sink = calloc(1, sizeof(*sink));
	int r;

	if (!sink)
		return refuse(error, size, -ENOMEM, "out of memory");
	sink->fd = -1;
	sink->write = write_file;
	sink->name = strdup(to_stdout ? "stdout" : config->path);
	if (!sink->name)
		r = refuse(error, size, -ENOMEM, "out of memory");
	else
		r = to_stdout ? open_stdout(sink, error, size)
			      : open_path(sink, config, error, size);
	if (!r && isatty(sink->fd)) {
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

struct sink *sink_free(struct sink *sink)
{
	if (!sink)
		return NULL;
	if (sink->owned && sink->fd >= 0)
		(void)close(sink->fd);
	free(sink->name);
	free(sink);
	return NULL;
}

const char *sink_name(const struct sink *sink)
{
	return sink->name;
}

int sink_fd(const struct sink *sink)
{
	return sink->fd;
}

ssize_t sink_write(struct sink *sink, const void *data, size_t size)
{
	ssize_t n;

	if (sink->truncate) {
		if (ftruncate(sink->fd, 0) < 0)
			return -errno;
		sink->truncate = false;
	}
	do {
		n = sink->write(sink->fd, data, size);
	} while (n == -EINTR);
	if (n == -EAGAIN)
		return 0;
	/* a socket says so when it is reset rather than closed */
	if (n == -ECONNRESET)
		return -EPIPE;
	if (n > 0)
		sink->written += (uint64_t)n;
	return n;
}

int sink_cut(struct sink *sink, uint64_t keep)
{
	struct stat st;

	if (!sink->regular)
		return -ESPIPE;
	if (fstat(sink->fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != sink->start + sink->written)
		return -EBUSY;
	if (ftruncate(sink->fd, (off_t)(sink->start + keep)) < 0)
		return -errno;
	/* what shares stdout with us goes on at the new end, without a hole */
	(void)lseek(sink->fd, (off_t)(sink->start + keep), SEEK_SET);
	sink->written = keep;
	return 0;
}

int sink_sync(struct sink *sink)
{
	/* EINVAL: a file system that keeps nothing to sync */
	if (!sink->regular || !fdatasync(sink->fd) || errno == EINVAL)
		return 0;
	return -errno;
}
