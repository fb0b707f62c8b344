/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which executable a task runs, as a number. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"

static __always_inline __u64 exe_mix(__u64 hash, __u64 more)
{
	hash = (hash ^ more) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Of all that its path is made of, as names_exe() walks it: equal only where the paths are. The
 * addresses may come again within seconds, but not with the same inode and name (the name's hash is
 * salted with the parent's address). 0: it has none. */
OWN_FRAME __u64 exe_id(struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct file *file = mm ? BPF_CORE_READ(mm, exe_file) : NULL;
	struct dentry *dentry = file ? BPF_CORE_READ(file, f_path.dentry) : NULL;
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	__u64 id;

	if (!dentry)
		return 0;
	id = exe_mix((__u64)dentry, BPF_CORE_READ(dentry, d_inode, i_ino));
	id = exe_mix(id, BPF_CORE_READ(dentry, d_name.hash_len));
	id = exe_mix(id, (__u64)BPF_CORE_READ(file, f_path.mnt));
	id = exe_mix(id, (__u64)BPF_CORE_READ(fs, root.dentry));
	id = exe_mix(id, (__u64)BPF_CORE_READ(fs, root.mnt));
	return id ? id : 1;
}
