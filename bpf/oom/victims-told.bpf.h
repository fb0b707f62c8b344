/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Each victim is told once. */
#pragma once

#include "bpf/common/common.bpf.h"
#include "bpf/common/variant.bpf.h"
#include "bpf/common/victims.bpf.h"

#include <linux/errno.h>

/* The SIGKILL the kernel sent last on a CPU. It comes before the mark, with the victim's
 * task_lock held: no other task runs in between. */
struct sent {
	__u32 tid; /* sender */
	__u32 tgid;
	__u32 delivered; /* it was not dying before */
	__u32 marked;    /* it had been marked before */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sent);
} rs_sent SEC(".maps");

static __always_inline struct sent *sent_note(struct task_struct *task, struct task_struct *target,
					      int result)
{
	__u32 zero = 0;
	struct sent *sent = bpf_map_lookup_elem(&rs_sent, &zero);

	if (!sent)
		return NULL;
	sent->tid = TASK_READ(task, pid);
	sent->tgid = BPF_CORE_READ(target, tgid);
	sent->delivered = !result; /* TRACE_SIGNAL_DELIVERED */
	sent->marked = BPF_CORE_READ(target, signal, oom_mm) != NULL;
	return sent;
}

/* The signal that @tid has just sent to @victim, or NULL. */
static __always_inline const struct sent *sent_to(struct task_struct *victim, __u32 tid)
{
	__u32 zero = 0;
	const struct sent *sent = bpf_map_lookup_elem(&rs_sent, &zero);

	if (!sent || sent->tid != tid || sent->tgid != (__u32)BPF_CORE_READ(victim, tgid))
		return NULL;
	return sent;
}

static volatile __u64 victims; /* in there */

enum told { TOLD_NOT, TOLD_BEFORE, TOLD_UNKNOWN };

/* @sent: the SIGKILL right before, or NULL. */
static __always_inline enum told was_told(struct task_struct *victim, const struct sent *sent,
					  __u64 now)
{
	struct victim_key key;
	int r;

	if (sent && sent->marked)
		return TOLD_BEFORE;
	victim_key(&key, victim);
	/* As int: up to 6.3 the kernel calls the map's own function, which returns one, and so
	 * -EEXIST comes as 0xffffffef. */
	r = (int)bpf_map_update_elem(&rs_victims, &key, &now, BPF_NOEXIST);
	if (!r) {
		ADD(victims, 1);
		return TOLD_NOT;
	}
	if (r == -EEXIST)
		return TOLD_BEFORE;
	/* No place: one that this signal kills cannot have been told. */
	return sent && sent->delivered ? TOLD_NOT : TOLD_UNKNOWN;
}

/* Before the last thread of a process gives up its memory, or right after. */
SEC("?raw_tp/sched_process_exit")
int BPF_PROG(rs_oom_exit, struct task_struct *task)
{
	struct victim_key key;

	if (!victims || BPF_CORE_READ(task, signal, live.counter))
		return 0;
	victim_key(&key, task);
	if (!bpf_map_delete_elem(&rs_victims, &key))
		ADD(victims, -1);
	return 0;
}
