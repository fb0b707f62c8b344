/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/denial.h"

void fill_process(struct wire_process *process)
{
	*process = (struct wire_process){
		.pid = 31234,
		.tid = 31240,
		.ppid = 31200,
		.vpid = 12,
		.uid = 1000,
		.gid = 1000,
		.start_boottime = 123456789012345,
		.comm = "nginx",
		.leader_comm = "nginx",
	};
}

void fill_denial(struct wire_record *record)
{
	struct wire_seccomp_denial *denial = &record->denial;

	record_init(record, WIRE_SECCOMP_DENIAL);
	fill_process(&denial->process);
	denial->cgroup = (struct wire_cgroup){.id = 123456, .hierarchy = 0};
	denial->key = (struct wire_denial_key){
		.cgroup_id = 123456,
		.arch = AUDIT_ARCH_X86_64,
		.nr = 250,
		.action = SECCOMP_RET_ERRNO,
		.error = 1,
	};
	denial->ip = 0x7f0123456789;
	for (unsigned i = 0; i < 6; i++)
		denial->args[i] = i & 1 ? 0x7ffd12345678 + i : i;
	denial->ret_data = 1;
	denial->filters = 1;
	denial->flags = WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_ERRNO | WIRE_SECCOMP_HAS_DATA |
			WIRE_SECCOMP_HAS_CALL | WIRE_SECCOMP_KNOWS_LOG;
}
