/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the streamer's own seccomp filter refuses the streamer: counted apart from what containers
 * are refused, because it says that the streamer was changed or tries what it never does. */
#pragma once

#include "bpf/common/common.bpf.h"

/* Process id of the streamer in the first pid namespace; 0 as long as it is not known. */
__u32 rs_self = 0;

/* By number of the call; the last is all others. */
__u64 rs_own_refused[WIRE_OWN_CALLS];

/* @task is a child that the streamer forked for its self-test: only here, and not in a namespace of
 * its own, does it learn its number. */
static __always_inline void own_learn(struct task_struct *task)
{
	if (!rs_self)
		rs_self = BPF_CORE_READ(task, real_parent, tgid);
}

static __always_inline bool own_count(__u32 nr)
{
	if (!rs_self || bpf_get_current_pid_tgid() >> 32 != rs_self)
		return false;
	if (nr >= WIRE_OWN_CALLS)
		nr = WIRE_OWN_CALLS - 1;
	ADD(rs_own_refused[nr], 1);
	return true;
}
