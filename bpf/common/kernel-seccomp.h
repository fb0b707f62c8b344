/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of kernel.h: seccomp filters. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_prog {
	struct sock_fprog_kern *orig_prog;
};

struct sock_fprog_kern {
	__u16 len;
	struct sock_filter *filter;
};

/* 5.11: "seccomp/cache: Add emulator to check if filter is constant allow" */
struct action_cache {
	unsigned long allow_native[8];
	unsigned long allow_compat[8];
};

struct seccomp_filter {
	bool log;
	struct action_cache cache;
	struct seccomp_filter *prev;
	struct bpf_prog *prog;
	struct notification *notif;
};

struct seccomp {
	int mode;
	atomic_t filter_count;
	struct seccomp_filter *filter;
};

#pragma clang attribute pop
