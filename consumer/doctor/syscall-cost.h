/* SPDX-License-Identifier: Apache-2.0 */
/* What a system call takes at this moment on this machine, measured in a child. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum cost_kind {
	COST_PLAIN,   /* a process without a seccomp filter */
	COST_ALLOWED, /* one that has a filter, which allows the call */
	COST_DENIED,  /* and which denies it (SECCOMP_RET_ERRNO) */
	COST_KINDS,
};

/* Nanoseconds a call. */
struct cost {
	int64_t median; /* of rounds of calls */
	int64_t noise;  /* the middle half of the rounds is as far apart */
};

struct cost_sample {
	bool known;
	struct cost of[COST_KINDS];
};

/* Takes about 0.1 s. Makes up to 1,600 denials (getppid, EXDEV), which other streamers see; the
 * child is called ringside-doctor. *ret is not known where a filter cannot be installed. */
void cost_measure(struct cost_sample *ret);

/* What probes add: @with less @before, which was measured without them, as @after was. */
struct cost cost_added(const struct cost_sample *with, const struct cost_sample *before,
		       const struct cost_sample *after, enum cost_kind kind);
