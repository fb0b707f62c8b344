/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a task's seccomp filters again, as kernel/seccomp.c seccomp_run_filters() does. The
 * verdict is a pure function of the call's number, architecture, address and arguments, so
 * this gives exactly what the kernel decided. Needs the filters in their classic form, which
 * the kernel keeps with CONFIG_CHECKPOINT_RESTORE. About 20 ns an instruction: only for the
 * denials that registers leave open. */
#pragma once

#include "kernel.h"
#include "variant.bpf.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#define FILTER_CHAIN_MAX 64u    /* filters looked at for a listener */
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

static __always_inline __u32 filter_alu(__u32 code, __u32 a, __u32 b)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : 0;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	default: /* BPF_NEG */
		return -a;
	}
}

static __always_inline bool filter_jumps(__u32 code, __u32 a, __u32 b)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default: /* BPF_JSET */
		return a & b;
	}
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

struct listener_search {
	struct seccomp_filter *filter;
	bool found;
};

LOOP_STEP listener_step(__u32 i, struct listener_search *search)
{
	struct seccomp_filter *filter = search->filter;

	if (!filter)
		return 1;
	if (BPF_CORE_READ(filter, notif)) {
		search->found = true;
		return 1;
	}
	search->filter = BPF_CORE_READ(filter, prev);
	return 0;
}

/* Whether a supervisor (SECCOMP_FILTER_FLAG_NEW_LISTENER) can have answered a call. A chain
 * too long to tell counts as one that can. */
static __always_inline bool filter_has_listener(struct seccomp_filter *filter)
{
	struct listener_search search = {.filter = filter};

	LOOP(FILTER_CHAIN_MAX, listener_step, &search);
	return search.found || search.filter;
}

/* Numbers below this one, of which a bitmap of @bytes says whether their calls are always allowed.
 * Not those of its last word: seccomp_cache_prepare_bitmap() fills whole words and then clears what
 * filters do not allow, up to NR_syscalls, which nothing tells. From there on each bit says
 * "allowed" and means nothing: the kernel runs the filters for them. */
#define CACHE_KNOWS(bytes) (8 * ((bytes) - sizeof(__u64)))

/* Whether the kernel allows call number @nr without running a filter. False where it may do so, but
 * that is not known. */
static __always_inline bool filter_allows_outright(struct seccomp_filter *filter, __u32 nr,
						   bool compat)
{
	const void *map;
	__u64 word = 0;
	__u32 bytes;

	if (!bpf_core_field_exists(filter->cache) || !filter)
		return false;
	if (!compat) {
		map = &filter->cache.allow_native;
		bytes = bpf_core_field_size(filter->cache.allow_native);
	} else if (bpf_core_field_exists(filter->cache.allow_compat)) {
		map = &filter->cache.allow_compat;
		bytes = bpf_core_field_size(filter->cache.allow_compat);
	} else {
		return false; /* CONFIG_COMPAT=n */
	}
	if (nr >= CACHE_KNOWS(bytes) ||
	    bpf_probe_read_kernel(&word, sizeof(word), map + nr / 64 * 8))
		return false;
	return word >> (nr & 63) & 1;
}
