/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/follow/follow-rotation.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/files/copies.h"
#include "consumer/files/deeper-folders.h"
#include "consumer/files/path-problem.h"
#include "proto/base/util.h"

void rotation_done(struct rotation *rotation)
{
	growing_done(&rotation->follow);
	watch_close(&rotation->watch);
	free(rotation->known);
}

static bool is_known(const struct rotation *rotation, const struct stat *st)
{
	for (size_t i = 0; i < rotation->n_known; i++)
		if (rotation->known[i].inode == st->st_ino &&
		    rotation->known[i].device == st->st_dev)
			return true;
	return false;
}

static void remember_file(struct rotation *rotation, const struct stat *st)
{
	if (is_known(rotation, st))
		return;
	if (rotation->n_known == FOLDER_MAX)
		rotation->n_known =
			0; /* what is forgotten would be read again if it got a new name */
	if (GROW(rotation->known, rotation->n_known, &rotation->known_room))
		return;
	rotation->known[rotation->n_known++] = (struct rotation_known){st->st_dev, st->st_ino};
}

static void leave_copies_out(struct rotation *rotation, struct folder *list)
{
	char text[COPIES_TEXT];

	list->n_copies = list->n;
	list->n = copies_part(list->all, list->n, rotation->brief);
	list->n_copies -= list->n;
	for (size_t i = list->n; i < list->n + list->n_copies; i++) {
		copies_text(&list->all[i], ": left out", text);
		rotation->follow.ops->error(rotation->follow.data, text, 0);
	}
}

/* The folder is there, and nothing to read in it. */
static void say_empty(const struct rotation *rotation)
{
	char safe[LINE_FILE], why[PATH_PROBLEM], text[LINE_FILE + PATH_PROBLEM + 64];

	(void)snprintf(text, sizeof(text), "%s: %s; waiting", line_file(rotation->path, safe),
		       path_problem(rotation->path, -ENODATA, why));
	rotation->follow.ops->error(rotation->follow.data, text, 0);
}

/* What lies deeper in the folders that are read. Who follows one looks at nothing else, and knows
 * (rotation_tell_awaited), as does who asks how it is. */
static void tell_unread(const struct rotation *rotation)
{
	_cleanup_(deeper_folders_done) struct deeper_folders deeper = {0};

	if (rotation->following || rotation->brief)
		return;
	deeper_folders_add(&deeper, rotation->path);
	deeper_folders_look(&deeper);
	deeper_folders_tell(&deeper, rotation->follow.ops->unread, rotation->follow.data);
}

/* 0, or -errno of the sink. */
static int read_folder(struct rotation *rotation)
{
	_cleanup_(folder_done) struct folder list = {0};
	_cleanup_free_ struct rotation_start *starts = NULL;
	char skipped[PATH_MAX];
	struct stat st;
	size_t n = 0;
	int r;

	/* what is followed, or asked how it is, is one folder */
	r = rotation->following || rotation->brief ? folder_list(&list, rotation->path)
						   : folder_list_deep(&list, rotation->path);
	if (!r && folder_skipped(&list, skipped, sizeof(skipped)))
		rotation->follow.ops->error(rotation->follow.data, skipped, 0);
	if (!r)
		leave_copies_out(rotation, &list);
	if (!r && !list.n && !rotation->following)
		r = -ENODATA;
	if (!r)
		tell_unread(rotation);
	rotation->begun = list.begun != NULL;
	rotation->empty = !r && !list.n && rotation->waits && !list.begun;
	if (rotation->empty)
		say_empty(rotation);
	starts = r ? NULL : calloc(list.n + 1, sizeof(*starts));
	if (!r && !starts)
		r = -ENOMEM;
	if (!r)
		r = rotation->ops->plan(rotation->follow.data, &list, starts, &n);
	if (r) {
		rotation->follow.ops->error(rotation->follow.data, rotation->path, r);
		return 0;
	}
	for (size_t i = 0; i < list.n + list.n_copies; i++)
		if (stat(list.all[i].path, &st) == 0)
			remember_file(rotation, &st);
	for (size_t i = 0; !r && i < n; i++) {
		const char *path = list.all[starts[i].file].path;
		bool newest = starts[i].file + 1 == list.n;

		r = growing_add(&rotation->follow, path, &starts[i].last,
				rotation->following && (newest || being_written_path(path)));
	}
	return r;
}

