/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/privileges/syscall-filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <sys/ioctl.h>

#include "proto/base/util.h"

/* Whatever their arguments are. No process, thread or socket can be made, no file's mode or owner
 * changed by name, nothing mounted, traced or loaded. Names that an architecture does not have are
 * those of others. */
static const char *const allowed[] = {
	/* rings, sums, rows, output */
	"read",
	"pread64",
	"write",
	"writev", /* libc's last words, too */
	"sendto",
	"recvfrom",
	"close",
	"lseek",
	"fadvise64",
	"fcntl",
	"ftruncate",
	"fdatasync",
	"fsync",
	/* the folder of recordings, within what Landlock and the user leave */
	"openat",
	"unlinkat",
	"fstat",
	"newfstatat",
	"fstatfs",
	"fchown",
	"flock",
	"getdents64",
	"readlinkat", /* the kubelet's links */
	/* sleeping, and what ends it */
	"epoll_wait",
	"epoll_pwait",
	"epoll_ctl",
	"poll",
	"ppoll",
	"timerfd_settime",
	"nanosleep",
	"clock_nanosleep",
	"restart_syscall",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigaltstack",
	/* where the vDSO has no clock */
	"clock_gettime",
	"gettimeofday",
	/* memory, and what libc asks itself */
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"futex",
	/* what a thread does before its own function: with EPERM for rseq libc aborts */
	"rseq",
	"set_robust_list",
	"getrandom",
	"getrusage",
	"sysinfo",
	"getpid",
	"geteuid",
	"gettid",
	"sched_yield",
	"sched_getaffinity", /* libc counts the CPUs when a thread first wants memory */
	"membarrier",
	"exit",
	"exit_group",
};

static const char *const deadly[] = {"execve", "execveat", "ptrace"};

/* Only with this argument, all but the masked bits of which are free. */
static const struct {
	const char *name;
	unsigned arg;
	uint64_t mask, value;
} limited[] = {
	{"bpf", 0, UINT32_MAX, BPF_ITER_CREATE},
	{"bpf", 0, UINT32_MAX, BPF_OBJ_GET_INFO_BY_FD},
	{"bpf", 0, UINT32_MAX, BPF_MAP_LOOKUP_BATCH},
	{"bpf", 0, UINT32_MAX, BPF_MAP_LOOKUP_AND_DELETE_ELEM},
	{"bpf", 0, UINT32_MAX, BPF_MAP_DELETE_ELEM},
	/* nothing that can be run */
	{"mmap", 2, PROT_EXEC, 0},
	{"mprotect", 2, PROT_EXEC, 0},
	/* taking kprobes off; and what stdio asks */
	{"ioctl", 1, UINT32_MAX, PERF_EVENT_IOC_DISABLE},
	{"ioctl", 1, UINT32_MAX, TCGETS},
};

/* libseccomp takes the numbers of the architecture it was built for, and leaves a rule out where
 * there is no such call. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned n,
		    const struct scmp_arg_cmp *arg)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr == __NR_SCMP_ERROR ? -EINVAL : seccomp_rule_add_array(filter, action, nr, n, arg);
}

static int add_limited(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(limited) && !r; i++) {
		const struct scmp_arg_cmp arg = SCMP_CMP(limited[i].arg, SCMP_CMP_MASKED_EQ,
							 limited[i].mask, limited[i].value);

		r = add_rule(filter, SCMP_ACT_ALLOW, limited[i].name, 1, &arg);
	}
	return r;
}

static int add_deadly(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp load = SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, BPF_PROG_LOAD);
	int r = add_rule(filter, SCMP_ACT_KILL_PROCESS, "bpf", 1, &load);

	for (size_t i = 0; i < ARRAY_SIZE(deadly) && !r; i++)
		r = add_rule(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0, NULL);
	return r;
}

/* abort() signals the thread itself; nobody else is to be signalled. */
static int add_abort(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self =
		SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)getpid());

	return add_rule(filter, SCMP_ACT_ALLOW, "tgkill", 1, &self);
}

static int set_up(scmp_filter_ctx filter, uint32_t arch)
{
	int r = 0;

	if (arch != seccomp_arch_native()) {
		r = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
		if (!r)
			r = seccomp_arch_add(filter, arch);
	}
	if (!r)
		r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!r)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!r) /* a tree: some comparisons a call instead of some fifty */
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < ARRAY_SIZE(allowed) && !r; i++)
		r = add_rule(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	if (!r)
		r = add_limited(filter);
	if (!r)
		r = add_deadly(filter);
	return r ? r : add_abort(filter);
}

int syscall_filter_make(scmp_filter_ctx *ret, uint32_t arch)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = filter ? set_up(filter, arch) : -ENOMEM;

	if (r < 0) {
		seccomp_release(filter);
		return r;
	}
	*ret = filter;
	return 0;
}

int syscall_filter_install(void)
{
	scmp_filter_ctx filter;
	int r = syscall_filter_make(&filter, seccomp_arch_native());

	if (r)
		return r;
	r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}
