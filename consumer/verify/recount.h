/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the events of a stream along, per kind and CPU, and compares with what the stream says
 * of itself: exactly, at every set of Counters and at the Footer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/read/lost-reasons.h"
#include "consumer/verify/findings.h"
#include "proto/ringside.pb-c.h"

#define TALLY_KINDS 32
#define TALLY_CPUS 8192u /* the most a kernel can have */

struct tally_sums {
	uint64_t seen, submitted, limited, dropped, in_flight;
};

struct tally_cpu {
	uint64_t written, carried_seen, carried_limited, carried_dropped; /* counted here */
	struct tally_sums kernel; /* as the stream says, latest */
	bool listed;              /* in the set at hand */
};

struct tally_kind {
	char name[KIND_NAME];     /* safe to print */
	bool attached;            /* by the Header */
	bool stated;              /* kernel and the following are set */
	struct tally_sums kernel; /* over all CPUs, latest */
	bool missed_known;
	uint64_t missed_runs, overflow_limited, lost_in_sink;
	uint64_t left_behind; /* in the ring, when -c ended the stream */
	/* counted here */
	uint64_t written;
	uint64_t limited, limited_overflow; /* of Limited records; those of overflow apart */
	struct lost_count lost[LOST_REASONS];
	uint64_t missing; /* in gaps: by the sums, they were there */
	/* of losses.c: what it has told already */
	struct lost_count told[LOST_REASONS];
	uint64_t limited_told;
	unsigned n_cpus;
	struct tally_cpu *cpus;
};

struct tally {
	bool based; /* counted from the stream's beginning, or from sums it stated */
	bool whole; /* from its beginning, without a gap */
	bool gap;   /* records are missing since the latest sums, which were counted from */
	unsigned n;
	struct tally_kind kinds[TALLY_KINDS];
};

/* Records are missing here: the next sums are counted on from, and tell in kinds[].missing how many
 * events there were among them. */
void tally_gap(struct tally *tally);

/* @whole: the first record of the stream is the next one. */
void tally_init(struct tally *tally, bool whole);
void tally_done(struct tally *tally);

void tally_header(struct tally *tally, const Ringside__V1__Header *header);
/* Returns 0 or -ENOMEM; what is not believable goes to @findings. So do those below. */
int tally_event(struct tally *tally, const char *kind, const Ringside__V1__CpuSums *sums,
		struct findings *findings);
void tally_lost(struct tally *tally, const Ringside__V1__Lost *lost);
void tally_limited(struct tally *tally, const Ringside__V1__Limited *limited);

/* Compares with the ProbeSums of a Counters set, or of the Footer. @where: "record 12". What
 * differs is told once: the stream's own numbers are counted on from. */
int tally_counters(struct tally *tally, Ringside__V1__ProbeSums *const *sums, size_t n,
		   const char *where, struct findings *findings);
/* What -c left behind is no problem: it goes to @notes. */
int tally_footer(struct tally *tally, const Ringside__V1__Footer *footer, const char *where,
		 struct findings *findings, struct findings *notes);

/* Of one reason and of all. What the kernel's sums say counts where it is more. */
struct lost_count tally_kind_lost(const struct tally_kind *kind, unsigned reason);
struct tally_kind *tally_find(struct tally *tally, const char *name); /* NULL: there is none */
const char *tally_name(struct tally *tally, const char *name);        /* as it is safe to print */
