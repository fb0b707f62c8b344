/* SPDX-License-Identifier: Apache-2.0 */
/* A file is as safe as the folders above it: who may write to one of them puts another file, or
 * another folder, in its place. Looked at from the file upwards, by what is open, without reading
 * any: so a streamer that has given up its privileges can do it again. */
#include "streamer/config/config-trust.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proto/base/util.h"

/* How the kernel shows users that a user namespace has no number for; they can change nothing in
 * it (/proc/sys/kernel/overflowuid). */
#define UNMAPPED 65534u
#define DEPTH_MAX 128u

/* The path of what is open, as far as there is a /proc to ask. */
static bool path_of(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlinkat(AT_FDCWD, link, path, PATH_MAX - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	return path[0] == '/';
}

/* What nobody can write to is as it was mounted: a ConfigMap has mode 0777. */
static bool is_read_only(int fd)
{
	struct statvfs fs;

	return !fstatvfs(fd, &fs) && fs.f_flag & ST_RDONLY;
}

static int refuse_folder(int fd, const struct stat *st, const char *file, char *error, size_t size)
{
	const unsigned mode = st->st_mode & 07777u;
	char path[PATH_MAX];

	if (!path_of(fd, path))
		(void)snprintf(path, sizeof(path), "a folder above it");
	if (!(mode & (S_IWGRP | S_IWOTH)))
		return refuse(error, size, -EPERM,
			      "%s: %s belongs to user %u, who could put another file there: chown "
			      "root %s, or move the file",
			      file, path, (unsigned)st->st_uid, path);
	if (mode & S_ISVTX)
		return refuse(error, size, -EPERM,
			      "%s: others can put files into %s (mode %04o): move the file to a "
			      "folder that only its owner can write to",
			      file, path, mode);
	return refuse(error, size, -EPERM,
		      "%s: others can put files into %s (mode %04o): chmod go-w %s, or move the "
		      "file",
		      file, path, mode, path);
}

/* @holds: it is the file's own folder. In one further up that is sticky, as /tmp is, nobody can
 * move what is another's. */
static int check_folder(int fd, const struct stat *st, bool holds, uid_t owner, const char *file,
			char *error, size_t size)
{
	const bool writable =
		st->st_mode & (S_IWGRP | S_IWOTH) && (holds || !(st->st_mode & S_ISVTX));
	const bool foreign = st->st_uid && st->st_uid != owner && (holds || st->st_uid != UNMAPPED);

	if ((!writable && !foreign) || is_read_only(fd))
		return 0;
	return refuse_folder(fd, st, file, error, size);
}

/* Where it cannot be looked at any further up, the folder below is where this process begins. */
static int check_upwards(const char *folder, uid_t owner, const char *file, char *error,
			 size_t size)
{
	_cleanup_close_ int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st, above;
	int r, next;

	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(error, size, -errno, "%s: its folder %s cannot be looked at: %s",
			      file, folder, strerrordesc_np(errno));
	r = check_folder(fd, &st, true, owner, file, error, size);
	for (unsigned i = 0; i < DEPTH_MAX && !r; i++) {
		next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return 0;
		(void)close(fd);
		fd = next;
		if (fstat(fd, &above) < 0 ||
		    (above.st_dev == st.st_dev && above.st_ino == st.st_ino))
			return 0;
		st = above;
		r = check_folder(fd, &st, false, owner, file, error, size);
	}
	return r;
}

int config_trust(const char *path, int fd, uid_t owner, char *error, size_t size)
{
	char folder[PATH_MAX], found[PATH_MAX];
	int r;

	if (strlen(path) >= sizeof(folder))
		return refuse(error, size, -ENAMETOOLONG, "%s: the name is too long", path);
	(void)snprintf(folder, sizeof(folder), "%s", path);
	r = check_upwards(dirname(folder), owner, path, error, size);
	/* and where a link leads to */
	if (r < 0 || fd < 0 || !path_of(fd, found))
		return r;
	return check_upwards(dirname(found), owner, path, error, size);
}
