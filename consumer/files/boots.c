/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/boots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/files/inputs.h"
#include "proto/base/util.h"

struct boot {
	struct folder_id id; /* of one of its files */
	uint64_t time;       /* of its latest file, whose clock is likely to be right */
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
	while (boot < boots->all + boots->n && strcmp(boot->id.boot_id, id->boot_id) != 0)
		boot++;
	if (boot == boots->all + boots->n) {
		if (boots->n == BOOTS_MAX)
			return;
		*boot = (struct boot){.id = *id};
		boots->n++;
	}
	if (*id->machine_id)
		memcpy(boot->id.machine_id, id->machine_id, sizeof(id->machine_id));
	if (id->time_unix_nano > boot->time)
		boot->time = id->time_unix_nano;
}

static int add_folder(struct boots *boots, const char *path)
{
	_cleanup_(folder_done) struct folder list = {0};
	int r = folder_list_deep(&list, path);

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

/* Not every streamer is certain of the machine's id. */
static bool same_machine(const struct folder_id *a, const struct folder_id *b)
{
	if (*a->machine_id && *b->machine_id)
		return !strcmp(a->machine_id, b->machine_id);
	return !strcmp(a->host_name, b->host_name);
}

static bool is_earlier(const struct boot *a, const struct boot *b)
{
	return a->time < b->time || (a->time == b->time && a < b);
}

/* Takes the boot if it is its machine's @nth. */
static void choose(const struct boots *boots, const struct boot *boot, long nth,
		   struct boots_chosen *ret)
{
	long before = 0, behind = 0;

	for (const struct boot *other = boots->all; other < boots->all + boots->n; other++) {
		if (other == boot)
			continue;
		if (!same_machine(&other->id, &boot->id))
			ret->several = true;
		else
			++*(is_earlier(other, boot) ? &before : &behind);
	}
	if ((size_t)(before + behind) >= ret->most)
		ret->most = (size_t)(before + behind) + 1;
	if (nth > 0 ? before == nth - 1 : behind == -nth)
		memcpy(ret->ids[ret->n++], boot->id.boot_id, FOLDER_BOOT);
}

int boots_find(char *const *paths, int n, long nth, struct boots_chosen *ret)
{
	_cleanup_free_ struct boots *boots = calloc(1, sizeof(*boots));
	int r = boots ? 0 : -ENOMEM;

	for (int i = 0; !r && i < (n ? n : 1); i++)
		r = add_input(boots, n ? paths[i] : inputs_default());
	for (size_t i = 0; !r && i < boots->n; i++)
		choose(boots, &boots->all[i], nth, ret);
	return r || ret->n ? r : -ERANGE;
}
