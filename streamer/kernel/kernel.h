/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF side as the streamer sees it: chosen, loaded, attached and self-tested, with its
 * rings, sums and counters. Library code: returns errors, never logs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire/wire.h"
#include "streamer/tables/rows.h"

struct kernel;

/* The numbers of Tier in ringside.proto. */
enum kernel_tier {
	KERNEL_TIER_NONE = 0, /* of attach: choose; of a probe: not attached */
	KERNEL_TIER_FENTRY = 1,
	KERNEL_TIER_KPROBE = 2,
	KERNEL_TIER_TRACEPOINT = 3,
	KERNEL_TIER_ITERATOR =
		4, /* of probes that only look: nothing else would do, or is needed */
	KERNEL_TIER_COUNT,
};

/* Which programs to load. */
enum kernel_build {
	KERNEL_BUILD_AUTO,    /* what the kernel can take */
	KERNEL_BUILD_CORE,    /* built-in ones, fitted to the kernel by its BTF */
	KERNEL_BUILD_LEGACY,  /* of these, those for kernels before 5.17, also where others would do
			       */
	KERNEL_BUILD_RUNTIME, /* compiled on this machine, fitted to the kernel by its headers */
};

struct kernel_config {
	uint32_t probes;                           /* bit 1 << WIRE_OOM_KILL, ... */
	enum kernel_tier attach[WIRE_PROBE_COUNT]; /* KERNEL_TIER_NONE: try all, best first */
	enum kernel_build build;
	bool allow_syscall_tax;       /* permits tiers that cost every process something */
	bool bpf_stats;               /* lets the kernel count runs and time of all BPF programs */
	const char *btf_path;         /* BTF of this kernel, or NULL for /sys/kernel/btf/vmlinux */
	uint32_t critical_ring_bytes; /* powers of two, at least a page */
	uint32_t bulk_ring_bytes;
	uint32_t rate; /* per second, 0: no limit */
	uint32_t burst;
	uint32_t container_rate; /* per second, 0: no limit */
};

#define KERNEL_TEXTS 8

struct kernel_attempt {
	enum kernel_tier tier;
	bool ok;
	char error[256]; /* a sentence for people; empty if ok */
};

/* How a probe got attached. All strings live as long as the kernel. */
struct kernel_probe {
	enum kernel_tier tier; /* KERNEL_TIER_NONE: it could not be attached */
	size_t n_hooks;
	const char *hooks[KERNEL_TEXTS]; /* "fentry/oom_kill_process" */
	size_t n_blind_spots;
	const char *blind_spots[KERNEL_TEXTS]; /* sentences */
	const char *cost;                      /* a sentence, or NULL */
	bool self_tested;
	/* The tier was asked for, on a kernel where it misses others' events while a task is
	 * preempted inside a program. */
	bool preempted;
	size_t n_attempts;
	struct kernel_attempt attempts[KERNEL_TEXTS];
};

/* Loads and attaches. A probe that cannot be attached is not an error: see kernel_probe.
 * Returns 0, or -errno with a sentence in @error (at least 256 bytes) when nothing can work
 * at all: no privileges, no BTF. */
int kernel_new(struct kernel **ret, const struct kernel_config *config, char *error, size_t size);
struct kernel *kernel_free(struct kernel *kernel); /* detaches; NULL is fine; returns NULL */

/* What it was asked for. */
const struct kernel_config *kernel_config(const struct kernel *kernel);

const struct kernel_probe *kernel_probe(const struct kernel *kernel, unsigned probe);

/* Whether the programs were compiled on this machine. */
bool kernel_is_compiled(const struct kernel *kernel);

/* Map fds of the two rings, for ring_init. Owned by the kernel. */
int kernel_critical_fd(const struct kernel *kernel);
int kernel_bulk_fd(const struct kernel *kernel);

/* The live sums, mapped read-only: read each member with __atomic_load_n(RELAXED). */
const struct wire_cpu *kernel_cpus(const struct kernel *kernel, unsigned *ret_n);

/* Runs the kernel refused since attach, over all programs of the probe.
 * -ENODATA where this kernel does not count them. */
int kernel_missed_runs(const struct kernel *kernel, unsigned probe, uint64_t *ret);

/* Calls @fn for each counter row of @probe; @key is struct wire_denial_key, wire_oom_key, or
 * wire_cgroup_key of TCP queues and BPF objects. @row is struct wire_row; or struct wire_tcp_row,
 * one for each CPU of kernel_cpus(); or struct object. Returns as rows_walk(). */
int kernel_rows(const struct kernel *kernel, unsigned probe, rows_fn fn, void *data);

/* Lets the programs look at what no hook of theirs shows: before the rows are read. Returns 0, or
 * -errno of a look that failed; all are tried. */
int kernel_look(const struct kernel *kernel);

/* Rows keep the maximum of the interval that runs and of the one that ended last. Ends the one that
 * runs, if @reported is that last one, and returns the number of what has ended last then: the
 * same until that has been reported. They count from 1. */
uint64_t kernel_end_epoch(const struct kernel *kernel, uint64_t reported);

/* Asks the programs to send these paths with the next event again. */
void kernel_forget_paths(const struct kernel *kernel, const struct wire_known *known);

/* A cgroup with rows that was removed; each is told once. False: no more now. */
bool kernel_take_gone(const struct kernel *kernel, struct wire_gone *ret);

/* Of those, the ones that nobody will be told: no more had room. */
uint64_t kernel_gone_missed(const struct kernel *kernel);

/* Calls @fn for each cgroup with rows that is no more, told or not. As kernel_rows; 0 where the
 * kernel has no iterators to look with. */
typedef int (*kernel_dead_fn)(void *data, const struct wire_gone *gone);
int kernel_dead(const struct kernel *kernel, kernel_dead_fn fn, void *data);

/* Takes a row out of a table: what is counted there later begins anew. @key as of rows_fn, of
 * the cgroup @gone; @others: of several, so that it is nobody's share. */
void kernel_forget_row(const struct kernel *kernel, unsigned probe, const void *key, bool others,
		       const struct wire_gone *gone);

/* The cgroup has no more rows. False: there are others below it, which have to go first. */
bool kernel_forget_group(const struct kernel *kernel, const struct wire_gone *gone);

/* Bytes the maps take in the kernel, as it says itself: those that are no rings, and the rings,
 * whose size is configured. 0: not known. */
uint64_t kernel_map_bytes(const struct kernel *kernel);
uint64_t kernel_ring_bytes(const struct kernel *kernel);

/* How often the streamer's own seccomp filter refused it each system call, by number:
 * WIRE_OWN_CALLS of them, or NULL where no probe tells. */
const uint64_t *kernel_own_refused(const struct kernel *kernel);

/* Tells the programs what has changed in user space (the sysctl actions_logged). Now and
 * then. */
void kernel_refresh(struct kernel *kernel);

/* Takes the programs off their hooks: nothing new is seen. Rings, sums and rows stay readable.
 * in_flight of kernel_cpus falls to 0 as running programs end. */
void kernel_detach(struct kernel *kernel);
