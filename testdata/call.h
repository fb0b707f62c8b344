/* SPDX-License-Identifier: Apache-2.0 */
/* A system call made with all six argument registers set, so that what a filter, a tracer or a
 * probe sees is known exactly. libc's wrappers leave the unused registers to chance. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <ucontext.h>

#if defined(__x86_64__)
#define CALL_ARCH AUDIT_ARCH_X86_64
#define CALL_ARCH_NAME "x86_64"
#define CALL_COMPAT_ARCH AUDIT_ARCH_I386
#define CALL_COMPAT_ARCH_NAME "i386"
#elif defined(__aarch64__)
#define CALL_ARCH AUDIT_ARCH_AARCH64
#define CALL_ARCH_NAME "aarch64"
#define CALL_COMPAT_ARCH AUDIT_ARCH_ARM
#define CALL_COMPAT_ARCH_NAME "arm"
#endif

struct call {
	long nr;
	uint64_t args[6];
	uint64_t ip; /* set before the call: the address behind the instruction */
};

/* Returns what the kernel left in the result register: -errno on failure. */
long call_native(struct call *call);

extern const bool call_has_x32;

/* The call as a 32-bit program makes it: that architecture's number, arguments of 32 bits. Where
 * that takes another program, the process becomes it, and exits with 0 if the call fails with
 * EXDEV. Returns as call_native() does, or -ENOEXEC where the kernel has no such calls. */
long call_compat(struct call *call);

/* Whether the vsyscall page is there, and calls in it are made for the caller. To be asked before
 * there is a filter. */
bool call_has_vsyscall(void);
/* gettimeofday, time or getcpu as a program of the time before the vDSO calls it: a jump to a fixed
 * address. Seccomp sees that address as the instruction pointer. */
long call_vsyscall(struct call *call);
/* The same by a jump that takes the return address from @stack, which is written through @store. */
long call_vsyscall_from(struct call *call, uint64_t *store, const uint64_t *stack);

/* In a signal handler: what the call it interrupted is to return. */
void call_set_result(ucontext_t *context, long result);

/* The call that the traced process @pid is stopped at is not to be made, and fails with @error. 0
 * stands for ENOSYS: on x86 that is what a tracer gets who leaves the result alone, elsewhere he
 * has to set it, or the first argument is the result. Returns 0 or -1 with errno. */
int call_skip(pid_t pid, int error);
/* It becomes the call @nr, with the same arguments. Returns 0 or -1 with errno. */
int call_redirect(pid_t pid, long nr);
/* Not made any more, under PTRACE_SYSEMU, it returns @result. Returns 0 or -1 with errno. */
int call_emulate(pid_t pid, long result);
