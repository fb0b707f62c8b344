/* SPDX-License-Identifier: Apache-2.0 */
/* Not inlined: the instruction has one address, and it is stored before the call, because a
 * killed caller cannot tell afterwards. */
#include "testdata/call.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include "proto/base/util.h"

const bool call_has_x32 = false;

#define PROGRAM_BASE 0x10000u /* vm.mmap_min_addr is at most that */
#define PROGRAM_CALL 8        /* index of the instruction behind the call */

/* An AArch32 program: sets its comm, which exec has changed, and makes the call. */
struct program {
	Elf32_Ehdr header;
	Elf32_Phdr segment;
	uint32_t code[13];
	uint32_t args[6];
	uint32_t nr;
	char comm[16];
};

__attribute__((noinline)) long call_native(struct call *call)
{
	register uint64_t x0 __asm__("x0") = call->args[0];
	register uint64_t x1 __asm__("x1") = call->args[1];
	register uint64_t x2 __asm__("x2") = call->args[2];
	register uint64_t x3 __asm__("x3") = call->args[3];
	register uint64_t x4 __asm__("x4") = call->args[4];
	register uint64_t x5 __asm__("x5") = call->args[5];
	register uint64_t x8 __asm__("x8") = (uint64_t)call->nr;

	__asm__ volatile("adr x9, 1f\n\t"
			 "str x9, %[ip]\n\t"
			 "svc #0\n"
			 "1:"
			 : "+r"(x0), [ip] "=m"(call->ip)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
			 : "x9", "memory");
	return (long)x0;
}

static struct program program_of(const struct call *call)
{
	struct program p = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
				       EV_CURRENT},
			   .e_type = ET_EXEC,
			   .e_machine = EM_ARM,
			   .e_version = EV_CURRENT,
			   .e_entry = PROGRAM_BASE + offsetof(struct program, code),
			   .e_phoff = offsetof(struct program, segment),
			   .e_flags = EF_ARM_EABI_VER5,
			   .e_ehsize = sizeof(Elf32_Ehdr),
			   .e_phentsize = sizeof(Elf32_Phdr),
			   .e_phnum = 1},
		.segment = {.p_type = PT_LOAD,
			    .p_vaddr = PROGRAM_BASE,
			    .p_filesz = sizeof(p),
			    .p_memsz = sizeof(p),
			    .p_flags = PF_R | PF_X,
			    .p_align = 0x10000},
		.code =
			{
				0xe3a070ac, /* mov r7, #172: prctl */
				0xe3a0000f, /* mov r0, #15: PR_SET_NAME */
				0xe28f1040, /* adr r1, comm */
				0xef000000, /* svc #0 */
				0xe28f601c, /* adr r6, args */
				0xe896003f, /* ldm r6, {r0-r5} */
				0xe5967018, /* ldr r7, [r6, #24]: nr */
				0xef000000, /* svc #0 */
				0xe3700012, /* cmn r0, #18: EXDEV */
				0x03a00000, /* moveq r0, #0 */
				0x13a00001, /* movne r0, #1 */
				0xe3a07001, /* mov r7, #1: exit */
				0xef000000, /* svc #0 */
			},
		.nr = (uint32_t)call->nr,
	};

	for (int i = 0; i < 6; i++)
		p.args[i] = (uint32_t)call->args[i];
	(void)prctl(PR_GET_NAME, p.comm, 0, 0, 0);
	return p;
}

long call_compat(struct call *call)
{
	struct program program = program_of(call);
	char *argv[] = {"compat", NULL}, *envp[] = {NULL};
	_cleanup_close_ int fd = memfd_create("compat", MFD_CLOEXEC);

	if (fd < 0 || write(fd, &program, sizeof(program)) != sizeof(program))
		return -errno;
	call->ip = PROGRAM_BASE + offsetof(struct program, code[PROGRAM_CALL]);
	(void)fexecve(fd, argv, envp);
	return -errno;
}

bool call_has_vsyscall(void)
{
	return false;
}

long call_vsyscall(struct call *call)
{
	return -ENOSYS;
}

long call_vsyscall_from(struct call *call, uint64_t *store, const uint64_t *stack)
{
	return -ENOSYS;
}

void call_set_result(ucontext_t *context, long result)
{
	context->uc_mcontext.regs[0] = (unsigned long long)result;
}

int call_skip(pid_t pid, int error)
{
	struct user_regs_struct regs;
	int nr = -1;
	struct iovec all = {&regs, sizeof(regs)}, number = {&nr, sizeof(nr)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all))
		return -1;
	regs.regs[0] = (unsigned long long)-(error ? error : ENOSYS);
	if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all))
		return -1;
	return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number) ? -1 : 0;
}

int call_redirect(pid_t pid, long nr)
{
	int number = (int)nr;
	struct iovec all = {&number, sizeof(number)};

	return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &all) ? -1 : 0;
}

int call_emulate(pid_t pid, long result)
{
	struct user_regs_struct regs;
	struct iovec all = {&regs, sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all))
		return -1;
	regs.regs[0] = (unsigned long long)result;
	return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all) ? -1 : 0;
}
