/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer counts itself: the other half of every check of the kernel's sums. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire/wire.h"
#include "proto/record/stamp.h"

/* Of one probe on one CPU. */
struct totals_cpu {
	uint64_t written; /* events in the stream */
	/* the largest sums these carried */
	uint64_t carried_seen;
	uint64_t carried_limited;
	uint64_t carried_dropped;
	uint64_t told_dropped;  /* of dropped: in Lost records so far */
	uint64_t last_boottime; /* of the latest event in the stream, 0: none yet */
	uint64_t run;           /* the run it is in; and what it carries */
	struct record_sums latest;
};

struct totals {
	unsigned n_cpus;
	struct totals_cpu *cpus;
	struct totals_cpu *committed;
	uint64_t lost_in_sink[WIRE_PROBE_COUNT]; /* taken from the ring, never written */
	uint64_t told_in_sink[WIRE_PROBE_COUNT]; /* of these: in Lost records so far */
	uint64_t committed_told[WIRE_PROBE_COUNT];
	uint64_t sink_nano; /* boottime: the losses in the sink came after that; 0: not known */
};

int totals_init(struct totals *totals, unsigned n_cpus);
void totals_done(struct totals *totals);

static inline struct totals_cpu *totals_cpu(const struct totals *totals, unsigned probe,
					    unsigned cpu)
{
	return &totals->cpus[(size_t)probe * totals->n_cpus + cpu];
}

static inline void totals_raise(uint64_t *v, uint64_t least)
{
	if (*v < least)
		*v = least;
}

/* An event went into the run @run of the stream. One nested in another one's hook is submitted
 * first and carries the larger sums, so what is carried does not only grow along the stream. */
static inline void totals_wrote(struct totals *totals, const struct wire_head *head, uint64_t run)
{
	struct totals_cpu *cpu = totals_cpu(totals, head->probe, head->cpu);

	cpu->written++;
	totals_raise(&cpu->carried_seen, head->seen);
	totals_raise(&cpu->carried_limited, head->limited);
	totals_raise(&cpu->carried_dropped, head->dropped);
	totals_raise(&cpu->last_boottime, head->boottime_nano);
	cpu->run = run;
	cpu->latest = (struct record_sums){head->seen, head->limited, head->dropped};
}

/* What the event before @head in the same run carries, of the same probe and CPU; NULL: none. */
static inline const struct record_sums *totals_before(const struct totals *totals,
						      const struct wire_head *head, uint64_t run)
{
	const struct totals_cpu *cpu = totals_cpu(totals, head->probe, head->cpu);

	return cpu->run == run ? &cpu->latest : NULL;
}

/* @count events of @probe that were put into the stream did not get out of it. */
void totals_unwrote(struct totals *totals, unsigned probe, uint64_t count);

/* The stream has got out as it is; and: what it got since has not, and its events are lost. */
void totals_commit(struct totals *totals);
void totals_rollback(struct totals *totals);

/* Events of @probe in the stream. */
uint64_t totals_written(const struct totals *totals, unsigned probe);

/* Adds the kernel's sums, which may be live. */
void totals_add(struct wire_sums *to, const struct wire_sums *sums);

/* The kernel's sums of @probe over all CPUs. */
struct wire_sums totals_kernel(const struct wire_cpu *cpus, unsigned n_cpus, unsigned probe);

/* "1204 events written, 48201 limited, 0 lost (oom_kill 2, seccomp_denial 1202)" for the
 * probes in the bit mask @probes, to @buf, cut to its size. */
void totals_line(const struct totals *totals, const struct wire_cpu *cpus, uint32_t probes,
		 char *buf, size_t size);
