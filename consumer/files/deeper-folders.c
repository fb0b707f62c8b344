/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/deeper-folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consumer/base/text-line.h"
#include "consumer/files/folder.h"
#include "proto/base/util.h"
#include "proto/recording/file-names.h"

#define LEVEL_READ 1 /* the last that is read */

static void add_folder(struct deeper_folders *deeper, const char *path, unsigned level)
{
	char *copy;

	if (level > LEVEL_READ && ++deeper->folders > DEEPER_FOLDERS) {
		deeper->stopped = true;
		return;
	}
	if (GROW(deeper->todo, deeper->n_todo, &deeper->todo_room)) {
		deeper->stopped = true;
		return;
	}
	copy = strdup(path);
	if (copy)
		deeper->todo[deeper->n_todo++] = (struct deeper_folder){copy, level};
	else
		deeper->stopped = true;
}

/* That something was not told is told at least. */
static void note_path(struct deeper_folders *deeper, char **ret, const char *path)
{
	*ret = strdup(path);
	deeper->stopped |= !*ret;
}

static void note_closed(struct deeper_folders *deeper, const char *path, int why)
{
	/* it was just deleted, or is a link or a file after all */
	if (deeper->closed || why == ENOENT || why == ENOTDIR || why == ELOOP)
		return;
	deeper->closed_errno = why;
	note_path(deeper, &deeper->closed, path);
}

/* Links lead to where the listing follows them, and no further: they may lead back. */
static DIR *open_folder(const struct deeper_folder *folder)
{
	const int flags = folder->level > LEVEL_READ ? O_NOFOLLOW : 0;
	int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int why = errno;

	if (fd >= 0 && !dir)
		(void)close(fd);
	errno = why;
	return dir;
}

static bool may_be_folder(const struct dirent *entry, unsigned level)
{
	return *entry->d_name != '.' && !folder_name(entry->d_name) &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN ||
		(entry->d_type == DT_LNK && level < LEVEL_READ));
}

static void take_entry(struct deeper_folders *deeper, const struct deeper_folder *folder,
		       const struct dirent *entry)
{
	char path[PATH_MAX];
	int n;

	if (!may_be_folder(entry, folder->level))
		return;
	n = snprintf(path, sizeof(path), "%s%s%s", folder->path, file_names_slash(folder->path),
		     entry->d_name);
	if (n >= 0 && (size_t)n < sizeof(path))
		add_folder(deeper, path, folder->level + 1);
	else
		deeper->stopped = true;
}

static void look_into(struct deeper_folders *deeper, struct deeper_folder folder)
{
	DIR *dir = open_folder(&folder);
	const bool is_read = folder.level <= LEVEL_READ;
	const struct dirent *entry;
	bool found = is_read;

	if (!dir && !is_read) /* of one that is read it is told anyway */
		note_closed(deeper, folder.path, errno);
	while (dir && deeper->entries <= DEEPER_ENTRIES && (entry = readdir(dir))) {
		deeper->entries += !is_read;
		if (!found && folder_name(entry->d_name)) {
			found = true;
			if (!deeper->n++)
				note_path(deeper, &deeper->first, folder.path);
		}
		take_entry(deeper, &folder, entry);
	}
	if (dir)
		(void)closedir(dir);
}

void deeper_folders_look(struct deeper_folders *deeper, const char *folder)
{
	add_folder(deeper, folder, 0);
	for (size_t i = 0; i < deeper->n_todo && deeper->entries <= DEEPER_ENTRIES; i++)
		look_into(deeper, deeper->todo[i]);
	deeper->stopped |= deeper->entries > DEEPER_ENTRIES;
}

const char *deeper_folders_unread(const struct deeper_folders *deeper, char buf[DEEPER_TEXT])
{
	struct line line = line_make(buf, DEEPER_TEXT);

	if (!deeper->first)
		return NULL;
	line_text(&line, "there are recordings in it");
	if (deeper->n > 1) {
		line_text(&line, " (and in ");
		line_count(&line, deeper->n - 1);
		line_text(&line, " more)");
	}
	line_text(&line, " that are not read, two folders below or deeper: name it as well");
	(void)line_end(&line);
	return buf;
}

const char *deeper_folders_unknown(const struct deeper_folders *deeper, char buf[DEEPER_TEXT])
{
	if (!deeper->closed)
		return NULL;
	(void)snprintf(buf, DEEPER_TEXT, "whether recordings are in it is not known: %s",
		       strerror(deeper->closed_errno));
	return buf;
}

void deeper_folders_done(struct deeper_folders *deeper)
{
	for (size_t i = 0; i < deeper->n_todo; i++)
		free(deeper->todo[i].path);
	free(deeper->todo);
	free(deeper->first);
	free(deeper->closed);
	*deeper = (struct deeper_folders){0};
}