/* 0, or -errno of the sink. */
static int read_single(struct rotation *rotation)
{
	struct last_records last = {0};
	int r = rotation->ops->single(rotation->follow.data, rotation->path, &last);

	if (r) {
		rotation->follow.ops->error(rotation->follow.data, rotation->path, r);
		return 0;
	}
	return growing_add(&rotation->follow, rotation->path, &last, rotation->following);
}

/* A file in the followed folder was made, renamed or written. 0, or -errno of the sink. */
static int take_file(struct rotation *rotation, const char *name, bool created)
{
	struct last_records last = {0};
	struct followed *file;
	char path[PATH_MAX];
	struct stat st;
	bool known;
	int r;

	if (!folder_name(name) ||
	    snprintf(path, sizeof(path), "%s/%s", rotation->folder, name) >= (int)sizeof(path) ||
	    stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	file = growing_find(&rotation->follow, st.st_dev, st.st_ino);
	if (file) {
		growing_rename(file, path);
		return 0;
	}
	known = !created && is_known(rotation, &st);
	remember_file(rotation, &st);
	if (known) /* an old one with a new name, or one that somebody appends to */
		(void)rotation->ops->end(rotation->follow.data, path, &last);
	if (known && !rotation->again && !being_written_path(path))
		return 0;
	/* what goes before it is whole by now, and comes before it */
	r = growing_read(&rotation->follow);
	return r ? r : growing_add(&rotation->follow, path, &last, true);
}

/* Events were lost, or there are none. 0, or -errno of the sink. */
static int look_around(struct rotation *rotation)
{
	struct dirent **entries;
	int n, r = 0;

	n = scandir(rotation->folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (!r)
			r = take_file(rotation, entries[i]->d_name, false);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

/* 0, or -errno of the sink. */
static int follow_folder(struct rotation *rotation)
{
	struct watch_event event;
	int r = 0;

	while (!r && watch_next(&rotation->watch, &event))
		r = event.name ? take_file(rotation, event.name, event.created)
			       : look_around(rotation);
	if (!r && rotation->watch.fd < 0)
		r = look_around(rotation);
	if (!r)
		r = growing_read(&rotation->follow);
	(void)growing_tell_gone(&rotation->follow);
	growing_tidy(&rotation->follow);
	return r;
}

/* The next file of the stream that @file is of; its path is to be freed. NULL: none yet. */
static char *find_next(const struct rotation *rotation, const struct followed *file)
{
	_cleanup_(folder_done) struct folder list = {0};
	const Ringside__V1__Header *header = reader_header(file->reader);
	const struct recording *best = NULL;

	if (!header || header->stream_id.len != FOLDER_ID ||
	    folder_list(&list, rotation->folder) < 0)
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
static bool is_replaced(const struct rotation *rotation, const struct followed *file)
{
	struct stat st;

	return stat(rotation->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_ino != file->inode || st.st_dev != file->device) &&
	       !strcmp(file->path, rotation->path);
}

/* Goes on with the file that comes after @file, if there is one. 0, or -errno of the sink. */
static int follow_on(struct rotation *rotation, struct followed *file, bool *ret_moved)
{
	_cleanup_free_ char *next = NULL;

	if (file->footer) {
		/* who the next file is, is known when something is written to it */
		watch_folder(&rotation->watch, rotation->folder, true);
		next = find_next(rotation, file);
	}
	if (!next && is_replaced(rotation, file))
		next = strdup(rotation->path);
	*ret_moved = next;
	if (!next)
		return 0;
	growing_remove(&rotation->follow, 0);
	watch_folder(&rotation->watch, rotation->folder, false);
	watch_file(&rotation->watch, next);
	return growing_add(&rotation->follow, next, NULL, true);
}

/* 0, or -errno of the sink. The set is empty when nothing more will come. */
static int follow_single(struct rotation *rotation)
{
	struct watch_event event;
	struct followed *file;
	bool moved;
	int r;

	while (watch_next(&rotation->watch, &event))
		;
	do {
		r = growing_read(&rotation->follow);
		if (r || !rotation->follow.n)
			return r;
		file = rotation->follow.all[0];
		moved = false;
		if (file->footer || being_written_check(reader_fd(file->reader)) != 1)
			r = follow_on(rotation, file, &moved);
	} while (!r && moved);
	if (!r && ((file->footer && !file->rotated) || growing_tell_gone(&rotation->follow)))
		growing_remove(&rotation->follow, 0);
	return r;
}

/* The file that was asked for is written as numbered ones: the latest. False: there is none. */
static bool find_numbered(struct rotation *rotation)
{
	_cleanup_(folder_done) struct folder list = {0};
	const char *given = strrchr(rotation->path, '/');

	given = given ? given + 1 : rotation->path;
	if (folder_list(&list, rotation->folder) < 0)
		return false;
	for (size_t i = list.n; i--;) {
		const char *path = list.all[i].path;

		if (!folder_numbered(strrchr(path, '/') + 1, given))
			continue;
		(void)snprintf(rotation->numbered, sizeof(rotation->numbered), "%s", path);
		rotation->path = rotation->numbered;
		return true;
	}
	return false;
}

/* What the path is, and where. 0 or -errno. */
static int find_place(struct rotation *rotation)
{
	struct stat st = {0};
	char copy[PATH_MAX];
	int r = stat(rotation->path, &st) < 0 ? -errno : 0;

	rotation->whole = S_ISDIR(st.st_mode);
	(void)snprintf(copy, sizeof(copy), "%s", rotation->path);
	(void)snprintf(rotation->folder, sizeof(rotation->folder), "%s",
		       rotation->whole ? copy : dirname(copy));
	return r == -ENOENT && find_numbered(rotation) ? 0 : r;
}

static void say_waiting(const struct rotation *rotation)
{
	char safe[LINE_FILE], text[LINE_FILE + 64];

	(void)snprintf(text, sizeof(text), "waiting for %s", line_file(rotation->path, safe));
	rotation->follow.ops->error(rotation->follow.data, text, 0);
}

/* Returns as find_place, or -EPIPE: nobody reads any more. */
static int await_place(struct rotation *rotation)
{
	int r = find_place(rotation);

	if (r != -ENOENT || !rotation->following || !rotation->waits)
		return r;
	say_waiting(rotation);
	while (r == -ENOENT) {
		if (rotation->ops->wait)
			rotation->ops->wait(rotation->follow.data);
		r = watch_wait(&rotation->watch, rotation->out);
		if (!r)
			r = find_place(rotation);
	}
	return r;
}

int rotation_start(struct rotation *rotation)
{
	int r = await_place(rotation);

	if (r == -EPIPE)
		return r;
	if (r) {
		rotation->follow.ops->error(rotation->follow.data, rotation->path, r);
		return 0;
	}
	if (rotation->following) { /* before the first look, so that nothing comes between */
		watch_open(&rotation->watch);
		watch_folder(&rotation->watch, rotation->folder, rotation->whole);
		if (!rotation->whole)
			watch_file(&rotation->watch, rotation->path);
	}
	return rotation->whole ? read_folder(rotation) : read_single(rotation);
}

bool rotation_goes_on(const struct rotation *rotation)
{
	return rotation->following && (rotation->whole || rotation->follow.n);
}

int rotation_read(struct rotation *rotation)
{
	return rotation->whole ? follow_folder(rotation) : follow_single(rotation);
}
