/* SPDX-License-Identifier: Apache-2.0 */
/* Not inlined: the instruction has one address, and it is stored before the call, because a
 * killed caller cannot tell afterwards. */
#include "call.h"

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

__attribute__((noinline)) long call_i386(struct call *call)
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
