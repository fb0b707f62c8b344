/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's per-CPU numbers, added up over all CPUs. */
#pragma once

#include "bpf/common/common.bpf.h"

/* The kernel's per-CPU offsets are not for BPF programs to read, and kallsyms, which could
 * tell where they are, may be hidden or lack data symbols. A per-CPU map of our own gives them
 * away: where an entry lies on a CPU, less its per-CPU address. The words are numbers kept in
 * map memory: as pointers the verifier would not let them be subtracted. */
struct percpu_probe {
	__u64 map;   /* the map's own address */
	__u64 entry; /* its entry's on a CPU */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} rs_percpu __weak SEC(".maps");

/* Each .bpf.c has its own, and uses it in one task at a time. */
static volatile struct percpu_probe percpu_probe;

/* The per-CPU address of rs_percpu's entry, or 0. */
static __always_inline __u64 percpu_base(void)
{
	__u64 base = 0;

	percpu_probe.map = (__u64)&rs_percpu;
	bpf_probe_read_kernel(&base, sizeof(base),
			      (void *)percpu_probe.map + OFFSET_OF(struct bpf_array, pptrs));
	return base;
}

struct percpu_sum {
	__u64 at; /* a per-CPU address */
	__u64 base;
	__s64 sum;
	__u32 size; /* of the numbers: 4, else 8 */
	bool failed;
};

/* Signed. */
static __always_inline long percpu_read(__s64 *ret, __u32 size, __u64 address)
{
	__s32 half = 0;
	long r;

	if (size != sizeof(half))
		return bpf_probe_read_kernel(ret, sizeof(*ret), (void *)address);
	r = bpf_probe_read_kernel(&half, sizeof(half), (void *)address);
	*ret = half;
	return r;
}

LOOP_STEP percpu_step(__u32 cpu, struct percpu_sum *sum)
{
	void *entry;
	__u32 zero = 0;
	__s64 n = 0;

	entry = bpf_map_lookup_percpu_elem(&rs_percpu, &zero, cpu);
	if (!entry) {
		sum->failed = true;
		return 1;
	}
	percpu_probe.entry = (__u64)entry;
	if (percpu_read(&n, sum->size, sum->at + percpu_probe.entry - sum->base)) {
		sum->failed = true;
		return 1;
	}
	sum->sum += n;
	return 0;
}

/* Returns false where the kernel does not let them be read: before 5.19 ("bpf: add
 * bpf_map_lookup_percpu_elem for percpu map"). */
static __always_inline bool percpu_add_up(__u64 at, __u32 size, __s64 *ret)
{
	struct percpu_sum sum = {.at = at, .size = size};

	*ret = 0;
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_map_lookup_percpu_elem))
		return false;
	sum.base = percpu_base();
	if (!sum.at || !sum.base)
		return false;
	LOOP(rs_cpus, percpu_step, &sum);
	*ret = sum.sum;
	return !sum.failed;
}
