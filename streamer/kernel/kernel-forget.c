/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs keep of cgroups, and is to go. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "streamer/kernel/kernel-internal.h"
#include "streamer/tables/cgroup-shares.h"
#include "streamer/tables/rows.h"

void kernel_forget_paths(const struct kernel *kernel, const struct wire_known *known)
{
	const struct wire_known alone = {.cgroup = known->cgroup};
	int fd;

	if (!kernel->programs)
		return;
	fd = programs_map_fd(kernel->programs, "rs_known");
	(void)bpf_map_delete_elem(fd, known);
	(void)bpf_map_delete_elem(fd, &alone);
	__atomic_fetch_add((uint32_t *)programs_variable(kernel->programs, "rs_paths_era"), 1,
			   __ATOMIC_RELAXED);
}

bool kernel_take_gone(const struct kernel *kernel, struct wire_gone *ret)
{
	return kernel->programs &&
	       !bpf_map_lookup_and_delete_elem(programs_map_fd(kernel->programs, "rs_gone"), NULL,
					       ret);
}

uint64_t kernel_gone_missed(const struct kernel *kernel)
{
	const uint64_t *n =
		kernel->programs ? programs_variable(kernel->programs, "rs_gone_missed") : NULL;

	return n ? __atomic_load_n(n, __ATOMIC_RELAXED) : 0;
}

struct dead {
	kernel_dead_fn fn;
	void *data;
};

/* rows_fn */
static int hand_out(void *data, const void *key, const void *row)
{
	const struct dead *dead = data;
	struct wire_gone gone = {.cgroup = *(const struct wire_cgroup_key *)key};

	memcpy(&gone.slot, row, sizeof(gone.slot));
	return dead->fn(dead->data, &gone);
}

int kernel_dead(const struct kernel *kernel, kernel_dead_fn fn, void *data)
{
	struct dead dead = {.fn = fn, .data = data};
	struct rows_table table = {.key_size = sizeof(struct wire_cgroup_key),
				   .row_size = sizeof(struct wire_gone) -
					       sizeof(struct wire_cgroup_key)};

	if (!kernel->programs)
		return 0;
	table.map_fd = programs_map_fd(kernel->programs, "rs_groups");
	table.link_fd = kernel_link(kernel, tiers_dead);
	return table.link_fd < 0 ? 0 : rows_walk(&table, hand_out, &dead);
}

/* Takes a row out of its table, and gives its place back, if it has one. */
static int forget_row(const struct programs *programs, const struct tiers_table *table,
		      const void *key)
{
	const int fd = programs_map_fd(programs, table->map);
	uint32_t *taken = table->taken ? programs_variable(programs, table->taken) : NULL;
	uint64_t place;

	if (!taken)
		return bpf_map_delete_elem(fd, key);
	if (bpf_map_lookup_and_delete_elem(fd, key, &place))
		return -errno;
	if (place < bpf_map__max_entries(programs_map(programs, table->rows)))
		__atomic_store_n(&taken[place], 0, __ATOMIC_RELEASE);
	return 0;
}

void kernel_forget_row(const struct kernel *kernel, unsigned probe, const void *key, bool others,
		       const struct wire_gone *gone)
{
	if (!kernel->programs || forget_row(kernel->programs, &tiers_tables[probe], key))
		return;
	if (!others)
		cgroup_shares_free_row(kernel->shares, gone->slot, probe);
}

bool kernel_forget_group(const struct kernel *kernel, const struct wire_gone *gone)
{
	if (!kernel->programs)
		return true;
	if (cgroup_shares_has_children(kernel->shares, gone->slot))
		return false;
	if (bpf_map_delete_elem(programs_map_fd(kernel->programs, "rs_groups"), &gone->cgroup))
		return true;
	cgroup_shares_free(kernel->shares, gone->slot);
	(void)bpf_map_delete_elem(programs_map_fd(kernel->programs, "rs_claims"), &gone->slot);
	return true;
}
