/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/input-list.h"

#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/files/copies.h"
#include "consumer/files/deeper-folders.h"
#include "consumer/files/inputs.h"
#include "proto/base/util.h"

struct place {
	struct recording recording;
	size_t index;  /* where it was */
	size_t leader; /* where the first file of its stream was */
};

static int append_inputs(struct input_list *list, const struct recording *recordings, size_t n)
{
	struct recording *all;

	all = realloc(list->all, (list->n + n) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	list->all = all;
	memcpy(all + list->n, recordings, n * sizeof(*all));
	list->n += n;
	return 0;
}

static int append_file(struct input_list *list, const char *path, bool alone)
{
	struct recording recording = {.path = strdup(path)};
	struct stat st;
	int r = 0;

	if (!recording.path)
		return -ENOMEM;
	/* a pipe can be read once only */
	if (!alone && strcmp(path, "-") && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		r = folder_identify(path, &recording.id);
		recording.known = r == 0;
		recording.headless = !recording.known;
	}
	if (r != -ENOMEM) /* what is not known then is not what it is */
		r = append_inputs(list, &recording, 1);
	if (r)
		free(recording.path);
	return r;
}

struct teller {
	input_list_error *error;
	void *data;
};

/* deeper_folders_tell_fn */
static void tell_unread(void *data, const char *path, const char *why)
{
	const struct teller *teller = data;

	teller->error(teller->data, path, 0, why);
}

/* 0 or -errno. */
static int append_folder(struct input_list *list, const char *path, input_list_error *error,
			 void *data)
{
	_cleanup_(folder_done) struct folder folder = {0};
	char left_out[PATH_MAX];
	int r;

	r = folder_list_deep(&folder, path);
	if (r)
		return r;
	if (folder_skipped(&folder, left_out, sizeof(left_out)))
		error(data, left_out, 0, NULL);
	if (!folder.n)
		return -ENODATA;
	for (size_t i = 0; i < folder.n; i++)
		folder.all[i].listed = true;
	r = append_inputs(list, folder.all, folder.n);
	if (!r)
		folder.n = 0; /* the paths are the list's now */
	return r;
}

static bool has_original(const struct input_list *list, const struct recording *excerpt)
{
	for (size_t i = 0; i < list->n; i++)
		if (!list->all[i].id.excerpt && folder_tell_alike(&list->all[i], excerpt))
			return true;
	return false;
}

/* What is in an excerpt is to be taken from what it is of, if that is there. 0 or -ENOMEM. */
static int put_excerpts_behind(struct input_list *list)
{
	_cleanup_free_ struct recording *behind = calloc(list->n + 1, sizeof(*behind));
	_cleanup_free_ bool *is_behind = calloc(list->n + 1, sizeof(*is_behind));
	size_t kept = 0, n = 0;

	if (!behind || !is_behind)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++)
		is_behind[i] = list->all[i].id.excerpt && has_original(list, &list->all[i]);
	for (size_t i = 0; i < list->n; i++) {
		if (is_behind[i])
			behind[n++] = list->all[i];
		else
			list->all[kept++] = list->all[i];
	}
	for (size_t i = 0; i < n; i++)
		list->all[kept++] = behind[i];
	return 0;
}

int input_list_new(struct input_list *ret, const char *const *paths, int n, input_list_error *error,
		   void *data)
{
	_cleanup_(input_list_done) struct input_list list = {.listed = time(NULL)};
	_cleanup_(deeper_folders_done) struct deeper_folders deeper = {0};
	struct teller teller = {error, data};
	int r = 0;

	for (int i = 0; i < n && r != -ENOMEM; i++) {
		if (!inputs_is_folder(paths[i])) {
			r = append_file(&list, paths[i], n == 1);
			continue;
		}
		r = append_folder(&list, paths[i], error, data);
		if (r) /* what lies deeper in one that has none is told along with that */
			error(data, paths[i], r, NULL);
		else
			deeper_folders_add(&deeper, paths[i]);
	}
	if (r == -ENOMEM)
		return r;
	deeper_folders_look(&deeper);
	deeper_folders_tell(&deeper, tell_unread, &teller);
	list.n_copies = list.n;
	list.n = copies_part(list.all, list.n, false);
	list.n_copies -= list.n;
	r = put_excerpts_behind(&list);
	if (r)
		return r;
	*ret = list;
	list = (struct input_list){0};
	return 0;
}

