/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/secret-file.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define PIPE_NANO UINT64_C(10000000000)
#define LOOK_MS 100 /* whether it is to stop */

bool secret_file_is_open(const char *path, char doubt[SECRET_FILE_DOUBT])
{
	char safe[LINE_FILE];
	struct stat st;
	mode_t others = S_IROTH;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (st.st_uid != 0)
		others |= S_IRGRP;
	if (!(st.st_mode & others))
		return false;
	(void)snprintf(doubt, SECRET_FILE_DOUBT,
		       "%.300s holds a secret, and others can read it (mode %03o): chmod 600",
		       line_file(path, safe), (unsigned)st.st_mode & 0777);
	return true;
}

static void cut_newline(char *value)
{
	char *end = strchr(value, '\n');

	if (!end || end[1])
		return;
	if (end > value && end[-1] == '\r')
		end--;
	*end = '\0';
}

/* Up to its end or @size bytes. Returns how many, or -errno. */
static ssize_t read_pipe(int fd, char *value, size_t size, const atomic_bool *stop)
{
	const uint64_t end = clock_nano(CLOCK_MONOTONIC) + PIPE_NANO;
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	size_t done = 0;

	while (done < size) {
		ssize_t n;

		if (stop && atomic_load_explicit(stop, memory_order_relaxed))
			return -ECANCELED;
		if (clock_nano(CLOCK_MONOTONIC) >= end)
			return -ETIMEDOUT;
		/* one that nobody has opened yet to write to it is not at its end */
		if (poll(&pollfd, 1, LOOK_MS) <= 0)
			continue;
		n = read(fd, value + done, size - done);
		if (!n)
			break;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		done += n < 0 ? 0 : (size_t)n;
	}
	return (ssize_t)done;
}

static ssize_t read_any(int fd, char *value, size_t size, const atomic_bool *stop)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return read_full(fd, value, size);
	return read_pipe(fd, value, size, stop);
}

int secret_file_read(const char *path, char *value, size_t size, const atomic_bool *stop)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -errno : read_any(fd, value, size, stop);

	if (n < 0)
		return (int)n;
	if ((size_t)n == size) {
		explicit_bzero(value, size);
		return -EFBIG;
	}
	value[n] = '\0';
	if (strlen(value) != (size_t)n)
		return -EINVAL;
	cut_newline(value);
	return *value ? 0 : -EINVAL;
}

const char *secret_file_problem(int error)
{
	switch (error) {
	case -EINVAL:
		return "there is nothing in it that could be one";
	case -EFBIG:
		return "it is too long";
	case -ETIMEDOUT:
		return "it is a pipe, and was not written to its end within 10 s";
	default:
		return strerror(-error);
	}
}

bool secret_file_may_block(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}
