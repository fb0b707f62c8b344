/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/sums/groups.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/packed-texts.h"
#include "consumer/base/text-line.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define STALE_NANO UINT64_C(600000000000)

const char *const group_fields[GROUP_FIELDS] = {"namespace", "unit", "action", "others"};

static void put_fields(struct packed_texts *fields, const Ringside__V1__CounterRow *row)
{
	const Ringside__V1__Container *c = row->container;
	const bool in_namespace = c && c->namespace_name && *c->namespace_name;

	packed_texts_begin(fields, GROUP_FIELDS);
	packed_texts_put(fields, in_namespace ? c->namespace_name : NULL);
	packed_texts_put(fields, c && !in_namespace ? c->systemd_unit : NULL);
	packed_texts_put(fields, row->has_action
					 ? body_enum(&ringside__v1__seccomp_action__descriptor,
						     (int)row->action, "SECCOMP_RET_")
					 : NULL);
	packed_texts_put(fields, NULL);
}

static void put_others(struct packed_texts *fields)
{
	packed_texts_begin(fields, GROUP_FIELDS);
	for (unsigned i = 0; i < GROUP_OTHERS; i++)
		packed_texts_put(fields, NULL);
	packed_texts_put(fields, "true");
}

static struct group *find_group(const struct groups *groups, unsigned kind,
				const struct packed_texts *fields)
{
	for (unsigned i = 0; i < groups->n[kind]; i++) {
		struct group *group = groups->all[kind][i];

		if (group->size == fields->size && !memcmp(group->text, fields->text, fields->size))
			return group;
	}
	return NULL;
}

/* One whose rows are gone for long: who reads has seen its last value. NULL: there is none. */
static struct group **find_stale(struct groups *groups, unsigned kind, uint64_t now_nano)
{
	struct group **best = NULL;

	for (unsigned i = 0; i < groups->n[kind]; i++) {
		struct group **at = &groups->all[kind][i];

		if (!(*at)->refs && (*at)->latest_nano + STALE_NANO <= now_nano &&
		    !*packed_texts_get((*at)->text, GROUP_OTHERS) &&
		    (!best || (*at)->latest_nano < (*best)->latest_nano))
			best = at;
	}
	return best;
}

static struct group *make_group(const struct packed_texts *fields, uint64_t now_nano)
{
	struct group *group = calloc(1, sizeof(*group) + fields->size);

	if (!group)
		return NULL;
	group->latest_nano = now_nano;
	group->size = fields->size;
	memcpy(group->text, fields->text, fields->size);
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		group->fullest[side] = SERIES_UNKNOWN;
	return group;
}

/* The place of a new one among the first @n; NULL: there is none. */
static struct group **make_place(struct groups *groups, unsigned kind, unsigned n,
				 uint64_t now_nano)
{
	struct group **stale;

	if (groups->n[kind] < n)
		return &groups->all[kind][groups->n[kind]++];
	stale = find_stale(groups, kind, now_nano);
	if (stale)
		free(*stale);
	return stale;
}

struct group *groups_get(struct groups *groups, unsigned kind, const Ringside__V1__CounterRow *row,
			 uint64_t now_nano)
{
	struct packed_texts fields;
	struct group *group, **place = NULL;

	put_fields(&fields, row);
	group = find_group(groups, kind, &fields);
	if (group)
		return group;
	group = make_group(&fields, now_nano);
	if (group)
		place = make_place(groups, kind, GROUPS_MAX - 1, now_nano);
	if (place)
		return *place = group;
	free(group);
	put_others(&fields);
	group = find_group(groups, kind, &fields);
	if (group)
		return group;
	group = make_group(&fields, now_nano);
	if (group)
		groups->all[kind][groups->n[kind]++] = group;
	return group;
}

void groups_done(struct groups *groups)
{
	for (unsigned kind = 0; kind < SERIES_KINDS; kind++)
		for (unsigned i = 0; i < groups->n[kind]; i++)
			free(groups->all[kind][i]);
	*groups = (struct groups){0};
}
