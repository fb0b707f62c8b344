/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/boots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/files/inputs.h"
#include "proto/base/util.h"

#define BOOTS_MAX 1024u /* what is beyond the first ones is not counted */

struct boot {
	char id[FOLDER_BOOT];
	uint64_t time; /* of its latest file, whose clock is likely to be right */
};

struct boots {
	size_t n;
	struct boot all[BOOTS_MAX];
};

static void add_boot(struct boots *boots, const struct folder_id *id)
{
	struct boot *boot = boots->all;

	if (!*id->boot_id)
		return;
	while (boot < boots->all + boots->n && strcmp(boot->id, id->boot_id) != 0)
		boot++;
	if (boot == boots->all + boots->n) {
		if (boots->n == BOOTS_MAX)
			return;
		*boot = (struct boot){0};
		memcpy(boot->id, id->boot_id, sizeof(boot->id));
		boots->n++;
	}
	if (id->time_unix_nano > boot->time)
		boot->time = id->time_unix_nano;
}

static int add_folder(struct boots *boots, const char *path)
{
	_cleanup_(folder_done) struct folder list = {0};
	int r = folder_list(&list, path);

	for (size_t i = 0; !r && i < list.n; i++)
		if (list.all[i].known)
			add_boot(boots, &list.all[i].id);
	return r;
}

/* What cannot be read is said when its turn comes. */
static int add_input(struct boots *boots, const char *path)
{
	struct folder_id id;

	if (!strcmp(path, "-"))
		return -ESPIPE;
	if (inputs_is_folder(path))
		return add_folder(boots, path);
	if (!folder_identify(path, &id))
		add_boot(boots, &id);
	return 0;
}

static int compare_boots(const void *a, const void *b)
{
	const struct boot *one = a, *other = b;

	return (one->time > other->time) - (one->time < other->time);
}

int boots_find(char *const *paths, int n, long nth, char ret[FOLDER_BOOT], size_t *ret_n)
{
	_cleanup_free_ struct boots *boots = calloc(1, sizeof(*boots));
	long at;
	int r = boots ? 0 : -ENOMEM;

	for (int i = 0; !r && i < (n ? n : 1); i++)
		r = add_input(boots, n ? paths[i] : inputs_default());
	if (r)
		return r;
	qsort(boots->all, boots->n, sizeof(*boots->all), compare_boots);
	*ret_n = boots->n;
	at = nth > 0 ? nth - 1 : (long)boots->n - 1 + nth;
	if (at < 0 || at >= (long)boots->n)
		return -ERANGE;
	memcpy(ret, boots->all[at].id, FOLDER_BOOT);
	return 0;
}
