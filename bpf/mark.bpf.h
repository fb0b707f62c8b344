/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What earlier programs have learnt of the call a thread is in. In the task itself, so that
 * neither execve by a thread nor a reused id can mix it up. */
#pragma once

#include "kernel.h"

struct mark {
	__u32 action; /* MARK_ACTION: by audit_seccomp() */
	__u32 data;   /* MARK_SIGNAL: SECCOMP_RET_DATA, from the SIGSYS */
	__u32 flags;
	__u32 nr;
	__s64 verdict; /* MARK_VERDICT: rs_evaluate()'s on call @nr, whatever its arguments */
	__u32 arch;
	__u32 logged;  /* MARK_AWAITS: if refused, the kernel logs it */
	__u64 filter;  /* in force when the thread was last seen: for the verdict, or between calls
			*/
	__u64 exec_id; /* self_exec_id whose executable was last submitted */
	__u64 told;    /* when */
};

#define MARK_ACTION 1u
#define MARK_SIGNAL 2u
#define MARK_KILLED 4u
#define MARK_ENTERED 8u
#define MARK_VERDICT 16u
#define MARK_AWAITS 32u /* @action is TRACE or USER_NOTIF: the outcome is not known yet */

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} rs_marks SEC(".maps");

static __always_inline struct mark *mark_get(struct task_struct *task)
{
	return bpf_task_storage_get(&rs_marks, task, NULL, 0);
}

static __always_inline struct mark *mark_make(struct task_struct *task)
{
	return bpf_task_storage_get(&rs_marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}
