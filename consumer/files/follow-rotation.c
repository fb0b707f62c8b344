/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/follow-rotation.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/files/being-written.h"
#include "proto/base/util.h"

void rotation_done(struct rotation *trail)
{
	growing_done(&trail->follow);
	watch_close(&trail->watch);
	free(trail->known);
}

static bool is_known(const struct rotation *trail, const struct stat *st)
{
	for (size_t i = 0; i < trail->n_known; i++)
		if (trail->known[i].inode == st->st_ino && trail->known[i].device == st->st_dev)
			return true;
	return false;
}

static void remember_file(struct rotation *trail, const struct stat *st)
{
	if (is_known(trail, st))
		return;
	if (trail->n_known == FOLDER_MAX)
		trail->n_known = 0; /* what is forgotten would be read again if it got a new name */
	if (trail->n_known == trail->known_room) {
		size_t room = trail->known_room ? 2 * trail->known_room : 64;
		struct rotation_known *known = realloc(trail->known, room * sizeof(*known));

		if (!known)
			return;
		trail->known = known;
		trail->known_room = room;
	}
	trail->known[trail->n_known++] = (struct rotation_known){st->st_dev, st->st_ino};
}

/* 0, or -errno of the sink. */
static int read_folder(struct rotation *trail)
{
	_cleanup_(folder_done) struct folder list = {0};
	_cleanup_free_ struct rotation_start *starts = NULL;
	char skipped[PATH_MAX];
	struct stat st;
	size_t n = 0;
	int r;

	r = folder_list(&list, trail->path);
	if (!r && folder_skipped(&list, skipped, sizeof(skipped)))
		trail->follow.ops->error(trail->follow.data, skipped, 0);
	if (!r && !list.n && !trail->following)
		r = -ENODATA;
	starts = r ? NULL : calloc(list.n + 1, sizeof(*starts));
	if (!r && !starts)
		r = -ENOMEM;
	if (!r)
		r = trail->ops->plan(trail->follow.data, &list, starts, &n);
	if (r) {
		trail->follow.ops->error(trail->follow.data, trail->path, r);
		return 0;
	}
	for (size_t i = 0; i < list.n; i++)
		if (stat(list.all[i].path, &st) == 0)
			remember_file(trail, &st);
	for (size_t i = 0; !r && i < n; i++) {
		const char *path = list.all[starts[i].file].path;
		bool newest = starts[i].file + 1 == list.n;

		r = growing_add(&trail->follow, path, &starts[i].last,
				trail->following && (newest || being_written_path(path)));
	}
	return r;
}

/* 0, or -errno of the sink. */
static int read_single(struct rotation *trail)
{
	struct last_records last = {0};
	int r = trail->ops->single(trail->follow.data, trail->path, &last);

	if (r) {
		trail->follow.ops->error(trail->follow.data, trail->path, r);
		return 0;
	}
	return growing_add(&trail->follow, trail->path, &last, trail->following);
}

