/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h and ring.h over memory: for unit tests of what stands above them. */
#pragma once

#include <stdbool.h>

#include "bpf/wire/wire.h"
#include "streamer/kernel/kernel-adopt.h"
#include "streamer/kernel/kernel.h"

#define FAKE_CPUS 8u
#define FAKE_CGROUP 1u
#define FAKE_GONE 64
#define FAKE_MAP_BYTES 12345
#define FAKE_RING_BYTES 100000
#define FAKE_RING_RECORDS 65536u
#define FAKE_ROWS 65536u

struct fake_ring {
	int fd; /* an eventfd: readable while there is something in the ring */
	size_t head;
	size_t tail;
	struct wire_head **records;
};

struct fake_row {
	union {
		struct wire_denial_key denial;
		struct wire_oom_key kill;
		struct wire_cgroup_key cgroup;
	} key;
	union {
		struct wire_row row;
		struct wire_tcp_row *tcp; /* FAKE_CPUS of them; the test's */
	};
};

struct kernel {
	struct kernel_config config;
	struct kernel_probe probes[WIRE_PROBE_COUNT];
	struct wire_cpu cpus[FAKE_CPUS];
	struct fake_ring critical;
	struct fake_ring bulk;
	struct fake_row *rows[WIRE_PROBE_COUNT];
	size_t n_rows[WIRE_PROBE_COUNT];
	int64_t missed[WIRE_PROBE_COUNT]; /* -1: this kernel does not count them */
	unsigned walks;                   /* calls of kernel_rows */
	unsigned looks;                   /* calls of kernel_look */
	int look_error;                   /* what it returns */
	uint64_t epoch;                   /* that has ended last */
	struct wire_gone gone[FAKE_GONE]; /* removed cgroups nobody has asked about */
	size_t n_gone;
	uint64_t gone_missed;
	struct wire_gone dead[FAKE_GONE]; /* that are no more */
	size_t n_dead;
	uint32_t has_children;     /* slot of the one that has; 0: none */
	unsigned groups_forgotten; /* calls of kernel_forget_group that went well */
	unsigned forgotten;        /* calls of kernel_forget_paths */
	uint64_t own_refused[WIRE_OWN_CALLS];
	bool detached;
	bool kept; /* kernel_keep() was called */
};

/* Returns one with all probes attached that has seen nothing. The rings take as many records as
 * FAKE_RING_RECORDS. */
struct kernel *fake_kernel_new(void);
unsigned fake_attached(const struct kernel *kernel); /* how many probes */

/* Returns the sums of a probe on a CPU. */
struct wire_sums *fake_sums(struct kernel *kernel, unsigned probe, unsigned cpu);

/* Lets an event of @probe happen on @cpu: it is counted and put into its ring, with a path so long
 * that the record has about @size bytes. */
void fake_submit(struct kernel *kernel, unsigned probe, unsigned cpu, uint64_t boottime,
		 size_t size);

/* Puts the path of FAKE_CGROUP, of a row of TCP queues, into the ring. */
void fake_path(struct kernel *kernel, const char *path);

/* Lets an event happen that finds the ring full. */
void fake_drop(struct kernel *kernel, unsigned probe, unsigned cpu);

/* Lets a denial happen that the limits hold back, with its row. */
void fake_limit(struct kernel *kernel, unsigned cpu, int syscall, uint64_t boottime);

/* Returns the row of a denial of this system call; new ones are added. */
struct fake_row *fake_row(struct kernel *kernel, int syscall);

/* Returns how many records are left in a ring. */
size_t fake_left(const struct fake_ring *ring);
