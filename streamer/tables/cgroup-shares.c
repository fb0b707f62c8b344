/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/tables/cgroup-shares.h"

#define LEVELS_MAX 64u /* the programs go less deep; a loop must end whatever the table says */

static void take_back(__s32 *count, int32_t n)
{
	__atomic_fetch_sub(count, n, __ATOMIC_RELAXED);
}

static int32_t load_relaxed(const __s32 *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* Takes @groups cgroups and @rows rows out of the counts of @slot and all above it. */
static void take_up(struct wire_share *shares, uint32_t slot, int32_t groups,
		    const int32_t rows[WIRE_PROBE_COUNT])
{
	for (unsigned i = 0; i < LEVELS_MAX; i++) {
		struct wire_share *share = &shares[slot % WIRE_SHARE_SLOTS];

		if (groups)
			take_back(&share->groups, groups);
		for (unsigned probe = 0; probe < WIRE_PROBE_COUNT; probe++)
			if (rows[probe])
				take_back(&share->rows[probe], rows[probe]);
		if (slot == WIRE_SHARE_MACHINE)
			return;
		slot = share->parent;
	}
}

void cgroup_shares_free_row(struct wire_share *shares, uint32_t slot, unsigned probe)
{
	int32_t rows[WIRE_PROBE_COUNT] = {0};

	rows[probe] = 1;
	take_back(&shares[slot % WIRE_SHARE_SLOTS].own[probe], 1);
	take_up(shares, slot, 0, rows);
}

void cgroup_shares_free(struct wire_share *shares, uint32_t slot)
{
	int32_t rows[WIRE_PROBE_COUNT];

	for (unsigned probe = 0; probe < WIRE_PROBE_COUNT; probe++)
		rows[probe] = load_relaxed(&shares[slot % WIRE_SHARE_SLOTS].own[probe]);
	take_up(shares, slot, 1, rows);
}

bool cgroup_shares_has_children(const struct wire_share *shares, uint32_t slot)
{
	return load_relaxed(&shares[slot % WIRE_SHARE_SLOTS].groups) > 1;
}
