/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arm64, with the calls of AArch32 programs. Included by regs.bpf.h, which says what each of
 * these is. As arch/arm64/include/asm/syscall.h reads them: the number is syscallno, which
 * tracers change, not x8; x0 is the first argument until it is the result, orig_x0 keeps it. */
#define ARCH_NATIVE AUDIT_ARCH_AARCH64
#define ARCH_COMPAT AUDIT_ARCH_ARM

#define PSR_MODE32_BIT 0x10 /* of pstate: AArch32 */

/* The kernel asks TIF_32BIT, whose number is its own affair; the processor's word is the same. */
static __always_inline bool is_compat(struct task_struct *task)
{
	return REG(task_regs(task), pstate) & PSR_MODE32_BIT;
}

static __always_inline int call_nr(const struct pt_regs *regs)
{
	return REG(regs, syscallno);
}

/* An AArch32 task's is stored as 32 bits. */
static __always_inline long call_result(const struct pt_regs *regs)
{
	return REG(regs, pstate) & PSR_MODE32_BIT ? (long)(int)REG(regs, regs[0])
						  : (long)REG(regs, regs[0]);
}

static __always_inline __u64 call_ip(const struct pt_regs *regs)
{
	return REG(regs, pc);
}

static __always_inline __u64 call_arg0(const struct pt_regs *regs, bool compat)
{
	return compat ? (__u32)REG(regs, orig_x0) : REG(regs, orig_x0);
}

static __always_inline void call_args(struct task_struct *task, const struct pt_regs *regs,
				      __u64 *args)
{
	__u64 mask = is_compat(task) ? 0xffffffff : ~0ull;

	args[0] = REG(regs, orig_x0) & mask;
	args[1] = REG(regs, regs[1]) & mask;
	args[2] = REG(regs, regs[2]) & mask;
	args[3] = REG(regs, regs[3]) & mask;
	args[4] = REG(regs, regs[4]) & mask;
	args[5] = REG(regs, regs[5]) & mask;
}

static __always_inline bool call_rolled_back(const struct pt_regs *regs)
{
	return REG(regs, regs[0]) == REG(regs, orig_x0);
}

/* close(-1) rolled back looks like EPERM. */
static __always_inline bool errno_may_be_argument(const struct pt_regs *regs)
{
	return call_rolled_back(regs);
}

static __always_inline bool nr_may_exist(__u32 nr)
{
	return nr < NR_UNKNOWN;
}

static __always_inline bool strict_allows(__u32 nr, bool compat)
{
	if (compat)
		return nr == 3 || nr == 4 || nr == 1 || nr == 173;
	return nr == 63 || nr == 64 || nr == 93 || nr == 139;
}

static __always_inline bool installs_filter(__u32 nr, bool compat, const struct pt_regs *regs)
{
	if (compat)
		return nr == 383 || (nr == 172 && call_arg0(regs, true) == PR_SET_SECCOMP);
	return nr == 277 || (nr == 167 && call_arg0(regs, false) == PR_SET_SECCOMP);
}

static __always_inline bool returns_from_signal(__u32 nr, bool compat)
{
	return compat ? nr == 119 || nr == 173 : nr == 139;
}

static __always_inline bool passes_siginfo(__u32 nr, bool compat)
{
	if (compat)
		return nr == 178 || nr == 363 || nr == 424;
	return nr == 138 || nr == 240 || nr == 424;
}

static __always_inline int vsyscall_nr(int which)
{
	return -1;
}

static __always_inline bool vsyscall_is_made(const struct pt_regs *regs, int nr)
{
	return false;
}

static __always_inline bool vsyscall_returns(const struct pt_regs *regs)
{
	return false;
}

static __always_inline bool called_by_vsyscall(const struct pt_regs *regs)
{
	return false;
}

static __always_inline __u64 fn_arg1(const struct pt_regs *ctx)
{
	return ctx->regs[0];
}

static __always_inline __u64 fn_arg3(const struct pt_regs *ctx)
{
	return ctx->regs[2];
}

static __always_inline __u64 fn_result(const struct pt_regs *ctx)
{
	return ctx->regs[0];
}
