/* SPDX-License-Identifier: Apache-2.0 */
/* What can be known of a machine and a tier before the real programs are loaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "streamer/kernel/tiers.h"

#define TRIAL_NO_BTF                                                                               \
	"this kernel does not carry its BTF (/sys/kernel/btf/vmlinux is missing: "                 \
	"CONFIG_DEBUG_INFO_BTF is off)"

struct btf;
struct types;

/* Whether programs may be loaded here, and their maps be locked in memory. Returns 0 or -errno with
 * a sentence in @error that says what is missing and what to do. */
int trial_privileges(char *error, size_t size);

/* Whether the kernel has what PROGRAMS_MODERN takes. */
bool trial_is_modern(void);

/* The kernel's types as far as @wanted, the programs' own BTF, names them. Sets *ret, to be freed
 * with types_free(). Returns 0 or -errno with a sentence in @error. */
int trial_machine(const char *btf_path, const struct btf *wanted, struct types **ret, char *error,
		  size_t size);

/* 0 if nothing speaks against the tier; else -errno with the reason in @error. */
int trial_tier(const struct types *types, const struct tier *tier, char *error, size_t size);

/* Whether the kernel lets an iterator be loaded of this kind: "bpf_map_elem". */
bool trial_iterator(const struct types *types, const char *kind);

/* Whether a program is of the shape this kernel's function has. */
bool trial_program_fits(const struct types *types, const char *program);
