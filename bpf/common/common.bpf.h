/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every probe shares: settings, rings and sums. All emission goes through here, so that
 * seen = submitted + limited + dropped + in flight holds whatever a probe does. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/common/variant.bpf.h"
#include "bpf/wire/wire.h"

#define NSEC_PER_SEC 1000000000ull

/* Set by the streamer before loading. Weak: each .bpf.c has them, the linker keeps one. */
const volatile __u32 rs_page_shift __weak = 12;
const volatile __u32 rs_cpus __weak = 1;             /* possible CPUs */
const volatile __u32 rs_attached __weak = 0;         /* probes: 1 << WIRE_OOM_KILL */
const volatile __u32 rs_looks __weak = 0;            /* of these: have an iterator that looks */
const volatile struct wire_rate rs_rate __weak = {}; /* --rate */
const volatile struct wire_rate rs_group_rate __weak = {}; /* --container-rate */

/* First argument of the self-test's calls: their events are marked and not counted. 0: none.
 * Written while attached. A process id would not do: the streamer may live in a namespace. */
__u64 rs_selftest_cookie __weak = 0;
__u32 rs_selftest_quiet __weak = 0; /* report nothing, but take long */
__u32 rs_open __weak = 0;           /* the self-test is over */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} rs_critical __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} rs_bulk __weak SEC(".maps");

/* Mapped by the streamer, so that reading it needs no capability and no system call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_cpu);
} rs_sums __weak SEC(".maps");

static __always_inline __u64 pages(__u64 n)
{
	return n << rs_page_shift; /* bytes */
}

/* Plain increments lose counts to nesting and preemption, also per CPU: always atomic. */
#define ADD(counter, n) ((void)__sync_fetch_and_add(&(counter), n))

/* An event has happened. NULL only if the CPU is beyond the map, which is sized by all
 * possible CPUs. Programs do not migrate while they run. */
static __always_inline struct wire_sums *sums_enter(__u32 probe)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct wire_cpu *sums = bpf_map_lookup_elem(&rs_sums, &cpu);

	if (!sums || probe >= WIRE_PROBE_COUNT)
		return NULL;
	ADD(sums->probe[probe].in_flight, 1);
	ADD(sums->probe[probe].seen, 1);
	return &sums->probe[probe];
}

static __always_inline void sums_leave(struct wire_sums *sums, __u64 *outcome)
{
	ADD(*outcome, 1);
	ADD(sums->in_flight, -1);
}

/* A call whose outcome another hook has to tell, or (-1) has told. */
static __always_inline void sums_await(__u32 probe, __s64 n)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct wire_cpu *sums = bpf_map_lookup_elem(&rs_sums, &cpu);

	if (sums && probe < WIRE_PROBE_COUNT)
		ADD(sums->probe[probe].unresolved, n);
}

/* The last thing before a record is handed over: the sums as they stand now. @sums is NULL
 * for the self-test's events. head->size is the caller's. */
static __always_inline void head_fill(struct wire_head *head, __u32 probe, __u64 now,
				      const struct wire_sums *sums)
{
	head->probe = probe;
	head->flags = sums ? 0 : WIRE_SELFTEST;
	head->boottime_nano = now;
	head->seen = sums ? sums->seen : 0;
	head->limited = sums ? sums->limited : 0;
	head->dropped = sums ? sums->dropped : 0;
	head->cpu = bpf_get_smp_processor_id();
}
