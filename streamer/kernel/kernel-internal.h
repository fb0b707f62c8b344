/* SPDX-License-Identifier: Apache-2.0 */
/* For kernel*.c only. */
#pragma once

#include "streamer/compile/runtime.h"
#include "streamer/compile/types.h"
#include "streamer/kernel/kernel.h"
#include "streamer/kernel/programs.h"
#include "streamer/kernel/tiers.h"
#include "streamer/tables/bpf-objects.h"

#define SHARES_BYTES ((WIRE_SHARE_SLOTS * sizeof(struct wire_share) + 4095u) & ~(size_t)4095u)

struct kernel {
	struct kernel_config config;
	struct kernel_probe probes[WIRE_PROBE_COUNT];
	const struct tier *tiers[WIRE_PROBE_COUNT]; /* chosen, or NULL */
	struct types *types;
	struct runtime *runtime; /* while programs are loaded that were compiled here, or NULL */
	bool compiled;           /* that they were */
	enum programs_variant variant;
	const char *without_modern; /* why not PROGRAMS_MODERN: a sentence */
	bool iterates;              /* the programs' tables are read through iterators */
	uint32_t looks;             /* bit mask of probes whose look this kernel gives */
	struct programs *programs;
	uint64_t map_bytes, ring_bytes; /* as the kernel tells, once all is attached */
	const struct wire_cpu *cpus;
	size_t cpus_bytes;
	unsigned n_cpus;
	struct wire_share *shares;   /* WIRE_SHARE_SLOTS; the programs' own */
	struct bpf_objects *objects; /* of the machine, or NULL */
	int actions_fd;              /* the sysctl actions_logged, or negative */
	int stats_fd;                /* keeps BPF statistics on, or -1 */
	bool detached;               /* and then, as they were at that moment: */
	int missed_error[WIRE_PROBE_COUNT];
	uint64_t missed[WIRE_PROBE_COUNT];
	uint64_t missed_in_trial[WIRE_PROBE_COUNT]; /* made by the trial, nobody's denials */
};

/* The link of a program, or -1: it is not attached, or NULL. */
int kernel_link(const struct kernel *kernel, const char *program);

/* Sets map_bytes and ring_bytes: what tells them may be out of reach later on. */
void kernel_measure(struct kernel *kernel);

/* Sets kernel->objects. 0 or -ENOMEM. */
int kernel_make_objects(struct kernel *kernel);

/* Of a row, of all CPUs. */
size_t kernel_row_bytes(const struct kernel *kernel, const struct tiers_table *table);

/* Once they are loaded: the rows that have to be there from the start. */
int kernel_make_rows(const struct kernel *kernel);

/* Makes what is mapped of the programs' tables. 0 or -errno. */
int kernel_map_tables(struct kernel *kernel);

/* How the probe @id is attached, for people: by its chosen tier. */
void kernel_describe_probe(struct kernel *kernel, unsigned id);

/* What comes before choosing or adopting, and what comes behind. 0, or -errno, mostly with a
 * sentence in @error. */
int kernel_begin(struct kernel *kernel, const struct kernel_config *config, char *error,
		 size_t size);
int kernel_enable_stats(struct kernel *kernel, char *error, size_t size);
int kernel_list_objects(struct kernel *kernel);

/* Bit mask of the probes that are chosen to be attached. */
uint32_t kernel_attached_mask(const struct kernel *kernel);

/* Gives each map that forgets what was used least room for what every CPU keeps of it. */
void kernel_widen_lrus(const struct programs *programs, unsigned n_cpus);

/* Sets the constants and the sizes of kernel->programs, which are not loaded yet. */
int kernel_configure(struct kernel *kernel);

/* Privileges, the programs' variant, and the kernel's types as far as they need them; compiles,
 * where that is asked for or all that is left. 0 or -errno with a sentence in @error. */
int kernel_look_at_machine(struct kernel *kernel, char *error, size_t size);

/* Opens the programs that fit this machine. @btf_path as of programs_open(). */
int kernel_open_programs(const struct kernel *kernel, struct programs **ret, const char *btf_path);

/* Loads the programs of the chosen tiers, and puts them on their hooks. On failure the probe at
 * fault is in *ret_guilty, or WIRE_PROBE_COUNT where it is none's fault, and a sentence in @error.
 */
int kernel_load(struct kernel *kernel, unsigned *ret_guilty, char *error, size_t size);
int kernel_attach(struct kernel *kernel, unsigned *ret_guilty, char *error, size_t size);
