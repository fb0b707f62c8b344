/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the events of a stream along, per kind and CPU, and compares with what the stream says
 * of itself: exactly, at every set of Counters and at the Footer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/read/lost-reasons.h"
#include "consumer/verify/findings.h"
#include "proto/ringside.pb-c.h"

#define RECOUNT_KINDS 32
#define RECOUNT_CPUS 8192u /* the most a kernel can have */

struct recount_sums {
	uint64_t seen, submitted, limited, dropped, in_flight;
};

struct recount_cpu {
	uint64_t written, carried_seen, carried_limited, carried_dropped; /* counted here */
	struct recount_sums kernel; /* as the stream says, latest */
	bool listed;                /* in the set at hand */
};

/* Of a kind, in some part of a stream or of several. */
struct kind_total {
	char name[KIND_NAME];
	uint64_t written, limited, dropped, lost_in_sink, missed_runs;
	bool missed_known;
	struct lost_count lost[LOST_REASONS];
};

struct recount_kind {
	char name[KIND_NAME];       /* safe to print */
	bool attached;              /* by the Header */
	bool stated;                /* kernel and the following are set */
	struct recount_sums kernel; /* over all CPUs, latest */
	bool missed_known;
	uint64_t missed_runs, overflow_limited, lost_in_sink;
	uint64_t left_behind; /* in the ring, when -c ended the stream */
	/* counted here */
	uint64_t read; /* events, and no others */
	uint64_t written;
	uint64_t limited, limited_overflow; /* of Limited records; those of overflow apart */
	struct lost_count lost[LOST_REASONS];
	uint64_t missing; /* in gaps: by the sums, they were there */
	/* of losses.c: what it has told already, and since when there is more */
	struct lost_count told[LOST_REASONS];
	struct finding_time when[LOST_REASONS];
	uint64_t limited_told;
	struct kind_total added; /* to the report */
	unsigned n_cpus;
	struct recount_cpu *cpus;
};

struct recount {
	bool based; /* counted from the stream's beginning, or from sums it stated */
	bool whole; /* from its beginning, without a gap */
	bool gap;   /* records are missing since the latest sums, which were counted from */
	unsigned n;
	struct recount_kind kinds[RECOUNT_KINDS];
};

/* Records are missing here: the next sums are counted on from, and tell in kinds[].missing how many
 * events there were among them. */
void recount_gap(struct recount *recount);

/* A stream begins; at first, all there is to it is to be zero. @whole: with the next record. */
void recount_begin(struct recount *recount, bool whole);
void recount_done(struct recount *recount);

void recount_header(struct recount *recount, const Ringside__V1__Header *header);
/* Returns 0 or -ENOMEM; what is not believable goes to @findings. So do those below. */
int recount_event(struct recount *recount, const char *kind, const Ringside__V1__CpuSums *sums,
		  struct findings *findings);
/* @when: it happened. */
void recount_lost(struct recount *recount, const Ringside__V1__Lost *lost,
		  const struct finding_time *when);
void recount_limited(struct recount *recount, const Ringside__V1__Limited *limited);

/* Compares with the ProbeSums of a Counters set, or of the Footer; @final: nothing moves any more.
 * @where: "record 12". What differs is told once: the stream's own numbers are counted on from. */
int recount_set(struct recount *recount, Ringside__V1__ProbeSums *const *sums, size_t n, bool final,
		const char *where, struct findings *findings);
/* What -c left behind is no problem: it goes to @notes. */
int recount_footer(struct recount *recount, const Ringside__V1__Footer *footer, const char *where,
		   struct findings *findings, struct findings *notes);

/* Of one reason and of all. What the kernel's sums say counts where it is more. */
struct lost_count recount_kind_lost(const struct recount_kind *kind, unsigned reason);
struct recount_kind *recount_find(struct recount *recount,
				  const char *name);                 /* NULL: there is none */
const char *recount_name(struct recount *recount, const char *name); /* as it is safe to print */
