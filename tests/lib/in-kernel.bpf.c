// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the probes are made of, each part to be called by itself: for tests/test-kernel-*.c, which
 * run these programs with bpf(2). */
#define RS_UNCAST
#include "bpf/tcp_queue.bpf.c"

#include "bpf/oom/owner-guess.bpf.h"
#include "bpf/seccomp/denial.bpf.h"

__u64 test_address = 0;
__u64 test_id = 0;
struct wire_cgroup_key test_key = {};

/* The struct cgroup that the current task's events and rows are of. */
SEC("raw_tp")
int test_find(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *cgroup = task_cgroup(current_task());

	test_address = (__u64)cgroup;
	test_id = BPF_CORE_READ(cgroup, kn, id);
	return 0;
}

SEC("raw_tp")
int test_slot(struct bpf_raw_tracepoint_args *ctx)
{
	return rs_share_slot(ctx->args[0]);
}

/* One sample of the cgroup at args[0]. */
SEC("raw_tp")
int test_sample(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sample sample = {.received = 1, .receive_buffer = 2};
	struct wire_cgroup_key key = {};
	struct wire_tcp_row *row;
	struct owner owner;

	owner_read(&owner, (struct cgroup *)ctx->args[0]);
	row = row_of(&owner, &key);
	test_key = key;
	return row ? count(&sample, &owner, RECEIVE) : -1;
}

/* Memory cgroups that are none: each below the one before, as the kernel would lay them out. */
#define LEVELS 4u

struct level {
	__u64 address; /* of memcg: read back, it is a number to the verifier */
	char memcg[8192];
	char cgroup[8192];
	char kn[1024];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LEVELS);
	__type(key, __u32);
	__type(value, struct level);
} test_levels SEC(".maps");

static __always_inline struct level *level_at(__u32 level)
{
	return bpf_map_lookup_elem(&test_levels, &level);
}

/* Makes the one at level args[0], where args[1] of args[2] pages are in use, whose limit was hit
 * args[3] times, and which is locked if args[4] says so. Above the first is none. */
SEC("raw_tp")
int test_memcg(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 at = ctx->args[0];
	struct level *level = level_at(at), *above = at ? level_at(at - 1) : NULL;
	int event = bpf_core_enum_value(enum memcg_memory_event, MEMCG_OOM);
	struct mem_cgroup *memcg;

	if (!level)
		return -1;
	memcg = (void *)level->memcg;
	level->address = (__u64)memcg;
	*(__u64 *)(level->memcg + OFFSET_OF(struct mem_cgroup, memory.usage)) = ctx->args[1];
	*(__u64 *)(level->memcg + OFFSET_OF(struct mem_cgroup, memory.max)) = ctx->args[2];
	*(__u64 *)(level->memcg + OFFSET_OF(struct mem_cgroup, memory_events_local) +
		   event * sizeof(__u64)) = ctx->args[3];
	if (bpf_core_field_exists(memcg->oom_lock))
		level->memcg[OFFSET_OF(struct mem_cgroup, oom_lock)] = ctx->args[4] != 0;
	*(__u64 *)(level->memcg + OFFSET_OF(struct mem_cgroup, css.cgroup)) = (__u64)level->cgroup;
	*(__u64 *)(level->memcg + OFFSET_OF(struct mem_cgroup, css.parent)) =
		above ? (__u64)above->memcg + OFFSET_OF(struct mem_cgroup, css) : 0;
	*(__u64 *)(level->cgroup + OFFSET_OF(struct cgroup, kn)) = (__u64)level->kn;
	*(__u64 *)(level->kn + OFFSET_OF(struct kernfs_node, id)) = at + 1;
	return bpf_core_field_exists(memcg->oom_lock);
}

/* Whose limit it was, of a victim in the last of them: its level, or -1. */
SEC("raw_tp")
int test_guess(struct bpf_raw_tracepoint_args *ctx)
{
	struct level *last = level_at(LEVELS - 1);
	__u64 guessed = last ? rs_oom_guess(last->address) : 0;

	for (__u32 i = 0; guessed && i < LEVELS; i++) {
		struct level *level = level_at(i);

		if (level && level->address == guessed)
			return i;
	}
	return guessed ? -2 : -1;
}

/* A denial of the current task's at boottime args[0]; returns 1 if it is in the ring. */
SEC("raw_tp")
int test_submit(struct bpf_raw_tracepoint_args *ctx)
{
	struct denial denial = {.now = ctx->args[0]};
	struct task_struct *task = current_task();
	struct wire_cgroup_key group;
	struct wire_share *share;
	struct wire_sums *sums;
	struct owner owner;
	__u32 slot;

	owner_read(&owner, task_cgroup(task));
	group = owner.key;
	denial.key.cgroup_id = group.id;
	denial.key.hierarchy = group.hierarchy;
	share = share_of(task_cgroup(task), &group, &slot);
	sums = sums_enter(WIRE_SECCOMP_DENIAL);
	return share && sums ? submit(&denial, task, NULL, &group, slot, sums) : -1;
}
