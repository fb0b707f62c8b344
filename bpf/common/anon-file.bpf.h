/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an open file stands for, where that is no file. */
#pragma once

#include "bpf/common/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	unsigned long s_magic;
};

struct dentry___held {
	struct qstr d_name;
	struct super_block *d_sb;
};

struct path___held {
	struct dentry___held *dentry;
};

struct file___held {
	struct path___held f_path;
	void *private_data;
};

#pragma clang attribute pop

/* linux/magic.h: of file systems that no user can mount, nor make files in. */
#define ANON_INODE_FS_MAGIC 0x09041934
#define SOCKFS_MAGIC 0x534f434b

static __always_inline unsigned long file_magic(struct file___held *file)
{
	return BPF_CORE_READ(file, f_path.dentry, d_sb, s_magic);
}
