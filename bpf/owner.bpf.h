/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of probes that only count: whose a row is, and how the streamer gets to know that cgroup's path,
 * which may be gone when the row is read. */
#pragma once

#include "common.bpf.h"
#include "known.bpf.h"
#include "names.bpf.h"

struct owner {
	struct wire_cgroup_key key;
	struct kernfs_node *kn;
};

static __always_inline void owner_read(struct owner *to, struct cgroup *cgroup)
{
	struct kernfs_node *kn = BPF_CORE_READ(cgroup, kn);

	to->key.id = BPF_CORE_READ(kn, id);
	to->key.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	to->key.pad = 0;
	to->kn = kn;
}

/* The size of a reservation has to be a constant: nearly all paths fit into the small one. */
struct small_path {
	struct wire_path path;
	char area[NAMES_SMALL];
};

struct large_path {
	struct wire_path path;
	char area[NAMES_LARGE];
};

static __always_inline bool path_fill(struct wire_path *path, __u32 size, const struct owner *owner,
				      __u32 probe)
{
	struct names names = {.head = &path->head, .limit = size - WIRE_NAME_SIZE};

	path->head.size = sizeof(*path);
	path->cgroup.id = owner->key.id;
	path->cgroup.hierarchy = owner->key.hierarchy;
	path->cgroup.pad = 0;
	names_cgroup(&names, owner->kn, &path->cgroup.path);
	head_fill(&path->head, probe, bpf_ktime_get_boot_ns(), NULL);
	path->head.flags = 0;
	return !names_full(&names);
}

SHARED_SUBPROGRAM int rs_path_small(struct small_path *small, const struct owner *owner,
				    __u32 probe)
{
	return small && owner && path_fill(&small->path, sizeof(*small), owner, probe);
}

SHARED_SUBPROGRAM int rs_path_large(struct large_path *large, const struct owner *owner,
				    __u32 probe)
{
	return large && owner && path_fill(&large->path, sizeof(*large), owner, probe);
}

static __always_inline bool path_submit(const struct owner *owner, __u32 probe)
{
	struct small_path *small = bpf_ringbuf_reserve(&rs_bulk, sizeof(*small), 0);
	struct large_path *large;

	if (!small)
		return false;
	if (rs_path_small(small, owner, probe)) {
		bpf_ringbuf_submit(small, 0);
		return true;
	}
	bpf_ringbuf_discard(small, 0);
	large = bpf_ringbuf_reserve(&rs_bulk, sizeof(*large), 0);
	if (!large)
		return false;
	(void)rs_path_large(large, owner, probe);
	bpf_ringbuf_submit(large, 0);
	return true;
}

/* Returns false where the ring is full: the next time tries again. */
static __always_inline bool owner_tell(const struct owner *owner, __u32 probe)
{
	__u64 now = bpf_ktime_get_boot_ns();

	if (path_is_known(&owner->key, now))
		return true;
	if (!path_submit(owner, probe))
		return false;
	path_learn(&owner->key, now);
	return true;
}
