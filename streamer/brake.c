/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/brake.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/units.h"
#include "proto/base/util.h"

/* "2 0.1.0\n". Whatever else is there, was not counted by this version: 0. */
static unsigned read_count(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[64] = "";
	const char *end;
	uint64_t count;

	if (fd < 0 || read_full(fd, text, sizeof(text) - 1) < 0)
		return 0;
	end = units_number(text, UINT32_MAX, &count);
	return end && !strcmp(end, " " RINGSIDE_VERSION "\n") ? (unsigned)count : 0;
}

/* The machine itself may be what a start brings down: the count is on the disk before. */
static int sync_folder(const char *path)
{
	_cleanup_close_ int fd = -1;
	char copy[PATH_MAX];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int write_count(const char *path, unsigned count)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		     0644);
	char text[64];
	int r;

	(void)snprintf(text, sizeof(text), "%u %s\n", count, RINGSIDE_VERSION);
	r = fd < 0 ? -errno : write_all(fd, text, strlen(text));
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r ? r : sync_folder(path);
}

int brake_begin(struct brake *ret, const char *path)
{
	*ret = (struct brake){.path = path, .failed = read_count(path)};
	return brake_is_on(ret) ? 0 : write_count(path, ret->failed + 1);
}

void brake_end(const struct brake *brake)
{
	if (!brake_is_on(brake))
		(void)unlink(brake->path);
}
