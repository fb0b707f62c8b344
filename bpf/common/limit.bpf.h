/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --rate and --container-rate: one number a bucket, the theoretical arrival time of GCRA. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/count.bpf.h"
#include "bpf/common/share.bpf.h"

/* A cgroup may do what --container-rate says. Those below one share what they may, or whoever makes
 * cgroups in a loop would have no limit: four times that if they are young, 64 times when they have
 * been there for a while. One more level up it is twice as much, and so on: what comes from one
 * cgroup and all below it uses at most half of what its parent's children may do together. */
#define YOUNG (10 * NSEC_PER_SEC)
#define YOUNG_SHIFT 2
#define GROWN_SHIFT 6

/* GCRA with plain loads and stores: racing CPUs may let a few too many pass; what is counted
 * is exact. */
static __always_inline bool limit_passes(__u64 *tat, __u64 now, __u64 interval, __u64 tolerance)
{
	__u64 t = *tat;

	if (t < now)
		t = now;
	if (t - now > tolerance)
		return false;
	*tat = t + interval;
	return true;
}

/* Paths may be long, some 8 KiB with an event: a cgroup may send 128 of these at once, and as many
 * a second, with those below it; its parent 16 times as many, and so on, as above. Beyond that its
 * events go without. */
#define PATHS (NSEC_PER_SEC / 128)
#define PATHS_SHIFT 4

struct limit_climb {
	__u64 now;
	__u64 interval;
	__u64 tolerance;
	__u32 slot;
	bool failed;
	bool paths; /* not events */
	__u16 pad;
};

LOOP_STEP limit_step(__u32 i, struct limit_climb *climb)
{
	struct wire_share *share = share_at(climb->slot);

	if (!share)
		return 1;
	climb->failed = !limit_passes(climb->paths ? &share->path_tat : &share->all_tat, climb->now,
				      climb->interval, climb->tolerance);
	if (climb->failed || climb->slot == WIRE_SHARE_MACHINE)
		return 1;
	climb->interval >>= climb->paths && !i ? PATHS_SHIFT : 1;
	climb->slot = share->parent;
	return 0;
}

/* Whether all from @slot up let it pass. Global: the verifier looks at it once, not once for each
 * state in which it comes here. */
SHARED_SUBPROGRAM int rs_limit_climb(__u64 now, __u64 interval, __u64 tolerance, __u32 slot,
				     __u32 paths)
{
	struct limit_climb climb = {.now = now,
				    .interval = interval,
				    .tolerance = tolerance,
				    .slot = slot,
				    .paths = paths};

	LOOP(SHARE_LEVELS + 1, limit_step, &climb);
	return !climb.failed;
}

/* What is asked of those above a cgroup. */
static __always_inline bool parents_pass(const struct wire_share *share, __u64 now)
{
	__u32 shift = now - share->since > YOUNG ? GROWN_SHIFT : YOUNG_SHIFT;

	return rs_limit_climb(now, rs_group_rate.interval >> shift, rs_group_rate.tolerance,
			      share->parent, false);
}

/* The first event of a key has a burst of its own, so that a storm of others does not hide it: as
 * many as --container-rate says, and as many each second. */
static __always_inline bool group_passes(struct wire_share *share, bool first, __u64 now)
{
	if (!rs_group_rate.interval)
		return true;
	return ((first && limit_passes(&share->first_tat, now, rs_group_rate.interval,
				       rs_group_rate.tolerance)) ||
		limit_passes(&share->tat, now, rs_group_rate.interval, rs_group_rate.tolerance)) &&
	       parents_pass(share, now);
}

/* The limit of a key, first: in a storm most go no further. */
static __always_inline bool row_passes(struct wire_row *row, __u64 now, bool *ret_first)
{
	*ret_first = !row->tat;
	if (*ret_first)
		row->tat = now + rs_rate.interval;
	return *ret_first || !rs_rate.interval ||
	       limit_passes(&row->tat, now, rs_rate.interval, rs_rate.tolerance);
}

/* Whether row_passes() would say no. */
static __always_inline bool is_beyond_limit(const struct wire_row *row, __u64 now)
{
	__u64 tat = row->tat;

	return rs_rate.interval && tat > now && tat - now > rs_rate.tolerance;
}

/* Counts, and asks the key's own limit. */
static __always_inline bool row_takes(struct wire_row *row, __u64 now, bool *ret_first)
{
	row_count(row, now);
	return row_passes(row, now, ret_first);
}

static __always_inline void hold_back(struct wire_sums *sums, struct wire_row *row, __u64 now)
{
	if (row) {
		if (!row->first_limited)
			row->first_limited = now;
		row->last_limited = now;
		ADD(row->limited, 1);
	} else {
		ADD(sums->overflow_limited, 1);
	}
	sums_leave(sums, &sums->limited);
}

static __always_inline bool paths_pass(__u32 slot, __u64 now)
{
	return rs_limit_climb(now, PATHS, NSEC_PER_SEC, slot, true);
}
