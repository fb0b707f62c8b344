/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to attach each probe, best first, and what a user should know of each. */
#pragma once

#include <stdbool.h>

#include "streamer/kernel/kernel.h"
#include "streamer/kernel/programs.h"

struct tier {
	enum kernel_tier tier;
	unsigned variants; /* of the programs that can do it: 1u << PROGRAMS_* */
	bool only;         /* there is no other way: not left out, whatever --attach asks for */
	bool taxes;        /* costs every process: only with permission */
	bool built_in;     /* no headers tell what its programs read: not compiled on the machine */
	/* Good only where tasks that wait inside a call take nothing from others: the self-test
	 * has such sleepers in it. */
	bool bears_sleepers;
	const char *programs[KERNEL_TEXTS];    /* BPF programs, NULL-terminated */
	const char *hooks[KERNEL_TEXTS];       /* where they go, for people; NULL-terminated */
	const char *functions[KERNEL_TEXTS];   /* kernel functions a trampoline must accept */
	const char *kprobes[KERNEL_TEXTS];     /* functions a kprobe must be possible on */
	const char *tracepoints[KERNEL_TEXTS]; /* that must exist */
	const char *iterators[KERNEL_TEXTS];   /* kinds of BPF iterators there must be */
	const char *sign; /* a function that only kernels have where it is worth trying, or NULL */
	/* One program more where the kernel has its tracepoint; where not, nothing happens that it
	 * would see. Or all NULL. */
	struct {
		const char *program, *hook, *tracepoint;
	} extra;
	const char *blind_spots[KERNEL_TEXTS]; /* sentences; NULL-terminated */
	const char *cost;                      /* a sentence */
};

/* The tiers of a probe; ends with a row without programs. */
extern const struct tier *const tiers_of[WIRE_PROBE_COUNT];

/* A program that others of a probe end in or go through: in every tier, without a hook of its own,
 * an entry of a map. Not every variant has each. */
struct tail {
	unsigned probe;
	const char *map;
	unsigned index;
	const char *program;
};

/* Ends with a row without a program. */
const struct tail *tiers_tails(void);

/* Whether @program is a tail of @probe. */
bool tiers_ends_in(unsigned probe, const char *program);

/* The program that every probe needs, whatever its tier. */
extern const char tiers_common[];
/* An iterator: see kernel_dead(). */
extern const char tiers_dead[];

/* The counter table of a probe, and what else it is on this side. */
struct tiers_table {
	const char *map;     /* NULL: it keeps none, its iterators tell what there is */
	const char *program; /* its iterator's */
	size_t key_size;
	size_t row_size;
	bool per_cpu; /* each CPU has a row of its own */
	/* Constants of the programs that say how large a row of all CPUs is, and how many there may
	 * be; a variable that counts ended intervals: see kernel_end_epoch(). NULL: it has none. */
	const char *row_bytes, *room, *ended;
	/* An array of its rows, and a variable that has which places in that are taken: the table
	 * has their places (__u64). NULL, or not in this variant: it has the rows. */
	const char *rows, *taken;
	const char *maps[KERNEL_TEXTS]; /* besides, that nobody else has a use for */
	bool self_tested;               /* selftest.h can show whether it sees */
	bool lists_objects;             /* its rows are the BPF objects of the machine */
	/* Programs whose names begin so tell how a call ended: no more can be missed there than are
	 * not resolved yet. And variables: what counts calls that could not be kept in mind until
	 * then; and see kernel_own_refused(). NULL where it has none. */
	const char *outcome, *unmarked, *own_refused;
	const char *left; /* what another probe is there for; NULL: there is none */
	unsigned left_to;
};
extern const struct tiers_table tiers_tables[WIRE_PROBE_COUNT];

/* What a probe looks at once every interval, by an iterator that writes nothing. */
struct look {
	const char *program;
	const char *kind;    /* of iterator, the same for all of a probe: "task_file" */
	const char *map;     /* whose elements it goes over, or NULL */
	const char *without; /* a blind spot where the probe's cannot be had; of the first */
};

/* The looks of a probe; ends with a row without a program. */
extern const struct look tiers_looks[WIRE_PROBE_COUNT][3];

/* Whether @program is that of one of them. */
bool tiers_looks_by(unsigned probe, const char *program);

/* A blind spot: what @probe leaves to another that is not in the bit mask @attached. Or NULL. */
const char *tiers_left(unsigned probe, uint32_t attached);

/* Whether another row of the same tier is for @variant. */
bool tiers_other(unsigned probe, const struct tier *tier, enum programs_variant variant);

const char *tier_name(enum kernel_tier tier); /* "fentry" */

/* Whether @program is the one more. */
bool tiers_is_extra(const struct tier *tier, const char *program);

/* Whether @program is one of the tier's; @tier may be NULL. */
bool tiers_has(const struct tier *tier, const char *program);
