/* SPDX-License-Identifier: Apache-2.0 */
#include "gone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limited.h"
#include "probe.h"

#define CAPACITY_MIN 64u
#define TAKEN_MAX 8192u /* at once: what the kernel keeps */

int gone_init(struct gone *gone)
{
	*gone = (struct gone)GONE_NULL;
	gone->rows = calloc(GONE_ROWS_MAX, sizeof(*gone->rows));
	return gone->rows ? 0 : -ENOMEM;
}

static void drop_table(struct gone *gone)
{
	free(gone->buckets);
	gone->buckets = NULL;
	gone->n_due = 0;
}

void gone_done(struct gone *gone)
{
	drop_table(gone);
	free(gone->cgroups);
	free(gone->rows);
	*gone = (struct gone)GONE_NULL;
}

static bool grow(struct gone *gone)
{
	size_t capacity = gone->capacity ? 2 * gone->capacity : CAPACITY_MIN;
	struct gone_cgroup *cgroups;

	if (gone->n < gone->capacity)
		return true;
	if (capacity > GONE_MAX)
		return false;
	cgroups = realloc(gone->cgroups, capacity * sizeof(*cgroups));
	if (!cgroups)
		return false;
	gone->cgroups = cgroups;
	gone->capacity = capacity;
	return true;
}

void gone_update(struct gone *gone, const struct kernel *kernel, uint64_t now)
{
	struct gone_cgroup cgroup = {.nano = now};

	for (unsigned i = 0; i < TAKEN_MAX; i++) {
		if (!kernel_take_gone(kernel, &cgroup.hierarchy, &cgroup.id))
			return;
		if (grow(gone))
			gone->cgroups[gone->n++] = cgroup;
	}
}

static uint32_t *bucket(const struct gone *gone, uint32_t hierarchy, uint64_t id)
{
	return &gone->buckets[((id ^ (uint64_t)hierarchy << 32) * 0x9e3779b97f4a7c15u >> 32) &
			      gone->mask];
}

void gone_walk(struct gone *gone, uint64_t now)
{
	size_t n = 0, size = CAPACITY_MIN;

	drop_table(gone);
	while (n < gone->n && now - gone->cgroups[n].nano >= GONE_GRACE_NANO)
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
		struct gone_cgroup *cgroup = &gone->cgroups[i];
		uint32_t *first = bucket(gone, cgroup->hierarchy, cgroup->id);

		cgroup->next = *first;
		*first = (uint32_t)i + 1;
	}
}

static const struct gone_cgroup *find(const struct gone *gone, uint32_t hierarchy, uint64_t id)
{
	uint32_t at = gone->n_due ? *bucket(gone, hierarchy, id) : 0;

	for (; at; at = gone->cgroups[at - 1].next)
		if (gone->cgroups[at - 1].id == id && gone->cgroups[at - 1].hierarchy == hierarchy)
			return &gone->cgroups[at - 1];
	return NULL;
}

bool gone_is_last(struct gone *gone, unsigned probe, const void *key, uint64_t limited)
{
	uint32_t hierarchy;
	uint64_t id;

	if (!gone->n_due || !probes[probe]->row_cgroup)
		return false;
	probes[probe]->row_cgroup(key, &hierarchy, &id);
	if (!find(gone, hierarchy, id))
		return false;
	if (gone->n_rows == GONE_ROWS_MAX) {
		gone->cut = true;
		return false;
	}
	gone->rows[gone->n_rows] = (struct gone_row){.probe = probe, .limited = limited};
	memcpy(gone->rows[gone->n_rows++].key, key, probes[probe]->key_size);
	return true;
}

/* Rows may be left whose limits are not told yet: then their cgroups stay, too. */
void gone_written(struct gone *gone, const struct kernel *kernel, struct limited *limited)
{
	bool all = !gone->cut;

	if (!gone->n_due)
		return;
	for (unsigned i = 0; i < gone->n_rows; i++) {
		const struct gone_row *row = &gone->rows[i];

		if (limited_reported(limited, row->probe, row->key) < row->limited) {
			all = false;
			continue;
		}
		kernel_forget_row(kernel, row->probe, row->key);
		limited_forget(limited, row->probe, row->key);
	}
	if (all) {
		gone->n -= gone->n_due;
		memmove(gone->cgroups, gone->cgroups + gone->n_due,
			gone->n * sizeof(*gone->cgroups));
	}
	if (!gone->n) {
		free(gone->cgroups);
		gone->cgroups = NULL;
		gone->capacity = 0;
	}
	gone_not_written(gone);
}

void gone_not_written(struct gone *gone)
{
	drop_table(gone);
	gone->n_rows = 0;
	gone->cut = false;
}
