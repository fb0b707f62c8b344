/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose limit it was, where the kernel's own word is not to be had: what points at it, the best
 * first. None of it is certain, and nothing here can tell that it was the machine's memory: then
 * the scope stays unknown. Free memory below the zones' watermarks would not do. A machine whose
 * page cache has filled it is about there all the time, also while a memory cgroup runs into its
 * limit; which zones counted depends on the cpuset, the policy and the gfp mask of the task that
 * asked, which are in the oom_control that was not found; and where memory has been given back
 * since, by the very victim, it is above them again. */
#pragma once

#include "bpf/oom/memcg.bpf.h"

/* How often each memory cgroup had run into its own limit when it was last looked at. One that is
 * forgotten is looked at as for the first time: a doubt more, no wrong answer. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* kernfs id */
	__type(value, __u64);
} rs_oom_seen SEC(".maps");

/* Under oom_lock. In map memory, or the verifier would tell apart what each round has found. */
static volatile struct guess {
	struct mem_cgroup *memcg;  /* next to look at */
	struct mem_cgroup *locked; /* the topmost that is locked */
	struct mem_cgroup *risen;  /* its own oom event was counted since the last look */
	struct mem_cgroup *full;   /* with the least room left */
	__u64 room;                /* ... in pages */
	__u64 rises;
} guess;

/* memory_events_local[MEMCG_OOM] rises only in the memory cgroup whose limit it is. */
static __always_inline bool has_risen(struct mem_cgroup *memcg)
{
	int event = bpf_core_enum_value(enum memcg_memory_event, MEMCG_OOM);
	__u64 id = BPF_CORE_READ(memcg, css.cgroup, kn, id), count = 0, *seen;
	bool risen;

	bpf_probe_read_kernel(&count, sizeof(count),
			      (void *)__builtin_preserve_access_index(&memcg->memory_events_local) +
				      event * sizeof(count));
	if (!count)
		return false;
	seen = bpf_map_lookup_elem(&rs_oom_seen, &id);
	/* What was counted before the first look says nothing of now, but for the very first. */
	risen = seen ? *seen != count : count == 1;
	if (!seen || risen)
		(void)bpf_map_update_elem(&rs_oom_seen, &id, &count, BPF_ANY);
	return risen;
}

/* Usage lies below the limit by what the CPUs hold in stock (MEMCG_CHARGE_BATCH, 64 pages each),
 * and by what other victims have given back meanwhile. */
static __always_inline bool is_nearly_full(__u64 room, __u64 max)
{
	return room <= max / 8 || (room <= 64 * rs_cpus && room <= max / 2);
}

LOOP_STEP guess_step(__u32 i, void *unused)
{
	struct mem_cgroup *memcg = guess.memcg;
	__u64 max = BPF_CORE_READ(memcg, memory.max);
	__u64 usage = BPF_CORE_READ(memcg, memory.usage.counter);
	__u64 room = usage < max ? max - usage : 0;

	/* mem_cgroup_oom_trylock() locks all of the owner's subtree. */
	if (bpf_core_field_exists(memcg->oom_lock) && BPF_CORE_READ(memcg, oom_lock))
		guess.locked = memcg;
	if (has_risen(memcg)) {
		guess.risen = memcg;
		guess.rises++;
	}
	if (!is_unlimited(max) && is_nearly_full(room, max) && room < guess.room) {
		guess.full = memcg;
		guess.room = room;
	}
	guess.memcg = memcg_parent(memcg);
	return !guess.memcg;
}

/* Of a victim in @memcg: whose limit it may have been. 0 if nothing points at any. Global:
 * verified once, and apart from the rest. */
__noinline __u64 rs_oom_guess(__u64 memcg)
{
	guess.memcg = (void *)memcg;
	guess.locked = guess.risen = guess.full = NULL;
	guess.room = ~0ull;
	guess.rises = 0;
	if (memcg)
		LOOP(MEMCG_DEPTH, guess_step, NULL);
	if (guess.memcg) /* there are more above, any of which it may be */
		return 0;
	if (guess.locked)
		return (__u64)guess.locked;
	return (__u64)(guess.rises == 1 ? guess.risen : guess.full);
}
