/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Paths, packed into the tail of a record: elements from the innermost out, each with a NUL.
 * Read at the time of the event: a moment later the cgroup or the process may be gone. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"
#include "bpf/wire/wire.h"

/* Room for paths behind the fixed part of a record. Every element is read with room for
 * WIRE_NAME_SIZE bytes, so an area is full when less than that is left. */
#define NAMES_SMALL 1024u
#define NAMES_LARGE (2u * WIRE_PATH_DEPTH * WIRE_NAME_SIZE + WIRE_NAME_SIZE)

/* A record with a tail. head->size is where the next name goes. It and the counts are kept in
 * the record and read back each time: the verifier takes what comes from there for unknown,
 * and so sees all rounds of a loop as one. */
struct names {
	volatile struct wire_head *head;
	__u32 limit; /* head->size beyond this: full */
};

static __always_inline bool names_full(const struct names *names)
{
	return names->head->size > names->limit;
}

/* Returns false when the area is full or the name cannot be read. */
static __always_inline bool names_push(const struct names *names, const void *name)
{
	__u32 at = names->head->size;
	long n;

	if (at > names->limit)
		return false;
	n = bpf_probe_read_kernel_str((char *)names->head + at, WIRE_NAME_SIZE, name);
	if (n <= 0)
		return false;
	names->head->size = at + (__u32)n;
	return true;
}

static __always_inline void names_begin(const struct names *names, volatile struct wire_names *path)
{
	path->offset = names->head->size;
	path->count = 0;
	path->flags = 0;
}

static __always_inline void names_end(const struct names *names, volatile struct wire_names *path)
{
	path->size = names->head->size - path->offset;
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(kn->__parent))
		return BPF_CORE_READ(kn, __parent);
	return BPF_CORE_READ((struct kernfs_node___old *)kn, parent);
}

struct cgroup_walk {
	struct names names;
	volatile struct wire_names *path;
	struct kernfs_node *kn;
	__u32 limit; /* elements of this part */
};

/* One element outwards; a bpf_loop() callback, as are all our loops where there is one: up to 6.1
 * check_cfg() refuses a loop whose last instruction is a helper call, and compilers make such. */
LOOP_STEP cgroup_step(__u32 i, struct cgroup_walk *walk)
{
	struct kernfs_node *kn = walk->kn, *parent = kernfs_parent(kn);

	if (!parent) /* the root has no name */
		return 1;
	if (i == walk->limit)
		return 1;
	if (!names_push(&walk->names, BPF_CORE_READ(kn, name))) {
		walk->path->flags = WIRE_NAMES_CUT;
		return 1;
	}
	walk->path->count++;
	walk->kn = parent;
	return 0;
}

#define PATH_OUTER (WIRE_PATH_DEPTH - WIRE_PATH_INNER)

/* How many levels may be stepped over where that is the only way: what it costs is the caller's
 * time, and on kernels without bpf_loop() the verifier's as well. */
#ifdef RS_LEGACY
#define SKIP_MAX 512u
#else
#define SKIP_MAX 4096u
#endif

struct skip_walk {
	struct kernfs_node *kn;
	__u32 n;
};

LOOP_STEP skip_step(__u32 i, struct skip_walk *walk)
{
	if (i >= walk->n || !walk->kn)
		return 1;
	walk->kn = kernfs_parent(walk->kn);
	return 0;
}

/* The ancestor that is PATH_OUTER levels below the root; @kn is @n levels below it. NULL: too far.
 */
static __always_inline struct kernfs_node *names_outer(struct cgroup *cgroup,
						       struct kernfs_node *kn, __u32 n)
{
	struct skip_walk walk = {.kn = kn, .n = n};

	if (bpf_core_field_exists(cgroup->ancestors)) {
		struct cgroup *outer = NULL;

		bpf_core_read(&outer, sizeof(outer),
			      (void *)&cgroup->ancestors + PATH_OUTER * sizeof(outer));
		return outer ? BPF_CORE_READ(outer, kn) : NULL;
	}
	if (n > SKIP_MAX)
		return NULL;
	LOOP(SKIP_MAX, skip_step, &walk);
	return walk.kn;
}

