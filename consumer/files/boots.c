/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/boots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/cli/remote.h"
#include "consumer/files/frame-selection.h"
#include "consumer/files/inputs.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"

struct boot {
	struct folder_id id; /* of one of its Headers */
	char path[BOOTS_PATH];
	uint64_t time; /* of its latest Header, whose clock is likely to be right */
};

struct boots {
	const struct filter *filter;
	size_t n;
	struct boot all[BOOTS_MAX];
};

static int tell_unknown(const struct boot *boot, struct boots_chosen *ret)
{
	memcpy(ret->host, boot->id.host_name, sizeof(ret->host));
	memcpy(ret->path, boot->path, sizeof(ret->path));
	ret->lacks_machine = *boot->id.boot_id;
	return -ENOTUNIQ;
}

static void add_boot(struct boots *boots, const struct folder_id *id, const char *path)
{
	struct boot *boot = boots->all;

	while (boot < boots->all + boots->n && strcmp(boot->id.boot_id, id->boot_id) != 0)
		boot++;
	if (boot == boots->all + boots->n) {
		if (boots->n == BOOTS_MAX)
			return;
		*boot = (struct boot){.id = *id};
		(void)snprintf(boot->path, sizeof(boot->path), "%s", path);
		boots->n++;
	}
	if (*id->machine_id)
		memcpy(boot->id.machine_id, id->machine_id, sizeof(id->machine_id));
	if (id->time_unix_nano > boot->time)
		boot->time = id->time_unix_nano;
}

/* One that a repair has made knows of no boot, and nobody will. */
static bool is_made(const Ringside__V1__Header *header)
{
	return header->streamer_version && !strcmp(header->streamer_version, RECORDING_REPAIRER);
}

/* What cannot be read is said when its turn comes. */
static int add_file(struct boots *boots, const char *path)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct recording_ranges ranges;
	struct reader_record item;
	struct folder_id id;
	int r = reader_open_file(&reader, path);

	if (r)
		return r == -EINVAL ? -ESPIPE : r == -ENOMEM ? r : 0;
	reader_set_raw(reader, true);
	r = frame_selection_of_headers(reader, &ranges);
	while (!r || r == READER_DAMAGED) {
		r = reader_next(reader, &item);
		if (r || !item.header || is_made(item.record->header) ||
		    !filter_host_wanted(boots->filter, item.record->header))
			continue;
		folder_take_id(&id, item.record);
		add_boot(boots, &id, path);
	}
	return r == -ENOMEM ? r : 0;
}

static int add_folder(struct boots *boots, const char *path)
{
	_cleanup_(folder_done) struct folder list = {0};
	int r = folder_list_deep(&list, path);

	for (size_t i = 0; !r && i < list.n; i++)
		r = add_file(boots, list.all[i].path);
	return r;
}

static int add_input(struct boots *boots, const char *path)
{
	if (!strcmp(path, "-") || remote_is(path))
		return -ESPIPE;
	return inputs_is_folder(path) ? add_folder(boots, path) : add_file(boots, path);
}

/* Not every streamer is certain of the machine's id. */
static bool same_machine(const struct folder_id *a, const struct folder_id *b)
{
	if (*a->machine_id && *b->machine_id)
		return !strcmp(a->machine_id, b->machine_id);
	return !strcmp(a->host_name, b->host_name);
}

/* By its name alone it may be one of two machines that have it. */
static bool is_ambiguous(const struct boots *boots, const struct boot *boot)
{
	const struct boot *first = NULL;

	for (const struct boot *other = boots->all; other < boots->all + boots->n; other++) {
		if (*boot->id.machine_id || !*other->id.machine_id ||
		    strcmp(other->id.host_name, boot->id.host_name) != 0)
			continue;
		if (first && strcmp(first->id.machine_id, other->id.machine_id) != 0)
			return true;
		first = other;
	}
	return false;
}

static int check_boots(const struct boots *boots, struct boots_chosen *ret)
{
	for (const struct boot *boot = boots->all; boot < boots->all + boots->n; boot++)
		if (!*boot->id.boot_id || is_ambiguous(boots, boot))
			return tell_unknown(boot, ret);
	return 0;
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

int boots_find(char *const *paths, int n, long nth, const struct filter *filter,
	       struct boots_chosen *ret)
{
	_cleanup_free_ struct boots *boots = calloc(1, sizeof(*boots));
	int r = boots ? 0 : -ENOMEM;

	if (boots)
		boots->filter = filter;
	for (int i = 0; !r && i < (n ? n : 1); i++)
		r = add_input(boots, n ? paths[i] : inputs_default());
	if (!r)
		r = check_boots(boots, ret);
	for (size_t i = 0; !r && i < boots->n; i++)
		choose(boots, &boots->all[i], nth, ret);
	return r || ret->n ? r : -ERANGE;
}
