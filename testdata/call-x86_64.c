/* SPDX-License-Identifier: Apache-2.0 */
/* Not inlined: the instruction has one address, and it is stored before the call, because a
 * killed caller cannot tell afterwards. */
#include "testdata/call.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_I386_GETPID 20

const bool call_has_x32 = true;

__attribute__((noinline)) long call_native(struct call *call)
{
	register uint64_t r10 __asm__("r10") = call->args[3];
	register uint64_t r8 __asm__("r8") = call->args[4];
	register uint64_t r9 __asm__("r9") = call->args[5];
	long ret = call->nr;

	__asm__ volatile("lea 1f(%%rip), %%rcx\n\t"
			 "mov %%rcx, %[ip]\n\t"
			 "syscall\n"
			 "1:"
			 : "+a"(ret), [ip] "=m"(call->ip)
			 : "D"(call->args[0]), "S"(call->args[1]), "d"(call->args[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

__attribute__((noinline)) static long call_i386(struct call *call)
{
	/* The sixth argument travels in rbp, which may be the frame pointer; r12 outlives the
	 * call on every kernel, r8 to r11 do not. */
	register uint64_t arg5 __asm__("r12") = call->args[5];
	long ret = call->nr;

	__asm__ volatile("lea 1f(%%rip), %%r8\n\t"
			 "mov %%r8, %[ip]\n\t"
			 "xchg %%rbp, %[arg5]\n\t"
			 "int $0x80\n"
			 "1:\n\t"
			 "xchg %%rbp, %[arg5]"
			 : "+a"(ret), [ip] "=m"(call->ip), [arg5] "+r"(arg5)
			 : "b"(call->args[0]), "c"(call->args[1]), "d"(call->args[2]),
			   "S"(call->args[3]), "D"(call->args[4])
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

/* A kernel without 32-bit calls answers int $0x80 with SIGSEGV. */
static bool has_i386(void)
{
	struct call call = {.nr = NR_I386_GETPID};
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(call_i386(&call) == getpid() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

long call_compat(struct call *call)
{
	return has_i386() ? call_i386(call) : -ENOEXEC;
}

static uint64_t vsyscall_address(long nr)
{
	return 0xffffffffff600000 + (nr == SYS_gettimeofday ? 0 : nr == SYS_time ? 0x400 : 0x800);
}

/* Below the red zone of the caller, whom the compiler does not know to make a call. */
__attribute__((noinline)) long call_vsyscall(struct call *call)
{
	register uint64_t r10 __asm__("r10") = call->args[3];
	register uint64_t r8 __asm__("r8") = call->args[4];
	register uint64_t r9 __asm__("r9") = call->args[5];
	long ret;

	call->ip = vsyscall_address(call->nr);
	ret = (long)call->ip;
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "call *%%rax\n\t"
			 "lea 128(%%rsp), %%rsp"
			 : "+a"(ret)
			 : "D"(call->args[0]), "S"(call->args[1]), "d"(call->args[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

__attribute__((noinline)) long call_vsyscall_from(struct call *call, uint64_t *store,
						  const uint64_t *stack)
{
	register const uint64_t *from __asm__("r13") = stack;
	register uint64_t r10 __asm__("r10") = call->args[3];
	register uint64_t r8 __asm__("r8") = call->args[4];
	register uint64_t r9 __asm__("r9") = call->args[5];
	long ret;

	call->ip = vsyscall_address(call->nr);
	ret = (long)call->ip;
	__asm__ volatile("lea 1f(%%rip), %%rcx\n\t"
			 "mov %%rcx, (%[store])\n\t"
			 "mov %%rsp, %%r12\n\t"
			 "mov %[from], %%rsp\n\t"
			 "jmp *%%rax\n"
			 "1:\n\t"
			 "mov %%r12, %%rsp"
			 : "+a"(ret)
			 : "D"(call->args[0]), "S"(call->args[1]), "d"(call->args[2]), "r"(r10),
			   "r"(r8), "r"(r9), [store] "b"(store), [from] "r"(from)
			 : "rcx", "r11", "r12", "memory");
	return ret;
}

/* Without the page the caller gets SIGSEGV. */
bool call_has_vsyscall(void)
{
	struct call call = {.nr = SYS_time};
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(call_vsyscall(&call) > 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

void call_set_result(ucontext_t *context, long result)
{
	context->uc_mcontext.gregs[REG_RAX] = result;
}

int call_skip(pid_t pid, int error)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return -1;
	regs.orig_rax = (unsigned long long)-1;
	if (error)
		regs.rax = (unsigned long long)-error;
	return ptrace(PTRACE_SETREGS, pid, 0, &regs) ? -1 : 0;
}

int call_redirect(pid_t pid, long nr)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return -1;
	regs.orig_rax = (unsigned long long)nr;
	return ptrace(PTRACE_SETREGS, pid, 0, &regs) ? -1 : 0;
}

int call_emulate(pid_t pid, long result)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return -1;
	regs.rax = (unsigned long long)result;
	return ptrace(PTRACE_SETREGS, pid, 0, &regs) ? -1 : 0;
}
