/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who, as task.bpf.h, of the current task alone: its pointers are of known type, so plain loads do,
 * where bpf_probe_read_kernel() takes 20 to 50 ns each. */
#pragma once

#include "bpf/common/task.bpf.h"
#include "bpf/common/variant.bpf.h"

#ifdef RS_LEGACY

static __always_inline struct cgroup *current_cgroup(struct task_struct *task)
{
	return task_cgroup(task);
}

static __always_inline void current_fill(struct wire_process *process, struct task_struct *task)
{
	task_fill(process, task);
}

#else

/* As task_cgroup(). Only for loads: what else is done with a cgroup takes a number for it. */
static __always_inline struct cgroup *current_cgroup(struct task_struct *task)
{
	const int memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct css_set *set = loadable_task(task)->cgroups;
	struct cgroup *dfl = set->dfl_cgrp, *cgroup;
	struct cgroup_subsys_state *css;

	css = *(struct cgroup_subsys_state **)((void *)&set->subsys[0] + memory * sizeof(css));
	if (!css)
		return dfl;
	cgroup = css->cgroup;
	return cgroup && cgroup->root != dfl->root ? cgroup : dfl;
}

/* As task_vpid(). */
static __always_inline __u32 current_vpid(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct pid *pid = signal->pids[PIDTYPE_TGID];
	__u32 level = pid->level, nr;

	if (!pid)
		return WIRE_ABSENT;
	if (!level)
		return pid->numbers[0].nr;
	/* A pointer of known type takes no offset that is not known, too: it is read as a number.
	 */
	if (bpf_core_read(&pid, sizeof(pid), &signal->pids[PIDTYPE_TGID]) ||
	    bpf_core_read(&nr, sizeof(nr),
			  (void *)&pid->numbers[0] + level * bpf_core_type_size(struct upid)))
		return WIRE_ABSENT;
	return nr;
}

static __always_inline void comm_fill(char *to, struct task_struct *task)
{
	const __u64 *from = (const __u64 *)&task->comm;

	((__u64 *)to)[0] = from[0];
	((__u64 *)to)[1] = from[1];
	to[WIRE_COMM_SIZE - 1] = 0; /* it may just be being changed */
}

/* As task_fill(). */
static __always_inline void current_fill(struct wire_process *process, struct task_struct *task)
{
	struct task_struct *loadable = loadable_task(task);
	struct task_struct *leader = loadable->group_leader;
	const struct cred *cred = loadable->cred;

	process->pid = task->tgid;
	process->tid = task->pid;
	process->ppid = loadable->real_parent->tgid;
	process->uid = cred->uid.val;
	process->gid = cred->gid.val;
	process->start_boottime = leader->start_boottime;
	comm_fill(process->comm, task);
	comm_fill(process->leader_comm, leader);
	process->exe_id = 0;
	process->exe.offset = process->exe.size = process->exe.count = process->exe.flags = 0;
	process->vpid = current_vpid(loadable);
}

#endif
