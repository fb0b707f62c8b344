/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to attach each probe, best first, and what a user should know of each. */
#pragma once

#include <stdbool.h>

#include "kernel.h"

struct tier {
	enum kernel_tier tier;
	bool taxes;                            /* costs every process: only with permission */
	const char *programs[KERNEL_TEXTS];    /* BPF programs, NULL-terminated */
	const char *hooks[KERNEL_TEXTS];       /* where they go, for people; NULL-terminated */
	const char *functions[KERNEL_TEXTS];   /* kernel functions a trampoline must accept */
	const char *kprobes[KERNEL_TEXTS];     /* functions a kprobe must be possible on */
	const char *tracepoints[KERNEL_TEXTS]; /* that must exist */
	const char *blind_spots[KERNEL_TEXTS]; /* sentences; NULL-terminated */
	const char *cost;                      /* a sentence */
};

/* The tiers of a probe; ends with a row without programs. */
const struct tier *tiers_of(unsigned probe);

const char *tier_name(enum kernel_tier tier); /* "fentry" */

/* Whether @program is one of the tier's; @tier may be NULL. */
bool tiers_has(const struct tier *tier, const char *program);
