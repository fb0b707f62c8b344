/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/output/output-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "proto/base/util.h"

int output_folder_open(struct output_folder *place, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = NULL;

	place->prefix = slash ? (size_t)(slash - path) + 1 : 0;
	folder = slash ? strndup(path, place->prefix) : strdup(".");
	if (!folder)
		return -ENOMEM;
	place->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* One may make files where one may not list them; then the folder cannot be synced. */
	if (place->fd < 0 && errno == EACCES)
		place->fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->fd < 0 ? -errno : 0;
}

void output_folder_close(struct output_folder *place)
{
	util_closep(&place->fd);
	place->fd = -1;
}

bool output_folder_trusts(const struct output_folder *place, uid_t uid)
{
	if (!uid || uid == geteuid())
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(place->trusted); i++)
		if (place->trusted[i] != OUTPUT_FOLDER_NOBODY && uid == place->trusted[i])
			return true;
	return false;
}

/* With an access list the mode's group bits are its mask: the most that anybody has by it. */
int output_folder_check(const struct output_folder *place, char *why, size_t size)
{
	struct stat st;
	bool listed;

	if (fstat(place->fd, &st) < 0)
		return -errno;
	if (!output_folder_trusts(place, st.st_uid)) {
		(void)snprintf(why, size, "it belongs to user %u", st.st_uid);
		return -EPERM;
	}
	listed = fgetxattr(place->fd, "system.posix_acl_access", NULL, 0) > 0;
	if (!(st.st_mode & S_IWOTH) && !(st.st_mode & S_IWGRP && (st.st_gid || listed)))
		return 0;
	(void)snprintf(why, size, "%s may write to it (mode %04o)",
		       st.st_mode & S_IWOTH ? "everybody"
		       : listed             ? "others on its access list"
					    : "its group",
		       st.st_mode & 07777);
	return -EPERM;
}

int output_folder_make(const struct output_folder *place, const char *path)
{
	int fd = openat(place->fd, output_folder_name(place, path),
			O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK |
				O_NOCTTY | O_CLOEXEC,
			0640);

	return fd < 0 ? -errno : fd;
}

/* Others' files could be read and altered by their owners, and a file of ours that has a second
 * name may be one that was never meant for us. */
static int check_found(const struct output_folder *place, int fd, char *why, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return 0;
	if (!output_folder_trusts(place, st.st_uid)) {
		(void)snprintf(why, size, "it was there before, and belongs to user %u", st.st_uid);
		return -EPERM;
	}
	if (S_ISREG(st.st_mode) && st.st_nlink > 1) {
		(void)snprintf(why, size, "it has another name as well (a hard link)");
		return -EPERM;
	}
	return 0;
}

int output_folder_reopen(const struct output_folder *place, const char *path, char *why,
			 size_t size)
{
	_cleanup_close_ int fd =
		openat(place->fd, output_folder_name(place, path),
		       O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int r;

	why[0] = '\0';
	if (fd < 0)
		return -errno;
	r = check_found(place, fd, why, size);
	return r < 0 ? r : TAKE_FD(fd);
}

int output_folder_await_reader(const struct output_folder *place, const char *path, char *why,
			       size_t size)
{
	_cleanup_close_ int at =
		openat(place->fd, output_folder_name(place, path), O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char self[64];
	struct stat st;
	int fd, r;

	why[0] = '\0';
	if (at < 0 || fstat(at, &st) < 0)
		return -errno;
	if (!S_ISFIFO(st.st_mode))
		return -ENXIO;
	r = check_found(place, at, why, size);
	if (r < 0)
		return r;
	/* That very pipe, and not what may have its name by now. */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
	fd = open(self, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
