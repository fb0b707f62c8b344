/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shares of cgroups: whose account a cgroup's rows and events are on. See wire-share.h. */
#pragma once

#include "bpf/common/ancestors.bpf.h"
#include "bpf/common/common.bpf.h"
#include "bpf/common/names.bpf.h"

/* By halving nothing is left of WIRE_SHARES deeper than this. */
#define SHARE_LEVELS 13u
#define SHARE_TRIES 8u
/* Races may make some more than there should be. */
#define SHARE_SLACK 256u

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WIRE_SHARES + SHARE_SLACK);
	__type(key, struct wire_cgroup_key);
	__type(value, struct wire_group);
} rs_groups __weak SEC(".maps");

/* Slots that are taken. Whoever inserts one has it: kernels before 5.12 have no atomic exchange. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WIRE_SHARES + SHARE_SLACK);
	__type(key, __u32);
	__type(value, __u32);
} rs_claims __weak SEC(".maps");

/* Mapped by the streamer, too, which gives back what cgroups had that are gone. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, WIRE_SHARE_SLOTS);
	__type(key, __u32);
	__type(value, struct wire_share);
} rs_shares __weak SEC(".maps");

static __always_inline struct wire_share *share_at(__u32 slot)
{
	return bpf_map_lookup_elem(&rs_shares, &slot);
}

struct share_claim {
	__u64 hash;
	__u32 slot;
	__u32 pad;
};

LOOP_STEP claim_step(__u32 i, struct share_claim *claim)
{
	__u32 slot = (claim->hash >> 4 * i) & (WIRE_SHARE_SLOTS - 1), one = 1;

	if (slot == WIRE_SHARE_MACHINE ||
	    (int)bpf_map_update_elem(&rs_claims, &slot, &one, BPF_NOEXIST))
		return 0;
	claim->slot = slot;
	return 1;
}

struct share_walk {
	struct wire_cgroup_key key;
	struct cgroup *cgroup;
	__u64 now;
	__s64 room; /* for one more below the share of slot */
	__u32 level;
	__u32 slot; /* of the deepest so far */
	__u32 made;
	__u32 reached; /* level of that one */
};

/* A share for walk->key, below that of walk->slot. 0: there is none to be had. */
static __always_inline __u32 share_make(struct share_walk *walk, __u32 bit)
{
	struct share_claim claim = {.hash = (walk->key.id + walk->key.hierarchy) *
					    0x9e3779b97f4a7c15ull};
	struct wire_group group = {};
	struct wire_group *known;
	struct wire_share *share;

	LOOP(SHARE_TRIES, claim_step, &claim);
	share = claim.slot ? share_at(claim.slot) : NULL;
	if (!share)
		return 0;
	__builtin_memset(share, 0, sizeof(*share));
	share->cgroup = walk->key;
	share->parent = walk->slot;
	share->since = walk->now;
	group.slot = claim.slot;
	if (!bpf_map_update_elem(&rs_groups, &walk->key, &group, BPF_NOEXIST)) {
		walk->made |= bit;
		return claim.slot;
	}
	(void)bpf_map_delete_elem(&rs_claims, &claim.slot);
	known = bpf_map_lookup_elem(&rs_groups, &walk->key); /* another CPU was first */
	return known ? known->slot : 0;
}

/* One level down. */
LOOP_STEP share_step(__u32 i, struct share_walk *walk)
{
	__u32 level = walk->level ? i + 1 : i, slot;
	struct wire_group *group;
	struct wire_share *share;

	if (level > walk->level)
		return 1;
	walk->key.id = ancestor_id(walk->cgroup, level);
	group = bpf_map_lookup_elem(&rs_groups, &walk->key);
	slot = group ? group->slot : walk->room >= 1 ? share_make(walk, 1u << (i & 31)) : 0;
	share = slot ? share_at(slot) : NULL;
	if (!share)
		return 1;
	walk->slot = slot;
	walk->reached = level;
	walk->room = wire_share_room(walk->room, share->groups);
	return 0;
}

struct share_count {
	__u64 address; /* of the cgroup whose share is that of slot */
	__u32 slot;
	__u32 n;
	__u32 made;
	__u32 bit; /* of made: the level that slot is on */
};

/* From the lowest up: of the shares just made each is counted in those above it, too. Another CPU
 * may have made some of those between. */
LOOP_STEP count_step(__u32 i, struct share_count *count)
{
	struct wire_share *share = share_at(count->slot);

	if (!share)
		return 1;
	if (count->made & count->bit) {
		count->n++;
		share->address = count->address;
	}
	ADD(share->groups, count->n);
	if (count->slot == WIRE_SHARE_MACHINE)
		return 1;
	count->address = cgroup_parent(count->address);
	count->bit >>= 1;
	count->slot = share->parent;
	return 0;
}

OWN_FRAME int share_count(const struct share_walk *walk)
{
	struct share_up up = {.address = (__u64)walk->cgroup,
			      .levels = walk->level - walk->reached};
	struct share_count count = {
		.slot = walk->slot,
		.made = walk->made,
		.bit = walk->level ? 1u << ((walk->reached - 1) & 31) : 1,
	};

	LOOP(SHARE_UP, up_step, &up);
	if (up.levels < SHARE_UP)
		count.address = up.address;
	LOOP(SHARE_LEVELS + 1, count_step, &count);
	return 0;
}

/* The slot of the nearest of @address, a struct cgroup, and its ancestors that has a share, after
 * those that may have one have got it. */
SHARED_SUBPROGRAM int rs_share_slot(__u64 address)
{
	struct cgroup *cgroup = (struct cgroup *)nearest_online(address);
	struct wire_share *machine = share_at(WIRE_SHARE_MACHINE);
	struct share_walk walk = {
		.cgroup = cgroup,
		.now = bpf_ktime_get_boot_ns(),
		.key.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id),
		.level = BPF_CORE_READ(cgroup, level),
	};

	if (!machine || !cgroup)
		return WIRE_SHARE_MACHINE;
	walk.room = (__s64)WIRE_SHARES - machine->groups;
	LOOP(SHARE_LEVELS, share_step, &walk);
	if (walk.made)
		(void)share_count(&walk);
	return walk.slot;
}

/* One look-up, nearly always all there is to do. NULL: the cgroup of @key has none so far. */
static __always_inline struct wire_share *share_known(const struct wire_cgroup_key *key,
						      __u32 *ret_slot)
{
	struct wire_group *group = bpf_map_lookup_elem(&rs_groups, key);

	if (!group)
		return NULL;
	*ret_slot = group->slot;
	return share_at(group->slot);
}

/* Of @cgroup, whose key is @key. NULL: never. */
static __always_inline struct wire_share *share_of(struct cgroup *cgroup,
						   const struct wire_cgroup_key *key,
						   __u32 *ret_slot)
{
	struct wire_share *share = share_known(key, ret_slot);

	if (share)
		return share;
	*ret_slot = rs_share_slot((__u64)cgroup);
	return share_at(*ret_slot);
}
