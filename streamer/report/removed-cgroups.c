/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/report/removed-cgroups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/encode/probe-table.h"
#include "streamer/report/limited.h"

#define BUCKETS_MIN 64u

int removed_init(struct removed *gone)
{
	*gone = (struct removed){0};
	gone->rows = calloc(REMOVED_ROWS_MAX, sizeof(*gone->rows));
	return gone->rows ? 0 : -ENOMEM;
}

static void drop_table(struct removed *gone)
{
	free(gone->buckets);
	gone->buckets = NULL;
	gone->n_due = 0;
}

void removed_done(struct removed *gone)
{
	drop_table(gone);
	free(gone->cgroups);
	free(gone->rows);
	*gone = (struct removed){0};
}

/* Room for one more. Without memory the kernel keeps them. */
static int grow_rows(struct removed *gone)
{
	return GROW(gone->cgroups, gone->n, &gone->capacity);
}

/* kernel_dead_fn. Each slot is heard of once. */
static int hear_removed(void *data, const struct wire_gone *from)
{
	struct removed *gone = data;
	uint8_t *heard = &gone->heard[from->slot % WIRE_SHARE_SLOTS / 8];
	const uint8_t bit = (uint8_t)(1u << from->slot % 8);

	if (*heard & bit)
		return 0;
	if (grow_rows(gone))
		return -ENOMEM;
	*heard |= bit;
	gone->cgroups[gone->n++] = (struct removed_cgroup){.gone = *from, .nano = gone->now};
	return 0;
}

void removed_update(struct removed *gone, const struct kernel *kernel, uint64_t now, bool all)
{
	const uint64_t missed = kernel_gone_missed(kernel);
	struct wire_gone one;

	gone->now = now;
	for (unsigned i = 0;
	     i < WIRE_SHARE_SLOTS && !grow_rows(gone) && kernel_take_gone(kernel, &one); i++)
		(void)hear_removed(gone, &one);
	if ((all || missed != gone->missed) && !kernel_dead(kernel, hear_removed, gone))
		gone->missed = missed;
}

static uint32_t *bucket_of(const struct removed *gone, const struct wire_cgroup_key *key)
{
	return &gone->buckets[((key->id ^ (uint64_t)key->hierarchy << 32) * 0x9e3779b97f4a7c15u >>
			       32) &
			      gone->mask];
}

void removed_walk(struct removed *gone, uint64_t now)
{
	size_t n = 0, size = BUCKETS_MIN;

	drop_table(gone);
	while (n < gone->n && now - gone->cgroups[n].nano >= REMOVED_GRACE_NANO)
		n++;
	while (size < n)
		size *= 2;
	if (n)
		gone->buckets = calloc(size, sizeof(*gone->buckets));
	if (!gone->buckets)
		return; /* another time */
	gone->mask = size - 1;
	gone->n_due = n;
	for (size_t i = 0; i < n; i++) {
		struct removed_cgroup *cgroup = &gone->cgroups[i];
		uint32_t *first = bucket_of(gone, &cgroup->gone.cgroup);

		cgroup->next = *first;
		*first = (uint32_t)i + 1;
	}
}

/* Index + 1, or 0. */
static uint32_t find_cgroup(const struct removed *gone, const struct wire_cgroup_key *key)
{
	uint32_t at = gone->n_due ? *bucket_of(gone, key) : 0;

	for (; at; at = gone->cgroups[at - 1].next) {
		const struct wire_cgroup_key *one = &gone->cgroups[at - 1].gone.cgroup;

		if (one->id == key->id && one->hierarchy == key->hierarchy)
			return at;
	}
	return 0;
}

bool removed_is_last(struct removed *gone, unsigned probe, const void *key, uint64_t limited)
{
	struct removed_row *row;
	uint32_t at;

	if (!gone->n_due || !probes[probe]->keeps_rows)
		return false;
	at = find_cgroup(gone, key);
	if (!at)
		return false;
	if (gone->n_rows == REMOVED_ROWS_MAX) {
		gone->cgroups[at - 1].kept = true;
		return false;
	}
	row = &gone->rows[gone->n_rows++];
	*row = (struct removed_row){.probe = probe, .cgroup = at - 1, .limited = limited};
	memcpy(row->key, key, probes[probe]->key_size);
	return true;
}

/* Those that have no rows any more. */
static void drop_cgroups(struct removed *gone, const struct kernel *kernel)
{
	size_t left = 0;

	for (size_t i = 0; i < gone->n; i++) {
		struct removed_cgroup *cgroup = &gone->cgroups[i];
		const uint32_t slot = cgroup->gone.slot;

		if (i < gone->n_due && !cgroup->kept &&
		    kernel_forget_group(kernel, &cgroup->gone)) {
			gone->heard[slot % WIRE_SHARE_SLOTS / 8] &= (uint8_t) ~(1u << slot % 8);
			continue;
		}
		gone->cgroups[left++] = *cgroup;
	}
	gone->n = left;
	if (left)
		return;
	free(gone->cgroups);
	gone->cgroups = NULL;
	gone->capacity = 0;
}

/* Rows may be left whose limits are not told yet: then their cgroups stay, too. */
void removed_written(struct removed *gone, const struct kernel *kernel, struct limited *limited)
{
	if (!gone->n_due)
		return;
	for (unsigned i = 0; i < gone->n_rows; i++) {
		const struct removed_row *row = &gone->rows[i];
		struct removed_cgroup *cgroup = &gone->cgroups[row->cgroup];
		const struct probe *probe = probes[row->probe];
		bool others = probe_is_others(probe, row->key);

		if (limited_reported(limited, row->probe, row->key) < row->limited) {
			cgroup->kept = true;
			continue;
		}
		kernel_forget_row(kernel, row->probe, row->key, others, &cgroup->gone);
		limited_forget(limited, row->probe, row->key);
	}
	drop_cgroups(gone, kernel);
	removed_not_written(gone);
}

void removed_not_written(struct removed *gone)
{
	for (size_t i = 0; i < gone->n; i++)
		gone->cgroups[i].kept = false;
	drop_table(gone);
	gone->n_rows = 0;
}
