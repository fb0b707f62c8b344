/* SPDX-License-Identifier: Apache-2.0 */
/* What a system call takes at this moment on this machine, measured in a child. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum syscall_cost_kind {
	SYSCALL_COST_PLAIN,   /* a process without a seccomp filter */
	SYSCALL_COST_ALLOWED, /* one that has a filter, which allows the call */
	SYSCALL_COST_DENIED,  /* and which denies it (SECCOMP_RET_ERRNO) */
	SYSCALL_COST_KINDS,
};

/* Nanoseconds a call. */
struct syscall_cost {
	int64_t median; /* of rounds of calls */
	int64_t noise;  /* the middle half of the rounds is as far apart */
};

struct syscall_cost_sample {
	bool known;
	struct syscall_cost of[SYSCALL_COST_KINDS];
};

/* Takes about 0.1 s. Makes up to 1,600 denials (getppid, EXDEV) whose first argument is @number, by
 * which streamers know them as ours (ringside-streamer --doctor=mark). *ret is not known where a
 * filter cannot be installed. */
void syscall_cost_measure(uint64_t number, struct syscall_cost_sample *ret);

/* What probes add: @with less @before, which was measured without them, as @after was. */
struct syscall_cost syscall_cost_added(const struct syscall_cost_sample *with,
				       const struct syscall_cost_sample *before,
				       const struct syscall_cost_sample *after,
				       enum syscall_cost_kind kind);