/* A file in the followed folder was made, renamed or written. 0, or -errno of the sink. */
static int take_file(struct rotation *trail, const char *name, bool created)
{
	struct last_records last = {0};
	struct followed *file;
	char path[PATH_MAX];
	struct stat st;
	bool known;

	if (!folder_name(name) ||
	    snprintf(path, sizeof(path), "%s/%s", trail->folder, name) >= (int)sizeof(path) ||
	    stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	file = growing_find(&trail->follow, st.st_dev, st.st_ino);
	if (file) {
		growing_rename(file, path);
		return 0;
	}
	known = !created && is_known(trail, &st);
	remember_file(trail, &st);
	if (known) /* an old one with a new name, or one that somebody appends to */
		(void)trail->ops->end(trail->follow.data, path, &last);
	return known && !being_written_path(path) ? 0
						  : growing_add(&trail->follow, path, &last, true);
}

static int is_wanted(const struct dirent *entry)
{
	return folder_name(entry->d_name);
}

/* Events were lost, or there are none. 0, or -errno of the sink. */
static int look_around(struct rotation *trail)
{
	struct dirent **entries;
	int n, r = 0;

	n = scandir(trail->folder, &entries, is_wanted, alphasort);
	for (int i = 0; i < n; i++) {
		if (!r)
			r = take_file(trail, entries[i]->d_name, false);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

/* 0, or -errno of the sink. */
static int follow_folder(struct rotation *trail)
{
	struct watch_event event;
	int r = 0;

	while (!r && watch_next(&trail->watch, &event))
		r = event.name ? take_file(trail, event.name, event.created) : look_around(trail);
	if (!r && trail->watch.fd < 0)
		r = look_around(trail);
	if (!r)
		r = growing_read(&trail->follow);
	growing_tidy(&trail->follow);
	return r;
}

/* The next file of the stream that @file is of; its path is to be freed. NULL: none yet. */
static char *find_next(const struct rotation *trail, const struct followed *file)
{
	_cleanup_(folder_done) struct folder list = {0};
	const Ringside__V1__Header *header = reader_header(file->reader);
	const struct recording *best = NULL;

	if (!header || header->stream_id.len != FOLDER_ID || folder_list(&list, trail->folder) < 0)
		return NULL;
	for (size_t i = 0; i < list.n; i++) {
		const struct recording *one = &list.all[i];

		if (one->known && !memcmp(one->id.stream_id, header->stream_id.data, FOLDER_ID) &&
		    one->id.file_index > header->file_index &&
		    (!best || one->id.file_index < best->id.file_index))
			best = one;
	}
	return best ? strdup(best->path) : NULL;
}

/* Another file has the name now. */
static bool is_replaced(const struct rotation *trail, const struct followed *file)
{
	struct stat st;

	return stat(trail->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_ino != file->inode || st.st_dev != file->device) &&
	       !strcmp(file->path, trail->path);
}

/* Goes on with the file that comes after @file, if there is one. 0, or -errno of the sink. */
static int follow_on(struct rotation *trail, struct followed *file, bool *ret_moved)
{
	_cleanup_free_ char *next = NULL;

	if (file->footer) {
		/* who the next file is, is known when something is written to it */
		watch_folder(&trail->watch, trail->folder, true);
		next = find_next(trail, file);
	}
	if (!next && is_replaced(trail, file))
		next = strdup(trail->path);
	*ret_moved = next;
	if (!next)
		return 0;
	growing_remove(&trail->follow, file);
	watch_folder(&trail->watch, trail->folder, false);
	watch_file(&trail->watch, next);
	return growing_add(&trail->follow, next, NULL, true);
}

/* 0, or -errno of the sink. The set is empty when nothing more will come. */
static int follow_single(struct rotation *trail)
{
	struct watch_event event;
	struct followed *file;
	bool moved;
	int r;

	while (watch_next(&trail->watch, &event))
		;
	do {
		r = growing_read(&trail->follow);
		if (r || !trail->follow.n)
			return r;
		file = trail->follow.all[0];
		moved = false;
		if (file->footer || being_written_check(reader_fd(file->reader)) != 1)
			r = follow_on(trail, file, &moved);
	} while (!r && moved);
	if (!r && file->footer && !file->rotated)
		growing_remove(&trail->follow, file);
	return r;
}

/* The file that was asked for is written as numbered ones: the latest. False: there is none. */
static bool find_numbered(struct rotation *trail)
{
	_cleanup_(folder_done) struct folder list = {0};
	const char *given = strrchr(trail->path, '/');

	given = given ? given + 1 : trail->path;
	if (folder_list(&list, trail->folder) < 0)
		return false;
	for (size_t i = list.n; i--;) {
		const char *path = list.all[i].path;

		if (!folder_numbered(strrchr(path, '/') + 1, given))
			continue;
		(void)snprintf(trail->numbered, sizeof(trail->numbered), "%s", path);
		trail->path = trail->numbered;
		return true;
	}
	return false;
}

int rotation_start(struct rotation *trail)
{
	struct stat st = {0};
	char copy[PATH_MAX];
	int r;

	r = stat(trail->path, &st) < 0 ? -errno : 0;
	trail->whole = S_ISDIR(st.st_mode);
	(void)snprintf(copy, sizeof(copy), "%s", trail->path);
	(void)snprintf(trail->folder, sizeof(trail->folder), "%s",
		       trail->whole ? copy : dirname(copy));
	if (r && (r != -ENOENT || !find_numbered(trail))) {
		trail->follow.ops->error(trail->follow.data, trail->path, r);
		return 0;
	}
	if (trail->following) { /* before the first look, so that nothing comes between */
		watch_open(&trail->watch);
		watch_folder(&trail->watch, trail->folder, trail->whole);
		if (!trail->whole)
			watch_file(&trail->watch, trail->path);
	}
	return trail->whole ? read_folder(trail) : read_single(trail);
}

bool rotation_goes_on(const struct rotation *trail)
{
	return trail->following && (trail->whole || trail->follow.n);
}

int rotation_read(struct rotation *trail)
{
	return trail->whole ? follow_folder(trail) : follow_single(trail);
}
