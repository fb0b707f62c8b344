/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kill on its way out: counted, limited, submitted. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/count.bpf.h"
#include "bpf/common/limit.bpf.h"
#include "bpf/common/owner.bpf.h"

#define KILL_ROWS 2048u

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KILL_ROWS + ROWS_OTHERS);
	__type(key, struct wire_kill_key);
	__type(value, struct wire_row);
} rs_kills SEC(".maps");

#define OTHER_CAUSES(key)                                                                          \
	do {                                                                                       \
		(key)->signal = 0;                                                                 \
		(key)->cause = WIRE_OTHERS;                                                        \
	} while (0)

/* Whose account the event is on: its target's cgroup had a share when the signal was sent. */
static __always_inline struct wire_share *share_for(const struct wire_cgroup_key *group,
						    struct cgroup *cgroup, __u32 *ret_slot)
{
	struct wire_group *known = bpf_map_lookup_elem(&rs_groups, group);

	*ret_slot = WIRE_SHARE_MACHINE;
	if (known)
		*ret_slot = known->slot;
	else if (cgroup && BPF_CORE_READ(cgroup, kn, id) == group->id)
		*ret_slot = (__u32)rs_share_slot((__u64)cgroup);
	return share_at(*ret_slot);
}

static __always_inline struct wire_row *row_for(const struct wire_signal_kill *event,
						const struct wire_share *share, __u32 slot)
{
	struct wire_kill_key key = {.cgroup_id = share->cgroup.id,
				    .hierarchy = share->cgroup.hierarchy,
				    .signal = event->signal,
				    .cause = event->cause};
	bool made = false;

	return ROW_OF(&rs_kills, WIRE_SIGNAL_KILL, KILL_ROWS, slot, &key, OTHER_CAUSES, made);
}

/* Counts, limits, submits. @cgroup: of the current task; NULL: it has nothing to do with it. */
static __always_inline int tell(struct wire_signal_kill *event, struct cgroup *cgroup)
{
	const struct wire_cgroup_key group = {.id = event->target_cgroup.id,
					      .hierarchy = event->target_cgroup.hierarchy};
	__u64 now = bpf_ktime_get_boot_ns();
	struct wire_sums *sums = sums_enter(WIRE_SIGNAL_KILL);
	struct wire_share *share;
	struct wire_row *row;
	bool first = false, passed;
	__u32 slot;

	if (!sums)
		return 0;
	share = share_for(&group, cgroup, &slot);
	row = share ? row_for(event, share, slot) : NULL;
	if (!row)
		ADD(sums->overflow, 1);
	passed = !row || row_takes(row, now, &first);
	passed = passed && (!share || group_passes(share, first, now));
	if (cgroup && share && share->cgroup.id != group.id)
		owner_tell_row(cgroup, &share->cgroup, WIRE_SIGNAL_KILL);
	if (!passed) {
		hold_back(sums, row, now);
		return 0;
	}
	event->head.size = sizeof(*event);
	head_fill(&event->head, WIRE_SIGNAL_KILL, now, sums);
	if (!bpf_ringbuf_output(&rs_bulk, event, sizeof(*event), 0))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}
