/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/first-files.h"

#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"

#define STREAM 4      /* bytes of its id that a Lost has */
#define UNTOLD_FOR 60 /* seconds: longer than a batch takes to the disk */

static int compare_heads(const struct head *head, const uint8_t *stream, uint32_t index)
{
	int r = memcmp(head->file->id.stream_id, stream, STREAM);

	return r ? r : (head->file->id.file_index > index) - (head->file->id.file_index < index);
}

static int by_stream(const void *a, const void *b)
{
	const struct head *y = b;

	return compare_heads(a, y->file->id.stream_id, y->file->id.file_index);
}

int first_files_new(struct first_files *ret, const struct input_list *order)
{
	struct first_files heads = {.all = calloc(order->n + 1, sizeof(*heads.all))};

	if (!heads.all)
		return -ENOMEM;
	for (size_t i = 0; i < order->n; i++)
		if (input_order_lacks_first(order, i))
			heads.all[heads.n++].file = &order->all[i];
	qsort(heads.all, heads.n, sizeof(*heads.all), by_stream);
	*ret = heads;
	return 0;
}

void first_files_done(struct first_files *heads)
{
	free(heads->all);
	*heads = (struct first_files){0};
}

void first_files_take(struct first_files *heads, const Ringside__V1__Lost *lost)
{
	size_t from = 0, to = heads->n;

	if (lost->reason != RINGSIDE__V1__LOST__REASON__RETENTION)
		return;
	/* a streamer of before: it may be any */
	if (!lost->has_file_index)
		heads->all_told = true;
	if (!lost->has_file_index || lost->stream_id.len != STREAM ||
	    lost->file_index == UINT32_MAX)
		return;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_heads(&heads->all[middle], lost->stream_id.data, lost->file_index + 1) <
		    0)
			from = middle + 1;
		else
			to = middle;
	}
	/* streams whose ids begin alike are taken for one */
	for (; from < heads->n && !heads->all[from].told &&
	       !compare_heads(&heads->all[from], lost->stream_id.data, lost->file_index + 1);
	     from++)
		heads->all[from].told = true;
}

bool first_files_is_fresh(const struct head *head, time_t now)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s", head->file->path);
	return !stat(dirname(path), &st) && st.st_mtime > now - UNTOLD_FOR;
}
