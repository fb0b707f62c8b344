/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose a row is, and how the streamer gets to know that cgroup's path, which may be gone when the
 * row is read, where no event brings it. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/names.bpf.h"
#include "bpf/common/paths-told.bpf.h"
#include "bpf/common/share.bpf.h"

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

struct large_path {
	struct wire_path path;
	char area[NAMES_LARGE / 2 + WIRE_NAME_SIZE];
};

/* As rs_sec_buffer: a path takes no more of the ring than it has. */
struct path_buffer {
	struct large_path large;
	__u64 taken;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_buffer);
} rs_path_buffer __weak SEC(".maps");

SHARED_SUBPROGRAM int rs_path_fill(struct large_path *large, const struct owner *owner, __u32 probe)
{
	struct wire_path *path = &large->path;
	struct names names;

	if (!large || !owner)
		return 0;
	names.head = &path->head;
	names.limit = sizeof(*large) - WIRE_NAME_SIZE;
	path->head.size = sizeof(*path);
	path->cgroup.id = owner->key.id;
	path->cgroup.hierarchy = owner->key.hierarchy;
	path->cgroup.pad = 0;
	names_cgroup(&names, owner->kn, &path->cgroup.path);
	head_fill(&path->head, probe, bpf_ktime_get_boot_ns(), NULL);
	path->head.flags = WIRE_PATH;
	return 0;
}

/* False where the buffer is taken, too: the next time tries again. */
static __always_inline bool path_submit(const struct owner *owner, __u32 probe)
{
	__u32 zero = 0, size;
	struct path_buffer *buffer = bpf_map_lookup_elem(&rs_path_buffer, &zero);
	bool fine;

	if (!buffer || EXCHANGE(&buffer->taken, 0, 1))
		return false;
	(void)rs_path_fill(&buffer->large, owner, probe);
	size = buffer->large.path.head.size;
	if (size > sizeof(buffer->large))
		size = sizeof(buffer->large);
	fine = !bpf_ringbuf_output(&rs_bulk, &buffer->large, size, 0);
	*(volatile __u64 *)&buffer->taken = 0;
	return fine;
}

/* Returns false where the ring is full: the next time tries again. */
static __always_inline bool owner_tell(const struct owner *owner, __u32 probe)
{
	const struct wire_known known = {.cgroup = owner->key};
	__u64 now = bpf_ktime_get_boot_ns();

	if (path_is_known(&known, now))
		return true;
	if (!path_submit(owner, probe))
		return false;
	path_learn(&known, now);
	return true;
}

LOOP_STEP owner_step(__u32 i, struct owner *owner)
{
	struct kernfs_node *kn = owner->kn, *parent = kernfs_parent(kn);

	if (!parent || BPF_CORE_READ(kn, id) == owner->key.id)
		return 1;
	owner->kn = parent;
	return 0;
}

#define OWNER_UP 32u /* cgroups may be nested deeper: then the path stays unknown */

/* @owner becomes the cgroup of @key, which is that or one above it. False: it cannot be found. */
static __always_inline bool owner_rise(struct owner *owner, const struct wire_cgroup_key *key)
{
	struct kernfs_node *kn;

	owner->key = *key;
	LOOP(OWNER_UP, owner_step, owner);
	kn = owner->kn;
	return BPF_CORE_READ(kn, id) == key->id;
}

/* Whose a row is has to be known, even if no event of that cgroup passes. */
static __always_inline void owner_tell_row(struct cgroup *cgroup, const struct wire_cgroup_key *key,
					   __u32 probe)
{
	struct owner owner;

	owner_read(&owner, cgroup);
	if (key->id && owner_rise(&owner, key))
		(void)owner_tell(&owner, probe);
}
