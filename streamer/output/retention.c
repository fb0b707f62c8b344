/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "proto/base/util.h"
#include "proto/recording/file-names.h"
#include "streamer/output/retention.h"

/* More are not looked at: the rest is for the next time. */
#define FILES_MAX 65536u
#define BLOCK 512u /* of st_blocks */

/* 20261122T030405Z-1f0c77a2-000012.pb */
#define STREAM_AT 17u

/* By stream, and in it by index: the time in the names of a stream never goes back. */
static int by_stream(const void *a, const void *b)
{
	const struct retention_file *left = a, *right = b;
	int r = strncmp(left->name + STREAM_AT, right->name + STREAM_AT, RETENTION_STREAM);

	return r ? r : strcmp(left->name, right->name);
}

static int by_age(const void *a, const void *b)
{
	const struct retention_file *left = a, *right = b;

	if (left->begun != right->begun)
		return left->begun < right->begun ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* The time in the name; of a name that has none: the last write. */
static int64_t named_time(const struct retention_file *file)
{
	struct tm tm = {0};

	return strptime(file->name, "%Y%m%dT%H%M%SZ", &tm) ? timegm(&tm) : file->mtime;
}

static bool same_stream(const struct retention_file *file, const char *stream)
{
	return *stream && !strncmp(file->name + STREAM_AT, stream, RETENTION_STREAM);
}

static void put_in_order(struct retention_file *files, size_t n, const struct retention_use *use)
{
	qsort(files, n, sizeof(*files), by_stream);
	for (size_t i = 0; i < n; i++) {
		struct retention_file *file = &files[i];
		bool first = !i || !same_stream(file, files[i - 1].name + STREAM_AT);

		file->begun = named_time(file);
		if (file->begun <= use->now)
			continue;
		file->begun = !first                           ? files[i - 1].begun
			      : same_stream(file, use->stream) ? use->now
							       : INT64_MIN;
	}
	qsort(files, n, sizeof(*files), by_age);
}

void retention_choose(struct retention_file *files, size_t n, const struct retention_limits *limits,
		      const struct retention_use *use, retention_fn *remove, void *data)
{
	uint64_t bytes = 0, available = use->free;
	size_t left = n;

	put_in_order(files, n, use);
	for (size_t i = 0; i < n; i++)
		bytes += files[i].bytes;
	for (size_t i = 0; i < n; i++) {
		const struct retention_file *file = &files[i];
		bool old = use->now > file->mtime &&
			   (uint64_t)(use->now - file->mtime) > limits->max_age;

		if (!(limits->max_use && bytes > limits->max_use) &&
		    !(limits->keep_free && available < limits->keep_free) &&
		    !(limits->max_files && left > limits->max_files) && !(limits->max_age && old))
			continue;
		if (remove(data, file) != 0)
			continue;
		bytes -= file->bytes;
		available += file->bytes;
		left--;
	}
}

static bool look_at_file(const struct output_folder *place, const char *name,
			 struct retention_file *ret)
{
	struct stat st;

	if (strlen(name) >= RETENTION_NAME_MAX || !file_names_is_ours(name) ||
	    fstatat(place->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    !output_folder_trusts(place, st.st_uid))
		return false;
	(void)strcpy(ret->name, name);
	ret->bytes = (uint64_t)st.st_blocks * BLOCK;
	ret->mtime = st.st_mtim.tv_sec;
	return true;
}

static void close_dirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

ssize_t retention_list(const struct output_folder *place, struct retention_file **ret)
{
	_cleanup_close_ int fd = openat(place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(close_dirp) DIR *dir = NULL;
	_cleanup_free_ struct retention_file *files = NULL;
	size_t n = 0, room = 0;
	struct dirent *entry;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)TAKE_FD(fd);
	while (n < FILES_MAX && (entry = readdir(dir))) {
		if (GROW(files, n, &room))
			return -ENOMEM;
		n += look_at_file(place, entry->d_name, &files[n]);
	}
	*ret = TAKE_PTR(files);
	return (ssize_t)n;
}
