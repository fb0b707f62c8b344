/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Each probe is compiled twice: for kernels since 5.17, and with RS_LEGACY for those before, which
 * have no bpf_loop(), no task storage, no pointers of known type and no global functions that
 * take pointers. What differs is named here, so that the probes need not know which they are. The
 * legacy variant makes do with kprobes, raw tracepoints and plain reads of kernel memory. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/wire/wire-cast.h"

#ifdef RS_LEGACY

/* A function that is called more than once. Before 5.12 ("bpf: Support pointers in global func
 * args") the verifier would have to follow each call anyway. */
#define SUBPROGRAM static __always_inline
#define SHARED_SUBPROGRAM static __always_inline
#define OWN_FRAME static __always_inline

/* What was there before; @value is there now, if that was @old. Atomic operations that return
 * something came with 5.12: another program on this CPU may come in between here. */
#define EXCHANGE(at, old, value) (*(at) == (old) ? (*(at) = (value), (old)) : *(at))

/* Members of the current task, of its registers, and of what they point to: LOAD(task, mm, owner).
 */
#define TASK_READ(task, member) BPF_CORE_READ(task, member)
#define LOAD(from, ...) BPF_CORE_READ(from, __VA_ARGS__)
#define REG(regs, name) BPF_CORE_READ((struct pt_regs *)(regs), name)

/* Calls step(i, context) up to n times, until it returns non-zero. */
#define LOOP_STEP static __always_inline long
#define LOOP(n, step, context)                                                                     \
	do {                                                                                       \
		_Pragma("clang loop unroll(disable)") for (__u32 i_ = 0; i_ < (n); i_++)           \
		{                                                                                  \
			if (step(i_, context))                                                     \
				break;                                                             \
		}                                                                                  \
	} while (0)

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

#ifdef RS_RUNTIME
/* Compiled on the machine itself: types.c knows. */
enum rs_stack {
	RS_STACK_TOP,
};
#define STACK_TOP bpf_core_enum_value(enum rs_stack, RS_STACK_TOP)
#else
/* x86-64 and arm64 with pages of 4 KiB. Kernels built for KASAN have twice that: the self-test
 * notices. With FRED (x86, 6.9) two words above are left free. */
#ifdef __TARGET_ARCH_x86
#define STACK_TOP (16384 - (bpf_core_type_exists(struct fred_frame) ? 16 : 0))
#else
#define STACK_TOP 16384
#endif
#endif

/* The registers of user space lie at the top of the task's stack. bpf_task_pt_regs() is 5.15. */
static __always_inline struct pt_regs *task_regs(struct task_struct *task)
{
	return (void *)BPF_CORE_READ(task, stack) + STACK_TOP - bpf_core_type_size(struct pt_regs);
}

#else

#define SUBPROGRAM __noinline
#define SHARED_SUBPROGRAM __weak __noinline /* of more than one .bpf.c: the linker keeps one */
/* The stacks of all functions that call each other have 512 bytes together: what only one branch
 * needs is not to be on that of the others. */
#define OWN_FRAME static __noinline

#define EXCHANGE(at, old, value) __sync_val_compare_and_swap(at, old, value)

#define TASK_READ(task, member) ((task)->member)
#define LOAD(from, ...) ___arrow(from, __VA_ARGS__)
#define REG(regs, name) ((regs)->name)

#define LOOP_STEP static long
#define LOOP(n, step, context) ((void)bpf_loop(n, step, context, 0))

static __always_inline struct task_struct *current_task(void)
{
	return bpf_get_current_task_btf();
}

/* @task, the current one, where pointers are loaded from it. From a trusted one the verifier
 * searches all of the kernel's types by name, up to four times, for each that it comes by
 * (btf_nested_type_is_trusted(), since 6.4): a millisecond of start-up each. From one that was cast
 * it does not ask what it may be trusted with. The cast itself is no instruction. No ksym: where
 * the kernel has none of that name libbpf looks in the modules' types, which needs CAP_SYS_ADMIN.
 */
static __always_inline struct task_struct *loadable_task(struct task_struct *task)
{
#ifdef RS_UNCAST /* not loaded by programs_open() */
	return task;
#else
	return ((void *(*)(const void *, __u32))WIRE_CAST)(task, WIRE_CAST);
#endif
}

static __always_inline struct pt_regs *task_regs(struct task_struct *task)
{
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

#endif
