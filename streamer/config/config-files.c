/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/config/config-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "proto/base/util.h"
#include "streamer/config/config-trust.h"

/* Bytes of a file; and drop-ins in all. Who has more has mistaken something for it. */
#define FILE_MAX (1u << 20)
#define FILES_MAX 1000u
#define SUFFIX ".conf"

static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* It is not opened to find out: a streamer that runs may not open it any more. */
static bool leads_to_null(const char *path)
{
	struct stat st;

	return !stat(path, &st) && is_null(&st);
}

static int add_path(struct config_files *files, const char *folder, const char *name)
{
	if (GROW(files->paths, files->n, &files->room) < 0 ||
	    asprintf(&files->paths[files->n], "%s/%s", folder, name) < 0)
		return -ENOMEM;
	files->n++;
	return 0;
}

static const char *name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static bool is_drop_in(const char *name)
{
	const size_t n = strlen(name);

	return name[0] != '.' && n > strlen(SUFFIX) && !strcmp(name + n - strlen(SUFFIX), SUFFIX);
}

/* Of the drop-ins from @first on, the one of this name. */
static char **find_name(const struct config_files *files, size_t first, const char *name)
{
	for (size_t i = first; i < files->n; i++)
		if (!strcmp(name_of(files->paths[i]), name))
			return &files->paths[i];
	return NULL;
}

static int add_drop_in(struct config_files *files, size_t first, const char *folder,
		       const char *name)
{
	char **masked = find_name(files, first, name), *path;

	if (!masked)
		return files->n - first < FILES_MAX ? add_path(files, folder, name) : -E2BIG;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	free(*masked);
	*masked = path;
	return 0;
}

static int walk_drop_ins(struct config_files *files, size_t first, const char *folder, DIR *dir)
{
	const struct dirent *entry;
	int r = 0;

	while (!r && (errno = 0, entry = readdir(dir)))
		if (is_drop_in(entry->d_name))
			r = add_drop_in(files, first, folder, entry->d_name);
	return r ? r : -errno;
}

static int add_drop_ins(struct config_files *files, size_t first, const char *above, char *error,
			size_t size)
{
	char folder[PATH_MAX];
	DIR *dir;
	int r;

	(void)snprintf(folder, sizeof(folder), "%s/" CONFIG_DROP_INS, above);
	dir = opendir(folder);
	if (!dir && errno == ENOENT)
		return 0;
	r = dir ? walk_drop_ins(files, first, folder, dir) : -errno;
	if (r < 0)
		(void)snprintf(error, size, "%s cannot be read: %s", folder, strerrordesc_np(-r));
	if (dir)
		(void)closedir(dir);
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(name_of(*(char *const *)a), name_of(*(char *const *)b));
}

static void drop_paths(struct config_files *files)
{
	while (files->n)
		free(files->paths[--files->n]);
}

/* One that is a link to /dev/null hides those below it, as it hides a drop-in of its name. */
static int add_main_file(struct config_files *files, const char *folder)
{
	const int r = add_path(files, folder, CONFIG_FILE);

	if (r || !leads_to_null(files->paths[files->n - 1]))
		return r;
	drop_paths(files);
	return add_path(files, folder, CONFIG_FILE);
}

int config_files_find(const char *const *folders, struct config_files *ret, char *error,
		      size_t size)
{
	size_t first;
	int r = 0;

	*ret = (struct config_files){0};
	for (size_t i = 0; folders[i] && !r; i++)
		r = add_main_file(ret, folders[i]);
	first = ret->n;
	(void)snprintf(error, size, "%s", strerrordesc_np(ENOMEM));
	for (size_t i = 0; folders[i] && !r; i++)
		r = add_drop_ins(ret, first, folders[i], error, size);
	if (r < 0) {
		config_files_done(ret);
		return r;
	}
	if (ret->n > first)
		qsort(ret->paths + first, ret->n - first, sizeof(*ret->paths), compare_names);
	return 0;
}

void config_files_done(struct config_files *files)
{
	drop_paths(files);
	free(files->paths);
	*files = (struct config_files){0};
}

/* Whether it is a file that nobody but root and @owner has a say in. */
static int check_file(const char *path, const struct stat *st, uid_t owner, char *error,
		      size_t size)
{
	if (!S_ISREG(st->st_mode))
		return refuse(error, size, -EINVAL, "%s is no file", path);
	if (st->st_uid && st->st_uid != owner)
		return refuse(error, size, -EPERM,
			      "%s belongs to user %u, who could change it: chown root %s", path,
			      (unsigned)st->st_uid, path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return refuse(error, size, -EPERM,
			      "%s can be written by others (mode %04o): chmod go-w %s", path,
			      (unsigned)st->st_mode & 07777u, path);
	if (st->st_size > FILE_MAX)
		return refuse(error, size, -EFBIG, "%s is larger than 1M", path);
	return 0;
}

static int open_file(const char *path, uid_t owner, int *ret, char *error, size_t size)
{
	/* nobody is waited for, should it be a pipe */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(error, size, -errno, "%s cannot be read: %s", path,
			      strerrordesc_np(errno));
	r = check_file(path, &st, owner, error, size);
	*ret = TAKE_FD(fd);
	return r;
}

int config_file_read(const char *path, uid_t owner, char **ret, size_t *ret_size, char *error,
		     size_t size)
{
	const bool none = leads_to_null(path);
	_cleanup_free_ char *text = malloc(FILE_MAX);
	_cleanup_close_ int fd = -1;
	struct stat st;
	ssize_t n = 0;
	int r;

	if (!text)
		return refuse(error, size, -ENOMEM, "%s", strerrordesc_np(ENOMEM));
	r = none ? 0 : open_file(path, owner, &fd, error, size);
	/* of /dev/null itself nobody asks in which folder it is */
	if (!r && !(none && !lstat(path, &st) && is_null(&st)))
		r = config_trust(path, fd, owner, error, size);
	if (r < 0)
		return r;
	if (!none)
		n = read_full(fd, text, FILE_MAX);
	if (n < 0)
		return refuse(error, size, (int)n, "%s cannot be read: %s", path,
			      strerrordesc_np((int)-n));
	*ret_size = (size_t)n;
	*ret = TAKE_PTR(text);
	return 0;
}
