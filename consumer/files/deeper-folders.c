/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/deeper-folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "consumer/files/folder.h"
#include "proto/base/util.h"
#include "proto/recording/file-names.h"

#define TEXT_SIZE 512

/* How it is come to. All of one sort are looked into before any of the next: what is read is known
 * before it is said of something that it is not. */
enum { PLACE_NAMED, PLACE_READ, PLACE_UNREAD };

struct identity {
	dev_t device;
	ino_t inode;
};

static bool same_identity(const void *item, const void *key)
{
	const struct identity *a = item, *b = key;

	return a->device == b->device && a->inode == b->inode;
}

/* Whether the folder was not seen before; it is seen from now on. */
static bool is_new(struct deeper_folders *deeper, const struct stat *st)
{
	const struct identity key = {.device = st->st_dev, .inode = st->st_ino};
	const uint64_t hash = XXH3_64bits(&key, sizeof(key));
	struct identity *new;

	if (table_find(&deeper->seen, hash, same_identity, &key))
		return false;
	new = malloc(sizeof(*new));
	if (!new)
		return false;
	*new = key;
	if (table_add(&deeper->seen, hash, new)) {
		free(new);
		return false;
	}
	return true;
}

/* What the named folder lies in: who follows a link up there would look at all there is. */
static void see_above(struct deeper_folders *deeper, const char *path)
{
	char above[PATH_MAX], *slash;
	struct stat st;

	if (!realpath(path, above))
		return;
	while ((slash = strrchr(above, '/'))) {
		*slash = '\0';
		if (stat(*above ? above : "/", &st) == 0)
			(void)is_new(deeper, &st);
	}
}

static void stop(struct deeper_folders *deeper, const char *named)
{
	if (!deeper->stopped)
		deeper->stopped = named;
}

static void add_folder(struct deeper_folders *deeper, const char *named, const char *path,
		       unsigned place)
{
	char *copy;

	if (place == PLACE_UNREAD && ++deeper->folders > DEEPER_FOLDERS * deeper->n_named) {
		stop(deeper, named);
		return;
	}
	copy = GROW(deeper->todo, deeper->n_todo, &deeper->todo_room) ? NULL : strdup(path);
	if (copy)
		deeper->todo[deeper->n_todo++] = (struct deeper_folder){named, copy, place};
	else
		stop(deeper, named);
}

void deeper_folders_add(struct deeper_folders *deeper, const char *path)
{
	deeper->n_named++;
	add_folder(deeper, path, path, PLACE_NAMED);
}

/* That something was not told is told at least. */
static void note_path(struct deeper_folders *deeper, char **ret, const struct deeper_folder *folder,
		      const char *path)
{
	*ret = strdup(path);
	if (!*ret)
		stop(deeper, folder->named);
}

static void note_closed(struct deeper_folders *deeper, const struct deeper_folder *folder,
			const char *path, int why)
{
	/* it was just deleted, or is a file after all, or a link that leads nowhere */
	if (deeper->closed || why == ENOENT || why == ENOTDIR || why == ELOOP)
		return;
	deeper->closed_errno = why;
	note_path(deeper, &deeper->closed, folder, path);
}

/* What the entry is, or what it leads to: a mode as in struct stat, or -errno. */
static int mode_of(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return (int)DTTOIF(entry->d_type);
	return fstatat(fd, entry->d_name, &st, 0) < 0 ? -errno : (int)st.st_mode;
}

/* Of what is in a folder that was named, folder_list_deep tells itself what cannot be looked at. */
static void take_folder(struct deeper_folders *deeper, const struct deeper_folder *folder,
			const char *name, int mode)
{
	const bool is_read =
		folder->place == PLACE_NAMED && !deeper->alone && folder_inner_name(name);
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s%s", folder->path, file_names_slash(folder->path),
			 name);

	if (n < 0 || (size_t)n >= sizeof(path))
		stop(deeper, folder->named);
	else if (mode >= 0)
		add_folder(deeper, folder->named, path, is_read ? PLACE_READ : PLACE_UNREAD);
	else if (!is_read)
		note_closed(deeper, folder, path, -mode);
}

