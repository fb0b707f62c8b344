/* SPDX-License-Identifier: Apache-2.0 */
/* For kernel*.c only. */
#pragma once

#include "kernel.h"
#include "programs.h"
#include "tiers.h"
#include "types.h"

struct kernel {
	struct kernel_config config;
	struct kernel_probe probes[WIRE_PROBE_COUNT];
	const struct tier *tiers[WIRE_PROBE_COUNT]; /* chosen, or NULL */
	struct types *types;
	enum programs_variant variant;
	struct programs *programs;
	const struct wire_cpu *cpus;
	size_t cpus_bytes;
	unsigned n_cpus;
	bool detached; /* and then, as they were at that moment: */
	int missed_error[WIRE_PROBE_COUNT];
	uint64_t missed[WIRE_PROBE_COUNT];
};

/* Sets the constants and the sizes of kernel->programs, which are not loaded yet. */
int kernel_configure(struct kernel *kernel);
