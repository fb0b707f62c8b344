/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What registers and call numbers mean; no other file knows. Each architecture has a file with
 *
 *   ARCH_NATIVE, ARCH_COMPAT   AUDIT_ARCH_* of its calls and of those of 32-bit programs
 *   is_compat()                the task is in one of the latter
 *   call_nr(), call_args(), call_arg0(), call_ip()
 *                              of the task's call, as seccomp sees them, from entry to exit
 *   call_result()              what the caller gets; before there is a result, see the file
 *   call_rolled_back()         a TRAP's mark: the result register is as it was at the entry
 *   errno_may_be_argument()    a result that looks like -errno may be rolled back: ask the filter
 *   nr_may_exist()             false for numbers no kernel has
 *   strict_allows()            kernel/seccomp.c mode1_syscalls: read, write, exit, sigreturn
 *   installs_filter()          seccomp(2) and prctl(PR_SET_SECCOMP)
 *   returns_from_signal()      sigreturn and rt_sigreturn
 *   passes_siginfo()           rt_sigqueueinfo, rt_tgsigqueueinfo and pidfd_send_signal
 *   vsyscall_nr(), vsyscall_is_made(), vsyscall_returns(), called_by_vsyscall()
 *                              calls by the vsyscall page; where there is none, none
 *   fn_arg1(), fn_arg3(), fn_result()
 *                              of a function of the kernel, at a kprobe or kretprobe */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"

#include <linux/elf-em.h> /* audit.h needs it */

#include <linux/audit.h>

#define NR_UNKNOWN 1024u
#define PR_SET_SECCOMP 22

#if defined(__TARGET_ARCH_x86)
#include "bpf/common/arch-x86.h"
#elif defined(__TARGET_ARCH_arm64)
#include "bpf/common/arch-arm64.h"
#else
#error "no arch-*.h for this architecture"
#endif

static __always_inline __u32 call_arch(struct task_struct *task)
{
	return is_compat(task) ? ARCH_COMPAT : ARCH_NATIVE;
}