/* Whether it is a recording, by its name. */
static bool take_entry(struct deeper_folders *deeper, const struct deeper_folder *folder, int fd,
		       const struct dirent *entry)
{
	const char *name = entry->d_name;
	const int mode = mode_of(fd, entry);

	if (!strcmp(name, ".") || !strcmp(name, "..") || folder_is_fsck(name))
		return false;
	if (folder_name(name) && (mode < 0 ? mode == -EACCES : S_ISREG(mode)))
		return true;
	if (mode < 0 ? !folder_name(name) : S_ISDIR(mode))
		take_folder(deeper, folder, name, mode);
	return false;
}

static bool is_enough(const struct deeper_folders *deeper)
{
	return deeper->entries > DEEPER_ENTRIES * deeper->n_named || (deeper->one && deeper->n);
}

static void look_through(struct deeper_folders *deeper, const struct deeper_folder *folder,
			 DIR *dir)
{
	const bool is_unread = folder->place == PLACE_UNREAD;
	const struct dirent *entry;
	bool found = false;

	while (!is_enough(deeper) && (entry = readdir(dir))) {
		deeper->entries += is_unread;
		if (!take_entry(deeper, folder, dirfd(dir), entry) || !is_unread || found)
			continue;
		found = true;
		if (!deeper->n++)
			note_path(deeper, &deeper->first, folder, folder->path);
	}
	if (deeper->entries > DEEPER_ENTRIES * deeper->n_named)
		stop(deeper, folder->named);
}

static void look_into(struct deeper_folders *deeper, struct deeper_folder folder)
{
	int fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	DIR *dir;

	if (fd < 0 && folder.place == PLACE_UNREAD) /* of one that is read it is told anyway */
		note_closed(deeper, &folder, folder.path, errno);
	if (fd < 0)
		return;
	dir = !fstat(fd, &st) && is_new(deeper, &st) ? fdopendir(fd) : NULL;
	if (dir) {
		look_through(deeper, &folder, dir);
		(void)closedir(dir);
	} else {
		(void)close(fd);
	}
}

void deeper_folders_look(struct deeper_folders *deeper)
{
	for (unsigned place = PLACE_NAMED; place <= PLACE_UNREAD; place++) {
		for (size_t i = 0; place == PLACE_UNREAD && i < deeper->n_named; i++)
			see_above(deeper, deeper->todo[i].path);
		for (size_t i = 0; i < deeper->n_todo && !is_enough(deeper); i++)
			if (deeper->todo[i].place == place)
				look_into(deeper, deeper->todo[i]);
	}
}

static void put_unread(const struct deeper_folders *deeper, char buf[TEXT_SIZE])
{
	struct line line = line_make(buf, TEXT_SIZE);

	line_text(&line, "there are recordings in it");
	if (deeper->n > 1) {
		line_text(&line, " (and in ");
		line_count(&line, deeper->n - 1);
		line_text(&line, " more)");
	}
	line_text(&line, " that are not read, as it is hidden or two folders below or deeper: name "
			 "it as well");
	(void)line_end(&line);
}

void deeper_folders_tell(const struct deeper_folders *deeper, deeper_folders_tell_fn *tell,
			 void *data)
{
	char text[TEXT_SIZE];

	if (deeper->first) {
		put_unread(deeper, text);
		tell(data, deeper->first, text);
	}
	if (deeper->closed) {
		(void)snprintf(text, sizeof(text), "whether recordings are in it is not known: %s",
			       strerror(deeper->closed_errno));
		tell(data, deeper->closed, text);
	}
	if (deeper->stopped)
		tell(data, deeper->stopped,
		     "there is so much in it that not all was looked at for recordings that lie "
		     "deeper: name the folders or files that are meant");
}

void deeper_folders_done(struct deeper_folders *deeper)
{
	for (size_t i = 0; i < deeper->n_todo; i++)
		free(deeper->todo[i].path);
	free(deeper->todo);
	free(deeper->first);
	free(deeper->closed);
	table_done(&deeper->seen, free);
	*deeper = (struct deeper_folders){0};
}
