/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The types of kernel.h, as the kernel's own headers have them: for a kernel that does not carry
 * its BTF. Compiled on the user's machine (--build runtime), for the types alone. A variable of
 * each, or compilers would leave out what only pointers point to. */
#if defined(CONFIG_RANDSTRUCT) || defined(CONFIG_GCC_PLUGIN_RANDSTRUCT)
#error "this kernel's structures are laid out at random (CONFIG_RANDSTRUCT): headers do not tell how"
#endif

#include <linux/bpf.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kernfs.h>
#include <linux/memcontrol.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/oom.h>
#include <linux/page_counter.h>
#include <linux/path.h>
#include <linux/percpu_counter.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/tcp.h>
#include <linux/thread_info.h>
#include <linux/version.h>

#include <asm/ptrace.h>
#include <net/sock.h>
#include <trace/events/oom.h>

/* What no header tells: these are private to a .c file. Up to the last member that is read. */

/* kernel/seccomp.c. 5.11: "seccomp/cache: Add emulator to check if filter is constant allow" */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0) && defined(SECCOMP_ARCH_NATIVE)
struct action_cache {
	DECLARE_BITMAP(allow_native, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	DECLARE_BITMAP(allow_compat, SECCOMP_ARCH_COMPAT_NR);
#endif
};
#endif

struct seccomp_filter {
	refcount_t refs;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 9, 0)
	refcount_t users; /* "seccomp: notify about unused filter" */
#endif
	bool log;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 19, 0)
	bool wait_killable_recv;
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0) && defined(SECCOMP_ARCH_NATIVE)
	struct action_cache cache;
#endif
	struct seccomp_filter *prev;
	struct bpf_prog *prog;
	struct notification *notif;
};

/* fs/mount.h */
struct mount {
	struct hlist_node mnt_hash;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

#define STRUCT(name) struct name rs_##name
#define ENUM(name) enum name rs_enum_##name

STRUCT(bpf_array);
STRUCT(bpf_iter_meta);
STRUCT(bpf_prog);
STRUCT(cgroup);
STRUCT(cgroup_root);
STRUCT(cgroup_subsys_state);
STRUCT(cred);
STRUCT(css_set);
STRUCT(dentry);
STRUCT(file);
STRUCT(fs_struct);
STRUCT(inode);
STRUCT(k_sigaction);
STRUCT(kernel_siginfo);
STRUCT(kernfs_node);
STRUCT(list_head);
STRUCT(mem_cgroup);
STRUCT(mm_struct);
STRUCT(mount);
STRUCT(oom_control);
STRUCT(page_counter);
STRUCT(path);
STRUCT(percpu_counter);
STRUCT(pglist_data);
STRUCT(pid);
STRUCT(pt_regs);
STRUCT(qstr);
STRUCT(seccomp);
STRUCT(seccomp_filter);
STRUCT(sigaction);
STRUCT(sighand_struct);
STRUCT(signal_struct);
STRUCT(sigpending);
STRUCT(sock);
STRUCT(sock_cgroup_data);
STRUCT(sock_common);
STRUCT(sock_fprog_kern);
STRUCT(socket);
STRUCT(super_block);
STRUCT(spinlock);
STRUCT(task_io_accounting);
STRUCT(task_struct);
STRUCT(tcp_sock);
STRUCT(thread_info);
STRUCT(upid);
STRUCT(vfsmount);
STRUCT(zone);
STRUCT(zonelist);
STRUCT(zoneref);
ENUM(cgroup_subsys_id);
ENUM(memcg_memory_event);
ENUM(oom_constraint);
ENUM(pid_type);

/* Whether the tracepoint carries the task or a pid, in the shape the kernel's BTF has it. */
typedef __typeof__(&__traceiter_mark_victim) btf_trace_mark_victim;
btf_trace_mark_victim rs_mark_victim;

/* Where the registers of user space end, from the start of a task's stack. */
#ifndef TOP_OF_KERNEL_STACK_PADDING
#define TOP_OF_KERNEL_STACK_PADDING 0
#endif
enum rs_stack {
	RS_STACK_TOP = THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING,
};
ENUM(rs_stack);
