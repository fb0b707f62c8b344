/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's types, as far as we read them. Offsets come from the running kernel's BTF
 * (CO-RE), so order and size here mean nothing; names do. A name with ___suffix is another
 * release's shape of the same type. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* offsetof() on the running kernel. */
#define OFFSET_OF(type, field)                                                                     \
	__builtin_preserve_field_info(((type *)0)->field, BPF_FIELD_BYTE_OFFSET)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#pragma clang attribute pop

#include "bpf/common/kernel-cgroup.h"
#include "bpf/common/kernel-oom.h"
#include "bpf/common/kernel-path.h"
#include "bpf/common/kernel-seccomp.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct percpu_counter {
	__s64 count;
	__s32 *counters;
};

struct mm_struct {
	struct file *exe_file;
	struct percpu_counter
		rss_stat[4]; /* 6.2: "mm: convert mm's rss stats into percpu_counter" */
	unsigned long hiwater_rss;
	unsigned long total_vm;
	atomic_long_t pgtables_bytes;
};

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___old {
	struct mm_rss_stat rss_stat;
};

struct upid {
	int nr;
	void *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

struct list_head {
	struct list_head *next;
};

struct signal_struct {
	atomic_t live; /* threads that have not exited */
	struct list_head thread_head;
	struct pid *pids[4];
	unsigned int flags;
	int group_exit_code;
	short oom_score_adj;
	struct mm_struct *oom_mm; /* once a thread was marked as an OOM victim */
};

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct bpf_array {
	void *pptrs[1]; /* of a per-CPU array: the entries' per-CPU addresses */
};

struct thread_info {
	__u32 status;
};

typedef struct spinlock {
	int held; /* never by name: its first word, whatever that is called */
} spinlock_t;

struct task_io_accounting {
	__u64 syscw; /* CONFIG_TASK_XACCT: writes that have ended */
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[1]; /* by number, from signal 1 on */
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int ptrace;
	struct mm_struct *mm;
	int exit_state;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *parent; /* the tracer, if there is one */
	struct task_struct *group_leader;
	struct list_head thread_node;
	__u64 self_exec_id; /* counts execs; inherited by fork */
	unsigned int flags;
	__u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	struct sigpending pending;
	struct seccomp seccomp;
	spinlock_t alloc_lock;
	struct task_io_accounting ioac;
	struct css_set *cgroups;
};

struct kernel_siginfo {
	int si_signo;
	int si_errno;
	int si_code;
};

#ifdef __TARGET_ARCH_x86
struct pt_regs {
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long bp;
	unsigned long bx;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
};

struct fred_frame { /* only in kernels with CONFIG_X86_FRED (6.9) */
	struct pt_regs regs;
};
#endif

#ifdef __TARGET_ARCH_arm64
struct pt_regs {
	__u64 regs[31];
	__u64 pc;
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
};
#endif

#pragma clang attribute pop
