/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/input-order.h"

#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"

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

	if (!one->known || one->id.excerpt ||
	    (i + 1 < order->n && folder_same_stream(one, one + 1)))
		return false;
	return one->listed ? !is_made_now(order, one) : !alone;
}

bool input_order_lacks_first(const struct input_list *order, size_t i)
{
	const struct recording *one = &order->all[i];
	bool alone = i + 1 >= order->n || !folder_same_stream(one, one + 1);

	if (!one->known || one->id.excerpt || !one->id.file_index ||
	    (i && folder_same_stream(one, one - 1)))
		return false;
	return one->listed || !alone;
}
