/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/input-order.h"

#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"

struct place {
	struct recording recording;
	size_t index;  /* where it was */
	size_t leader; /* where the first file of its stream was */
};

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

static int put_in_order(struct input_list *order)
{
	_cleanup_free_ struct place *places = calloc(order->n + 1, sizeof(*places));

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < order->n; i++)
		places[i] = (struct place){.recording = order->all[i], .index = i};
	qsort(places, order->n, sizeof(*places), by_stream);
	for (size_t i = 0; i < order->n; i++)
		places[i].leader =
			i && folder_same_stream(&places[i].recording, &places[i - 1].recording)
				? places[i - 1].leader
				: places[i].index;
	qsort(places, order->n, sizeof(*places), by_leader);
	for (size_t i = 0; i < order->n; i++)
		order->all[i] = places[i].recording;
	return 0;
}

int input_order_new(struct input_list *ret, const char *const *paths, int n,
		    input_list_error *error, void *data)
{
	_cleanup_(input_list_done) struct input_list list = {0};
	int r = input_list_new(&list, paths, n, error, data);

	if (!r)
		r = put_in_order(&list);
	if (r)
		return r;
	*ret = list;
	list = (struct input_list){0};
	return 0;
}

uint64_t input_order_next_seq(const struct input_list *order, size_t i)
{
	const struct recording *next = &order->all[i + 1];

	if (i + 1 >= order->n || !folder_same_stream(&order->all[i], next) ||
	    next->id.file_index != order->all[i].id.file_index + 1)
		return 0;
	return next->id.first_seq;
}

/* Of a folder in which nothing was made since, nothing has to be read again: streams may be as many
 * as files. File systems may keep whole seconds. */
static bool is_as_listed(const struct input_list *order, const char *folder)
{
	struct stat st;

	return !stat(folder, &st) && st.st_mtime < order->listed - 1;
}

/* Whether somebody has made the file behind @one since its folder was listed. */
static bool is_made_now(const struct input_list *order, const struct recording *one)
{
	_cleanup_(folder_done) struct folder list = {0};
	char path[PATH_MAX];
	const char *folder;
	bool made;

	(void)snprintf(path, sizeof(path), "%s", one->path);
	folder = dirname(path);
	if (is_as_listed(order, folder) || folder_list(&list, folder) < 0)
		return false;
	made = list.begun != NULL;
	for (size_t i = 0; !made && i < list.n; i++)
		made = folder_same_stream(one, &list.all[i]) &&
		       list.all[i].id.file_index > one->id.file_index;
	return made;
}

bool input_order_lacks_next(const struct input_list *order, size_t i)
{
	const struct recording *one = &order->all[i];
	bool alone = !i || !folder_same_stream(one, one - 1);

	if (!one->known || (i + 1 < order->n && folder_same_stream(one, one + 1)))
		return false;
	return one->listed ? !is_made_now(order, one) : !alone;
}

bool input_order_lacks_first(const struct input_list *order, size_t i)
{
	const struct recording *one = &order->all[i];
	bool alone = i + 1 >= order->n || !folder_same_stream(one, one + 1);

	if (!one->known || !one->id.file_index || (i && folder_same_stream(one, one - 1)))
		return false;
	return one->listed || !alone;
}
