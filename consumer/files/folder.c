/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/folder.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "proto/base/util.h"
#include "proto/recording/file-names.h"

#define DEFAULT_FOLDER "/var/log/ringside"

const char *folder_folder(void)
{
	const char *folder = getenv("RINGSIDE_DIR");

	return folder && *folder ? folder : DEFAULT_FOLDER;
}

bool folder_name(const char *name)
{
	return *name != '.' && strstr(name, ".pb");
}

bool folder_is_fsck(const char *name)
{
	return !strcmp(name, "lost+found");
}

bool folder_inner_name(const char *name)
{
	return *name != '.' && !folder_is_fsck(name);
}

bool folder_numbered(const char *name, const char *given)
{
	const char *suffix = strstr(given, ".pb");
	size_t stem = suffix ? (size_t)(suffix - given) : 0, digits;

	if (!suffix || strncmp(name, given, stem) != 0 || name[stem] != '.')
		return false;
	digits = strspn(name + stem + 1, "0123456789");
	return digits && !strcmp(name + stem + 1 + digits, suffix);
}

void folder_take_id(struct folder_id *id, const Ringside__V1__Record *record)
{
	const Ringside__V1__Header *header = record->header;

	*id = (struct folder_id){
		.file_index = header->file_index,
		.first_seq = record->seq,
		.excerpt = header->excerpt != NULL,
		.boottime_nano = record->boottime_nano,
		.time_unix_nano = record->time_unix_nano,
	};
	if (header->stream_id.len == sizeof(id->stream_id))
		memcpy(id->stream_id, header->stream_id.data, sizeof(id->stream_id));
	if (header->host_name)
		(void)snprintf(id->host_name, sizeof(id->host_name), "%s", header->host_name);
	if (header->machine_id)
		(void)snprintf(id->machine_id, sizeof(id->machine_id), "%s", header->machine_id);
	if (header->boot_id)
		(void)snprintf(id->boot_id, sizeof(id->boot_id), "%s", header->boot_id);
}

int folder_identify(const char *path, struct folder_id *ret)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct reader_record item;
	int r;

	r = reader_open_file(&reader, path);
	if (r < 0)
		return r;
	do
		r = reader_next(reader, &item);
	while (r == READER_DAMAGED);
	if (r)
		return r;
	if (!item.header)
		return READER_DAMAGED; /* it was in what was left out */
	folder_take_id(ret, item.record);
	return 0;
}

static void skip_file(struct folder *list, const char *path, int why)
{
	list->n_skipped++;
	if (list->skipped)
		return;
	list->skipped = strdup(path);
	list->skipped_errno = why;
}

/* An empty file. Of several that are being written, the last by name. */
static void note_begun(struct folder *list, const char *path)
{
	if ((list->begun && strcmp(list->begun, path) > 0) || !being_written_path(path))
		return;
	free(list->begun);
	list->begun = strdup(path);
}

/* A link to what is not there. */
static bool is_nowhere(int why)
{
	return why == ENOENT || why == ENOTDIR || why == ELOOP;
}

/* Whether the file is a recording, or may become one; or -errno. What cannot even be looked at must
 * not keep the others from being read: anybody may be able to make it. But who may not look at any
 * file of the folder, only at their names, does not know what is in it. Folders are not files, but
 * may be called as one is: a host's, say. */
