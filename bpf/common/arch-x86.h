/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* x86-64, with the calls of i386 (int 0x80) and x32. Included by regs.bpf.h, which says what
 * each of these is. */
#define ARCH_NATIVE AUDIT_ARCH_X86_64
#define ARCH_COMPAT AUDIT_ARCH_I386

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: an int 0x80 call */
#define X32_BIT 0x40000000

static __always_inline bool is_compat(struct task_struct *task)
{
	return TASK_READ(task, thread_info.status) & TS_COMPAT;
}

static __always_inline int call_nr(const struct pt_regs *regs)
{
	return REG(regs, orig_ax);
}

static __always_inline long call_result(const struct pt_regs *regs)
{
	return REG(regs, ax);
}

static __always_inline __u64 call_ip(const struct pt_regs *regs)
{
	return REG(regs, ip);
}

static __always_inline __u64 call_arg0(const struct pt_regs *regs, bool compat)
{
	return compat ? (__u32)REG(regs, bx) : REG(regs, di);
}

static __always_inline void call_args(struct task_struct *task, const struct pt_regs *regs,
				      __u64 *args)
{
	if (is_compat(task)) {
		args[0] = (__u32)REG(regs, bx);
		args[1] = (__u32)REG(regs, cx);
		args[2] = (__u32)REG(regs, dx);
		args[3] = (__u32)REG(regs, si);
		args[4] = (__u32)REG(regs, di);
		args[5] = (__u32)REG(regs, bp);
		return;
	}
	args[0] = REG(regs, di);
	args[1] = REG(regs, si);
	args[2] = REG(regs, dx);
	args[3] = REG(regs, r10);
	args[4] = REG(regs, r8);
	args[5] = REG(regs, r9);
}

/* ax, which holds -ENOSYS while seccomp decides, is the number again. */
static __always_inline bool call_rolled_back(const struct pt_regs *regs)
{
	return REG(regs, ax) == REG(regs, orig_ax);
}

static __always_inline bool errno_may_be_argument(const struct pt_regs *regs)
{
	return false;
}

static __always_inline bool nr_may_exist(__u32 nr)
{
	return (nr & ~X32_BIT) < NR_UNKNOWN;
}

static __always_inline bool strict_allows(__u32 nr, bool compat)
{
	if (compat)
		return nr == 3 || nr == 4 || nr == 1 || nr == 119;
	return nr == 0 || nr == 1 || nr == 60 || nr == 15;
}

static __always_inline bool installs_filter(__u32 nr, bool compat, const struct pt_regs *regs)
{
	if (compat)
		return nr == 354 || (nr == 172 && call_arg0(regs, true) == PR_SET_SECCOMP);
	nr &= ~X32_BIT;
	return nr == 317 || (nr == 157 && call_arg0(regs, false) == PR_SET_SECCOMP);
}

static __always_inline bool returns_from_signal(__u32 nr, bool compat)
{
	return compat ? nr == 119 || nr == 173 : nr == 15 || nr == (513 | X32_BIT);
}

static __always_inline bool passes_siginfo(__u32 nr, bool compat)
{
	if (compat)
		return nr == 178 || nr == 335 || nr == 424;
	return nr == 129 || nr == 297 || (nr & ~X32_BIT) == 424 || nr == (524 | X32_BIT) ||
	       nr == (536 | X32_BIT);
}

#define VSYSCALL_PAGE 0xffffffffff600000ull

/* arch/x86/entry/vsyscall: the tracepoint's argument, the number of the place in the page. */
static __always_inline int vsyscall_nr(int which)
{
	return which == 0 ? 96 : which == 1 ? 201 : which == 2 ? 309 : -1;
}

/* What emulate_vsyscall() looks at before it asks seccomp: that what is to be read and written is
 * not the kernel's. Otherwise the caller gets SIGSEGV. */
static __always_inline bool vsyscall_is_made(const struct pt_regs *regs, int nr)
{
	return (long)REG(regs, sp) >= 0 && (long)REG(regs, di) >= 0 &&
	       (nr == 201 || (long)REG(regs, si) >= 0);
}

/* And it takes the return address from the stack. A call has just put it there, but a jump may
 * leave it in a page that is not in memory, or that does not exist; then it comes to SIGSEGV, too.
 */
static __always_inline bool vsyscall_returns(const struct pt_regs *regs)
{
	__u64 caller;

	return !bpf_probe_read_user(&caller, sizeof(caller), (void *)REG(regs, sp));
}

static __always_inline bool called_by_vsyscall(const struct pt_regs *regs)
{
	return (REG(regs, ip) & ~0xfffull) == VSYSCALL_PAGE;
}

static __always_inline __u64 fn_arg1(const struct pt_regs *ctx)
{
	return ctx->di;
}

static __always_inline __u64 fn_arg3(const struct pt_regs *ctx)
{
	return ctx->dx;
}

static __always_inline __u64 fn_result(const struct pt_regs *ctx)
{
	return ctx->ax;
}
