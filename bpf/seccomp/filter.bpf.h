/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a task's seccomp filters again, as kernel/seccomp.c seccomp_run_filters() does. The
 * verdict is a pure function of the call's number, architecture, address and arguments, so
 * this gives exactly what the kernel decided. Needs the filters in their classic form, which
 * the kernel keeps with CONFIG_CHECKPOINT_RESTORE. About 20 ns an instruction: only for the
 * denials that registers leave open. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"
#include "bpf/seccomp/filter-alu.bpf.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#define FILTER_STEPS_MAX 32768u /* kernel/seccomp.c MAX_INSNS_PER_PATH */

/* A zero the verifier takes for unknown. Known values would differ from round to round of the
 * interpreter's loop, and it would follow every combination of them. */
volatile __u32 rs_zero __weak = 0;

struct filter_run {
	struct sock_filter *insns;
	struct seccomp_filter *filter; /* the next */
	struct seccomp_filter *current;
	struct seccomp_filter *match; /* the one that decided, NULL: all allow */
	__u32 data[16];               /* struct seccomp_data, as the filter loads it: words */
	__u32 mem[BPF_MEMWORDS];
	__u32 a;
	__u32 x;
	__u32 pc;
	__u32 len;
	__u32 verdict;
	__u32 failed;
	__u32 looked; /* at which offsets, or-ed: 8 and above is the address and the arguments */
};

/* Makes the next filter of the chain current. Returns false at the chain's end. */
static __always_inline bool filter_next(struct filter_run *run)
{
	struct seccomp_filter *filter = run->filter;
	struct sock_fprog_kern *orig;

	if (!filter)
		return false;
	orig = BPF_CORE_READ(filter, prog, orig_prog);
	if (!orig) {
		run->failed = 1;
		return false;
	}
	run->insns = BPF_CORE_READ(orig, filter);
	run->len = BPF_CORE_READ(orig, len);
	run->current = filter;
	run->filter = BPF_CORE_READ(filter, prev);
	run->a = run->x = run->pc = rs_zero;
	return true;
}

/* One filter has returned. The most restrictive action wins, the newest filter at a tie;
 * kernel/seccomp.c ACTION_ONLY() compares signed. */
static __always_inline long filter_returned(struct filter_run *run, __u32 verdict)
{
	__s32 action = verdict & SECCOMP_RET_ACTION_FULL;

	if (action < (__s32)(run->verdict & SECCOMP_RET_ACTION_FULL)) {
		run->verdict = verdict;
		run->match = run->current;
	}
	return filter_next(run) ? 0 : 1;
}

/* One instruction. The opcodes are those seccomp_check_filter() admits. */
LOOP_STEP filter_step(__u64 step, struct filter_run *run)
{
	struct sock_filter insn = {};
	__u32 operand, from_x;

	if (run->pc >= run->len ||
	    bpf_probe_read_kernel(&insn, sizeof(insn), run->insns + run->pc)) {
		run->failed = 1;
		return 1;
	}
	run->pc++;
	/* Without a branch: where rounds are verified one by one, each doubles the ways through. */
	from_x = -((__u32)BPF_SRC(insn.code) >> 3); /* BPF_X is 8 */
	barrier_var(from_x);
	operand = (run->x & from_x) | (insn.k & ~from_x);
	switch (BPF_CLASS(insn.code)) {
	case BPF_LD:
		if (BPF_MODE(insn.code) == BPF_ABS) {
			run->a = run->data[(insn.k >> 2) & 15];
			run->looked |= insn.k;
		} else if (BPF_MODE(insn.code) == BPF_MEM)
			run->a = run->mem[insn.k & (BPF_MEMWORDS - 1)];
		else if (BPF_MODE(insn.code) == BPF_LEN)
			run->a = sizeof(run->data);
		else
			run->a = insn.k;
		break;
	case BPF_LDX:
		if (BPF_MODE(insn.code) == BPF_MEM)
			run->x = run->mem[insn.k & (BPF_MEMWORDS - 1)];
		else if (BPF_MODE(insn.code) == BPF_LEN)
			run->x = sizeof(run->data);
		else
			run->x = insn.k;
		break;
	case BPF_ST:
		run->mem[insn.k & (BPF_MEMWORDS - 1)] = run->a;
		break;
	case BPF_STX:
		run->mem[insn.k & (BPF_MEMWORDS - 1)] = run->x;
		break;
	case BPF_ALU:
		run->a = filter_alu(insn.code, run->a, operand);
		break;
	case BPF_JMP:
		if (BPF_OP(insn.code) == BPF_JA)
			run->pc += insn.k;
		else
			run->pc += filter_jumps(insn.code, run->a, operand) ? insn.jt : insn.jf;
		break;
	case BPF_RET:
		return filter_returned(run, BPF_RVAL(insn.code) == BPF_A ? run->a : insn.k);
	case BPF_MISC:
		if (BPF_MISCOP(insn.code) == BPF_TAX)
			run->x = run->a;
		else
			run->a = run->x;
		break;
	}
	return 0;
}

/* @run->data is set; what remains is filter_step(), over and over. Returns false where the filters
 * cannot be had. */
static __always_inline bool filter_begin(struct filter_run *run, struct seccomp_filter *filter)
{
	run->filter = filter;
	run->verdict = SECCOMP_RET_ALLOW | rs_zero;
	run->failed = 0;
	run->looked = rs_zero;
	run->match = (void *)(__u64)rs_zero;
	for (int i = 0; i < BPF_MEMWORDS; i++)
		run->mem[i] = rs_zero;
	return filter_next(run);
}

#define FILTER_LOOKED (1ll << 32) /* the verdict depends on more than number and architecture */
#define FILTER_LOG (1ll << 33)    /* the filter that decided asks for an audit record */

/* When all filters have returned: the verdict in the low 32 bits, and FILTER_*; -1 where the
 * filters cannot be had. */
static __always_inline long filter_result(const struct filter_run *run)
{
	struct seccomp_filter *match = run->match;

	if (run->failed)
		return -1;
	return run->verdict | (run->looked >= 8 ? FILTER_LOOKED : 0) |
	       (match && BPF_CORE_READ(match, log) ? FILTER_LOG : 0);
}