static int is_wanted(struct folder *list, const char *path, const char *name)
{
	struct stat st;

	if (!folder_name(name))
		return false;
	if (stat(path, &st) < 0) {
		int why = errno;

		if (lstat(path, &st) < 0)
			return errno == ENOENT ? 0 : -errno; /* 0: it was just deleted */
		if (!is_nowhere(why))
			return true; /* it is in the list, with why */
		skip_file(list, path, why);
		return false;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		skip_file(list, path, 0);
	else if (S_ISREG(st.st_mode) && !st.st_size)
		note_begun(list, path);
	return S_ISREG(st.st_mode) && st.st_size > 0;
}

bool folder_tell_alike(const struct recording *a, const struct recording *b)
{
	return a->known && b->known && !memcmp(a->id.stream_id, b->id.stream_id, FOLDER_ID);
}

bool folder_same_stream(const struct recording *a, const struct recording *b)
{
	return folder_tell_alike(a, b) && !a->id.excerpt && !b->id.excerpt;
}

bool folder_skipped(const struct folder *recordings, char *buf, size_t size)
{
	struct line line = line_make(buf, size);

	if (!recordings->n_skipped)
		return false;
	line_safe(&line, recordings->skipped, PATH_MAX);
	line_text(&line, ": skipped: ");
	line_text(&line,
		  recordings->skipped_errno ? strerror(recordings->skipped_errno) : "is no file");
	if (recordings->n_skipped > 1) {
		line_text(&line, " (and ");
		line_count(&line, recordings->n_skipped - 1);
		line_text(&line, " more)");
	}
	(void)line_end(&line);
	return true;
}

static int add_file(struct folder *list, size_t *room, const char *path)
{
	struct recording *recording;
	int r;

	if (list->n == FOLDER_MAX)
		return -E2BIG;
	if (GROW(list->all, list->n, room))
		return -ENOMEM;
	recording = &list->all[list->n];
	*recording = (struct recording){.path = strdup(path)};
	if (!recording->path)
		return -ENOMEM;
	list->n++;
	r = folder_identify(path, &recording->id);
	recording->known = r == 0;
	recording->headless = r && r != -ENOENT;
	recording->error = r < 0 && r != -ENOENT ? r : 0; /* deleted meanwhile */
	return r == -ENOMEM ? r : 0;
}

/* Files of one boot side by side, the earliest first. */
static int by_boot(const void *a, const void *b)
{
	const struct recording *x = a, *y = b;
	int r;

	if (x->known != y->known)
		return x->known ? -1 : 1;
	r = strcmp(x->id.boot_id, y->id.boot_id);
	if (!r && !*x->id.boot_id) /* boot time compares within the stream only */
		r = memcmp(x->id.stream_id, y->id.stream_id, FOLDER_ID);
	if (r)
		return r;
	r = compare_u64(x->id.boottime_nano, y->id.boottime_nano);
	if (!r)
		r = compare_u64(x->id.file_index, y->id.file_index);
	return r ? r : strcmp(x->path, y->path);
}

static bool same_boot(const struct recording *a, const struct recording *b)
{
	return a->known == b->known && !strcmp(a->id.boot_id, b->id.boot_id) &&
	       (*a->id.boot_id || !memcmp(a->id.stream_id, b->id.stream_id, FOLDER_ID));
}

static int by_order(const void *a, const void *b)
{
	const struct recording *x = a, *y = b;

	if (x->known && y->known && x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return by_boot(a, b);
}

static void put_in_order(struct folder *list)
{
	const struct recording *latest = NULL;

	if (!list->n)
		return;
	qsort(list->all, list->n, sizeof(*list->all), by_boot);
	for (size_t i = list->n; i--;) {
		struct recording *one = &list->all[i];

		if (!latest || !same_boot(one, latest))
			latest = one;
		one->order = latest->id.time_unix_nano -
			     (latest->id.boottime_nano - one->id.boottime_nano);
	}
	qsort(list->all, list->n, sizeof(*list->all), by_order);
}

/* What @take makes of the entries of a folder: 0, or -errno, which ends it. */
typedef int take_entry_fn(struct folder *list, size_t *room, const char *path, const char *name);

static int walk_folder(struct folder *list, size_t *room, const char *folder, take_entry_fn *take)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;

	if (!dir)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(dir))) {
		int n = snprintf(path, sizeof(path), "%s%s%s", folder, file_names_slash(folder),
				 entry->d_name);

		if (n >= 0 && (size_t)n < sizeof(path))
			r = take(list, room, path, entry->d_name);
	}
	if (r >= 0 && errno)
		r = -errno;
	(void)closedir(dir);
	return r < 0 ? r : 0;
}

static int take_file(struct folder *list, size_t *room, const char *path, const char *name)
{
	int r = is_wanted(list, path, name);

	return r > 0 ? add_file(list, room, path) : r;
}

/* One that cannot be looked into stands in the list, with why: nobody may take the others for all.
 */
static int take_inner(struct folder *list, size_t *room, const char *path, const char *name)
{
	struct stat st;
	int r;

	if (!folder_inner_name(name))
		return 0;
	if (stat(path, &st) < 0) /* of what may be a recording it was told */
		return is_nowhere(errno) || folder_name(name) ? 0 : add_file(list, room, path);
	if (!S_ISDIR(st.st_mode))
		return 0;
	r = walk_folder(list, room, path, take_file);
	if (r == -E2BIG || r == -ENOMEM)
		return r;
	return r < 0 && r != -ENOENT ? add_file(list, room, path) : 0;
}

static int finish_list(struct folder *ret, struct folder *list, int r)
{
	if (r < 0)
		folder_done(list);
	else
		put_in_order(list);
	*ret = *list;
	return r;
}

int folder_list(struct folder *ret, const char *folder)
{
	struct folder list = {0};
	size_t room = 0;

	return finish_list(ret, &list, walk_folder(&list, &room, folder, take_file));
}

int folder_list_deep(struct folder *ret, const char *folder)
{
	struct folder list = {0};
	size_t room = 0;
	int r = walk_folder(&list, &room, folder, take_file);

	if (!r)
		r = walk_folder(&list, &room, folder, take_inner);
	return finish_list(ret, &list, r);
}

void folder_done(struct folder *recordings)
{
	for (size_t i = 0; i < recordings->n + recordings->n_copies; i++)
		free(recordings->all[i].path);
	free(recordings->all);
	free(recordings->skipped);
	free(recordings->begun);
	*recordings = (struct folder){0};
}
