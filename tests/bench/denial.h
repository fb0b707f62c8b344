/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks of the event path share: a denial in a pod, the time, the median. */
#pragma once

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <time.h>

#include "../wire-record.h"

#define ID "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d"
#define POD                                                                                        \
	"/kubepods.slice/kubepods-burstable.slice/"                                                \
	"kubepods-burstable-pod73dc8baf_43a0_413e_aac2_5eb0868f6c1a.slice"

static inline void fill_process(struct wire_process *process)
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

static inline void fill_denial(struct wire_record *record)
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

static inline uint64_t now_nano(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Of this thread alone: others run on the machine too. */
static inline uint64_t cpu_nano(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static inline double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}
