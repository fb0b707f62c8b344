/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of wire.h: shares, what a cgroup may take of what all have in common.
 *
 * The cgroups that were seen form a tree, as the cgroups do, below one that stands for the machine.
 * Three things are limited: how many cgroups are kept apart, how many rows a table has, how many
 * events pass. The rule is the same for all: of what its parent has left, a cgroup and all below it
 * take at most half. So whatever one of them does, with as many cgroups below it as it likes, as
 * much as it has taken is left for those beside it; and a second one can take half of that, and so
 * on. Who the container is need not be known for that. */
#pragma once

#define WIRE_SHARES 4096u      /* cgroups that are kept apart, at most */
#define WIRE_SHARE_SLOTS 8192u /* a power of two: places for them, which so are easily found */
#define WIRE_SHARE_MACHINE 0u  /* the slot that all others are below */

/* Cgroups of a depth that containers have (4: kubepods.slice/…/…/….scope), beside one that takes
 * all it can get: so many find a place and a row of their own. See test-shares. */
#define WIRE_CONTAINERS 1000u

/* Rows of several keys: what was beyond the share of a cgroup in the table, or of all cgroups that
 * are not kept apart. In the place of an action or a scope. */
#define WIRE_OTHERS 0xffffffffu

#define WIRE_SHARE_PROBES 8u /* a power of two, no less than there are */
_Static_assert(WIRE_PROBE_COUNT <= WIRE_SHARE_PROBES, "WIRE_SHARE_PROBES");

/* The counts are changed by both sides, atomically; the streamer takes away. */
struct wire_share {
	struct wire_cgroup_key cgroup;
	__u32 parent;                  /* slot */
	__s32 groups;                  /* cgroups with a share in this subtree, with this */
	__s32 rows[WIRE_SHARE_PROBES]; /* rows in the tables, of this subtree */
	__s32 own[WIRE_SHARE_PROBES];  /* of these, this cgroup's */
	__u64 since;                   /* boottime when it was made */
	__u64 address;                 /* struct cgroup; 0: not known */
	__u64 tat, first_tat, all_tat; /* theoretical arrival times; see limit.bpf.h */
	__u64 path_tat;
};
_Static_assert(sizeof(struct wire_share) == 16 + 8 + 8 * WIRE_SHARE_PROBES + 48, "wire_share");

struct wire_group {
	__u32 slot;
	__u32 pad;
};
_Static_assert(sizeof(struct wire_group) == 8, "wire_group");

/* A cgroup with a share that is no more. */
struct wire_gone {
	struct wire_cgroup_key cgroup;
	__u32 slot;
	__u32 pad;
};
_Static_assert(sizeof(struct wire_gone) == 24, "wire_gone");

/* What is left for one below a cgroup that, with all below it, has @taken of the @room left to its
 * parent. 0: nothing. */
static inline __s64 wire_share_room(__s64 room, __s64 taken)
{
	return room > taken ? (__s64)((__u64)(room - taken) >> 1) : 0;
}

/* The same question from below: what has to be left above so that @needed are left here. */
static inline __s64 wire_share_needed(__s64 needed, __s64 taken)
{
	return 2 * needed + taken;
}