static int by_stream(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int r = memcmp(x->recording.id.stream_id, y->recording.id.stream_id, FOLDER_ID);

	if (x->recording.known != y->recording.known)
		return x->recording.known ? -1 : 1;
	if (r && x->recording.known)
		return r;
	return (x->index > y->index) - (x->index < y->index);
}

static int by_leader(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	uint32_t i = x->recording.id.file_index, k = y->recording.id.file_index;

	if (x->leader != y->leader)
		return x->leader < y->leader ? -1 : 1;
	if (i != k)
		return i < k ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

int input_list_by_stream(struct input_list *list)
{
	_cleanup_free_ struct place *places = calloc(list->n + 1, sizeof(*places));

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++)
		places[i] = (struct place){.recording = list->all[i], .index = i};
	qsort(places, list->n, sizeof(*places), by_stream);
	for (size_t i = 0; i < list->n; i++)
		places[i].leader =
			i && folder_same_stream(&places[i].recording, &places[i - 1].recording)
				? places[i - 1].leader
				: places[i].index;
	qsort(places, list->n, sizeof(*places), by_leader);
	for (size_t i = 0; i < list->n; i++)
		list->all[i] = places[i].recording;
	return 0;
}

/* Of a folder in which nothing was made since, nothing has to be read again: streams may be as many
 * as files. File systems may keep whole seconds. */
static bool is_as_listed(const struct input_list *inputs, const char *folder)
{
	struct stat st;

	return !stat(folder, &st) && st.st_mtime < inputs->listed - 1;
}

bool input_list_is_made_now(const struct input_list *inputs, const struct recording *one)
{
	_cleanup_(folder_done) struct folder list = {0};
	char path[PATH_MAX];
	const char *folder;
	bool made;

	(void)snprintf(path, sizeof(path), "%s", one->path);
	folder = dirname(path);
	if (is_as_listed(inputs, folder) || folder_list(&list, folder) < 0)
		return false;
	made = list.begun != NULL;
	for (size_t i = 0; !made && i < list.n; i++)
		made = folder_same_stream(one, &list.all[i]) &&
		       list.all[i].id.file_index > one->id.file_index;
	return made;
}

static bool is_next(const struct recording *next, const struct recording *one)
{
	return folder_same_stream(one, next) && next->id.file_index > one->id.file_index;
}

bool input_list_lacks_next(const struct input_list *inputs, size_t i)
{
	const struct recording *one = &inputs->all[i];
	bool alone = true;

	if (!one->known || one->id.excerpt)
		return false;
	/* mostly it is right behind it */
	for (size_t j = 1; j < inputs->n; j++) {
		const struct recording *other = &inputs->all[(i + j) % inputs->n];

		if (is_next(other, one))
			return false;
		alone = alone && !folder_same_stream(one, other);
	}
	return one->listed ? !input_list_is_made_now(inputs, one) : !alone;
}

bool input_list_lacks_first(const struct input_list *inputs, size_t i)
{
	const struct recording *one = &inputs->all[i];
	bool alone = true;

	if (!one->known || one->id.excerpt || !one->id.file_index)
		return false;
	/* mostly the one before is right before it */
	for (size_t j = 1; j < inputs->n; j++) {
		const struct recording *other = &inputs->all[(i + inputs->n - j) % inputs->n];

		if (is_next(one, other))
			return false;
		alone = alone && !folder_same_stream(one, other);
	}
	return one->listed || !alone;
}

void input_list_done(struct input_list *list)
{
	for (size_t i = 0; i < list->n + list->n_copies; i++)
		free(list->all[i].path);
	free(list->all);
	*list = (struct input_list){0};
}
