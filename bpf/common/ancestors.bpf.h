/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a cgroup to those above it. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"

/* Kernfs id of the ancestor of @cgroup at @level. */
static __always_inline __u64 ancestor_id(struct cgroup *cgroup, __u32 level)
{
	struct cgroup___old *ids = (void *)cgroup;
	struct cgroup *ancestor = NULL;
	__u64 id = 0;

	if (bpf_core_field_exists(ids->ancestor_ids)) {
		(void)bpf_probe_read_kernel(&id, sizeof(id),
					    (void *)cgroup +
						    OFFSET_OF(struct cgroup___old, ancestor_ids) +
						    level * sizeof(id));
		return id;
	}
	(void)bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
				    (void *)cgroup + OFFSET_OF(struct cgroup, ancestors) +
					    level * sizeof(ancestor));
	return BPF_CORE_READ(ancestor, kn, id);
}

/* 0: beyond the root. */
static __always_inline __u64 cgroup_parent(__u64 address)
{
	struct cgroup *cgroup = (struct cgroup *)address;
	struct cgroup_subsys_state *parent = address ? BPF_CORE_READ(cgroup, self.parent) : NULL;

	return parent ? (__u64)parent - OFFSET_OF(struct cgroup, self) : 0;
}

struct share_up {
	__u64 address;
	__u32 levels;
	__u32 pad;
};

LOOP_STEP up_step(__u32 i, struct share_up *up)
{
	if (i >= up->levels)
		return 1;
	up->address = cgroup_parent(up->address);
	return 0;
}

/* Cgroups may be nested deeper than this: then it is not known which one it was. */
#define SHARE_UP 32u

#define CSS_ONLINE (1u << 1) /* include/linux/cgroup-defs.h */

static __always_inline bool is_online(__u64 address)
{
	struct cgroup *cgroup = (struct cgroup *)address;

	return BPF_CORE_READ(cgroup, self.flags) & CSS_ONLINE;
}

LOOP_STEP online_step(__u32 i, struct share_up *up)
{
	if (!up->address || is_online(up->address))
		return 1;
	up->address = cgroup_parent(up->address);
	return 0;
}

/* A socket may outlive its cgroup: nobody hears any more that this one is gone, so that a share or
 * a row made for it now would stay. The nearest of @address and its ancestors that is there still;
 * 0: more levels than are gone through. */
OWN_FRAME __u64 nearest_online(__u64 address)
{
	struct share_up up = {.address = address};

	if (is_online(address))
		return address;
	LOOP(SHARE_UP, online_step, &up);
	return is_online(up.address) ? up.address : 0;
}
