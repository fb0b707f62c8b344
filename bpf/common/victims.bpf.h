/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whom the OOM killer kills, as far as that was told. */
#pragma once

#include "bpf/common/kernel.h"

struct victim_key {
	__u32 tgid;
	__u32 pad;
	__u64 start_boottime;
};

/* Processes that were told and live on for a moment: the mark is per thread, one that shares a
 * victim's memory may be marked itself, and each dying thread that wants memory is marked. Not an
 * LRU, which would forget them in a large kill: they leave when they exit. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct victim_key);
	__type(value, __u64);
} rs_victims __weak SEC(".maps");

static __always_inline void victim_key(struct victim_key *key, struct task_struct *victim)
{
	key->tgid = BPF_CORE_READ(victim, tgid);
	key->pad = 0;
	key->start_boottime = BPF_CORE_READ(victim, group_leader, start_boottime);
}