/* Whoever makes cgroups below his own makes the path longer at its inner end. What tells whose it
 * is stands at the outer one, so of a path that is too long the middle is left out. */
static __always_inline void names_cgroup(const struct names *names, struct kernfs_node *kn,
					 volatile struct wire_names *path)
{
	struct cgroup *cgroup = BPF_CORE_READ(kn, priv);
	__u32 level = BPF_CORE_READ(cgroup, level);
	bool deep = level > WIRE_PATH_DEPTH;
	struct cgroup_walk walk = {
		.names = *names,
		.path = path,
		.kn = kn,
		.limit = deep ? WIRE_PATH_INNER : WIRE_PATH_DEPTH,
	};

	names_begin(names, path);
	LOOP(WIRE_PATH_DEPTH + 1, cgroup_step, &walk);
	if (deep && !path->flags) {
		path->flags = WIRE_NAMES_CUT;
		walk.kn = names_outer(cgroup, walk.kn, level - WIRE_PATH_DEPTH);
		walk.limit = PATH_OUTER;
		if (walk.kn) {
			path->flags = WIRE_NAMES_MIDDLE;
			LOOP(PATH_OUTER + 1, cgroup_step, &walk);
		}
	}
	names_end(names, path);
	if (!path->count)
		path->count = WIRE_NAMES_ROOT;
}

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (void *)mnt - OFFSET_OF(struct mount, mnt);
}

#define EXE_STEPS (2 * WIRE_PATH_DEPTH + 1) /* elements and mounts; the last is one too many */

struct exe_walk {
	struct names names;
	volatile struct wire_names *path;
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct dentry *root;
	struct vfsmount *root_mnt;
};

/* One element outwards; a bpf_loop() callback. Reads go into few variables: the stacks of a
 * program and all it calls have 512 bytes together. */
LOOP_STEP exe_step(__u32 i, struct exe_walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct vfsmount *mnt = walk->mnt;
	struct mount *mount = mount_of(mnt);
	const void *at = NULL;

	if (!dentry || !mnt || (dentry == walk->root && mnt == walk->root_mnt))
		return 1;
	if (i == EXE_STEPS - 1) /* whatever this one is, the outermost is not reached */
		walk->path->flags = WIRE_NAMES_CUT;
	bpf_core_read(&at, sizeof(at), &mnt->mnt_root);
	if (at == dentry) {
		bpf_core_read(&at, sizeof(at), &mount->mnt_parent);
		if (at == mount)
			return 1;
		walk->mnt = (void *)at + OFFSET_OF(struct mount, mnt);
		bpf_core_read(&at, sizeof(at), &mount->mnt_mountpoint);
		walk->dentry = (void *)at;
		return 0;
	}
	bpf_core_read(&at, sizeof(at), &dentry->d_name.name);
	if (walk->path->count >= WIRE_PATH_DEPTH || !names_push(&walk->names, at)) {
		walk->path->flags = WIRE_NAMES_CUT;
		return 1;
	}
	walk->path->count++;
	bpf_core_read(&at, sizeof(at), &dentry->d_parent);
	if (at == dentry) /* a memfd: nowhere */
		return 1;
	walk->dentry = (void *)at;
	return 0;
}

/* The path of the executable as the process's own root sees it, across mounts, as d_path()
 * walks it. Nothing where there is none (kernel threads). */
static __always_inline void names_exe(const struct names *names, struct fs_struct *fs,
				      struct mm_struct *mm, volatile struct wire_names *path)
{
	struct file *file = mm ? BPF_CORE_READ(mm, exe_file) : NULL;
	struct exe_walk walk = {
		.names = *names,
		.path = path,
		.root = BPF_CORE_READ(fs, root.dentry),
		.root_mnt = BPF_CORE_READ(fs, root.mnt),
	};

	names_begin(names, path);
	if (file) {
		walk.dentry = BPF_CORE_READ(file, f_path.dentry);
		walk.mnt = BPF_CORE_READ(file, f_path.mnt);
		LOOP(EXE_STEPS, exe_step, &walk);
	}
	names_end(names, path);
}
