/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of a share: whether there is room for one more, and who has taken one. */
#pragma once

#include "bpf/common/share.bpf.h"

struct share_climb {
	__s64 needed;
	__u32 slot;
	__u32 probe;
};

LOOP_STEP needed_step(__u32 i, struct share_climb *climb)
{
	struct wire_share *share = share_at(climb->slot);

	if (!share)
		return 1;
	if (climb->slot == WIRE_SHARE_MACHINE) {
		climb->needed += share->rows[climb->probe & (WIRE_SHARE_PROBES - 1)];
		return 1;
	}
	climb->needed = wire_share_needed(climb->needed,
					  share->rows[climb->probe & (WIRE_SHARE_PROBES - 1)]);
	climb->slot = share->parent;
	return 0;
}

/* Whether, below the cgroup of @slot, there is room for @needed in the table of @probe, which has
 * room for @all. */
static __always_inline bool share_fits(__u32 slot, __s64 needed, __u32 probe, __u32 all)
{
	struct share_climb climb = {.needed = needed, .slot = slot, .probe = probe};

	LOOP(SHARE_LEVELS + 1, needed_step, &climb);
	return climb.needed <= all;
}

/* Whether the cgroup of @slot may have one more row. Its own are counted as those of one more
 * cgroup below it, so that they leave something to its children. */
static __always_inline bool share_has_room(__u32 slot, __u32 probe, __u32 all)
{
	struct wire_share *share = share_at(slot);

	return share && slot != WIRE_SHARE_MACHINE &&
	       share_fits(slot, wire_share_needed(1, share->own[probe & (WIRE_SHARE_PROBES - 1)]),
			  probe, all);
}

LOOP_STEP take_step(__u32 i, struct share_climb *climb)
{
	struct wire_share *share = share_at(climb->slot);

	if (!share)
		return 1;
	ADD(share->rows[climb->probe & (WIRE_SHARE_PROBES - 1)], 1);
	if (climb->slot == WIRE_SHARE_MACHINE)
		return 1;
	climb->slot = share->parent;
	return 0;
}

/* A row was made. */
static __always_inline void share_take_row(__u32 slot, __u32 probe)
{
	struct share_climb climb = {.slot = slot, .probe = probe};
	struct wire_share *share = share_at(slot);

	if (share)
		ADD(share->own[probe & (WIRE_SHARE_PROBES - 1)], 1);
	LOOP(SHARE_LEVELS + 1, take_step, &climb);
}
