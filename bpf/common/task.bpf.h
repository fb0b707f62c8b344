/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who: a task's process and cgroup. Read with bpf_probe_read_kernel(), because raw tracepoints
 * give plain numbers. A pointer loaded straight from a BTF-typed task would cost start-up time:
 * for each such load the verifier searches all of the kernel's types by name
 * (btf_nested_type_is_trusted()), about a millisecond. */
#pragma once

#include "bpf/common/kernel.h"
#include "bpf/wire/wire.h"

/* The thread group's id in its own pid namespace, and how deep that is. */
static __always_inline __u32 task_vpid(struct task_struct *task, __u32 *ret_level)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
	struct upid upid = {};
	__u32 level = 0;

	*ret_level = 0;
	if (!pid)
		return WIRE_ABSENT;
	level = BPF_CORE_READ(pid, level);
	*ret_level = level;
	if (bpf_core_read(&upid.nr, sizeof(upid.nr),
			  (void *)&pid->numbers[0] + level * bpf_core_type_size(struct upid)))
		return WIRE_ABSENT;
	return upid.nr;
}

/* All but the executable. */
static __always_inline void task_fill(struct wire_process *process, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u32 level;

	process->pid = BPF_CORE_READ(task, tgid);
	process->tid = BPF_CORE_READ(task, pid);
	process->ppid = BPF_CORE_READ(task, real_parent, tgid);
	process->vpid = task_vpid(task, &level);
	process->uid = BPF_CORE_READ(task, cred, uid.val);
	process->gid = BPF_CORE_READ(task, cred, gid.val);
	process->start_boottime = BPF_CORE_READ(leader, start_boottime);
	bpf_core_read_str(process->comm, sizeof(process->comm), &task->comm);
	bpf_core_read_str(process->leader_comm, sizeof(process->leader_comm), &leader->comm);
	process->exe_id = 0;
	process->exe.offset = process->exe.size = process->exe.count = process->exe.flags = 0;
}

/* The cgroup that accounts the task's memory: with v1 the memory hierarchy's, with v2 the one
 * the task is in (subsys[] would name the nearest ancestor with the controller enabled). */
static __always_inline struct cgroup *task_cgroup(struct task_struct *task)
{
	int memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;
	struct cgroup *dfl = BPF_CORE_READ(set, dfl_cgrp), *cgroup;

	bpf_core_read(&css, sizeof(css), (void *)&set->subsys[0] + memory * sizeof(css));
	if (!css)
		return dfl;
	cgroup = BPF_CORE_READ(css, cgroup);
	if (!cgroup || BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(dfl, root))
		return dfl;
	return cgroup;
}

static __always_inline void cgroup_fill(struct wire_cgroup *wire, struct cgroup *cgroup)
{
	wire->id = BPF_CORE_READ(cgroup, kn, id);
	wire->hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	wire->pad = 0;
	wire->path.offset = wire->path.size = wire->path.count = wire->path.flags = 0;
}
