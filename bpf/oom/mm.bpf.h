/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The memory of a process: its sizes, and who shares it. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/percpu.bpf.h"

/* The kernel's per-CPU parts of a counter could not be added. Under oom_lock. */
static volatile __u32 rss_inexact;

static __always_inline __s64 percpu_counter_sum(struct percpu_counter *counter)
{
	__s64 sum = 0;

	if (!percpu_add_up((__u64)BPF_CORE_READ(counter, counters), sizeof(__s32), &sum))
		rss_inexact = 1;
	return BPF_CORE_READ(counter, count) + sum;
}

/* mm->rss_stat[member] in bytes. Since 6.2 a per-CPU counter whose central count lags behind
 * by up to a batch a CPU. Global: verified once, not at every call. */
__noinline __u64 rs_rss_bytes(__u64 address, __u32 member)
{
	struct mm_struct *mm = (void *)address;
	struct mm_struct___old *old = (void *)address;
	__s64 count = 0;

	if (bpf_core_field_exists(old->rss_stat.count))
		bpf_probe_read_kernel(&count, sizeof(count),
				      (void *)__builtin_preserve_access_index(
					      &old->rss_stat.count[0].counter) +
					      member * sizeof(long));
	else
		count = percpu_counter_sum(
			(void *)__builtin_preserve_access_index(&mm->rss_stat[0]) +
			member * bpf_core_type_size(struct percpu_counter));
	return count > 0 ? pages(count) : 0;
}

enum { FILE_PAGES, ANON_PAGES, SWAP_ENTRIES, SHMEM_PAGES }; /* linux/mm_types_task.h MM_* */

static __always_inline void sizes_fill(struct wire_oom_kill *event, struct mm_struct *mm)
{
	__u64 rss, peak;

	rss_inexact = 0;
	event->file_rss_bytes = rs_rss_bytes((__u64)mm, FILE_PAGES);
	event->anon_rss_bytes = rs_rss_bytes((__u64)mm, ANON_PAGES);
	event->swap_bytes = rs_rss_bytes((__u64)mm, SWAP_ENTRIES);
	event->shmem_rss_bytes = rs_rss_bytes((__u64)mm, SHMEM_PAGES);
	rss = event->file_rss_bytes + event->anon_rss_bytes + event->shmem_rss_bytes;
	peak = pages(BPF_CORE_READ(mm, hiwater_rss));
	event->peak_rss_bytes = peak > rss ? peak : rss;
	event->total_vm_bytes = pages(BPF_CORE_READ(mm, total_vm));
	event->page_table_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
	event->flags |= WIRE_OOM_HAS_MM | (rss_inexact ? WIRE_OOM_APPROXIMATE : 0);
}

/* Threads looked at of a process: all it can have (PID_MAX_LIMIT). But the first that still has
 * memory answers, and most processes have one in front. */
#ifdef RS_LEGACY
#define THREADS_MAX 256u /* the verifier takes the square of their number in time */
#else
#define THREADS_MAX (4u << 20)
#endif

struct thread_walk {
	struct list_head *at;
	struct list_head *head;
	__u64 mm; /* of the first thread that has one */
};

LOOP_STEP thread_step(__u32 i, struct thread_walk *walk)
{
	struct list_head *at = walk->at;
	struct task_struct *thread = (void *)at - OFFSET_OF(struct task_struct, thread_node);

	if (!at || at == walk->head)
		return 1;
	walk->mm = (__u64)BPF_CORE_READ(thread, mm);
	walk->at = BPF_CORE_READ(at, next);
	return walk->mm != 0;
}

/* As process_shares_mm(): threads that are exiting, such as the leader, have none any more; all
 * others have the same. */
static __always_inline bool uses_mm(struct task_struct *task, __u64 mm)
{
	struct thread_walk walk = {.mm = (__u64)BPF_CORE_READ(task, mm)};
	struct list_head *head;

	if (walk.mm)
		return walk.mm == mm;
	head = (void *)BPF_CORE_READ(task, signal) + OFFSET_OF(struct signal_struct, thread_head);
	walk.head = head;
	walk.at = BPF_CORE_READ(head, next);
	LOOP(THREADS_MAX, thread_step, &walk);
	return walk.mm == mm;
}
