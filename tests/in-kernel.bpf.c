// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the probes are made of, each part to be called by itself: for tests/test-kernel-*.c, which
 * run these programs with bpf(2). */
#include "tcp_queue.bpf.c"

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
