/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/count.h"
#include "streamer/encode/probe-table.h"
#include "streamer/report/totals.h"

int totals_init(struct totals *totals, unsigned n_cpus)
{
	struct totals_cpu *cpus = calloc((size_t)n_cpus * WIRE_PROBE_COUNT * 2, sizeof(*cpus));

	if (!cpus)
		return -ENOMEM;
	*totals = (struct totals){.n_cpus = n_cpus,
				  .cpus = cpus,
				  .committed = cpus + (size_t)n_cpus * WIRE_PROBE_COUNT};
	return 0;
}

void totals_done(struct totals *totals)
{
	free(totals->cpus);
	*totals = (struct totals){0};
}

/* The stream has ended when this is known: which CPU they were of no longer matters, only
 * that the sum over the CPUs is right. */
void totals_unwrote(struct totals *totals, unsigned probe, uint64_t count)
{
	for (unsigned i = 0; i < totals->n_cpus && count; i++) {
		struct totals_cpu *cpu = totals_cpu(totals, probe, i);
		uint64_t n = cpu->written < count ? cpu->written : count;

		cpu->written -= n;
		count -= n;
	}
}

static size_t cpus_size(const struct totals *totals)
{
	return (size_t)totals->n_cpus * WIRE_PROBE_COUNT * sizeof(*totals->cpus);
}

void totals_commit(struct totals *totals)
{
	memcpy(totals->committed, totals->cpus, cpus_size(totals));
	memcpy(totals->committed_told, totals->told_in_sink, sizeof(totals->told_in_sink));
}

void totals_rollback(struct totals *totals)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		for (unsigned k = 0; k < totals->n_cpus; k++)
			totals->lost_in_sink[i] +=
				totals_cpu(totals, i, k)->written -
				totals->committed[(size_t)i * totals->n_cpus + k].written;
	memcpy(totals->cpus, totals->committed, cpus_size(totals));
	memcpy(totals->told_in_sink, totals->committed_told, sizeof(totals->told_in_sink));
}

uint64_t totals_written(const struct totals *totals, unsigned probe)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < totals->n_cpus; i++)
		n += totals_cpu(totals, probe, i)->written;
	return n;
}

static uint64_t load_relaxed(const __u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

void totals_add(struct wire_sums *to, const struct wire_sums *sums)
{
	to->seen += load_relaxed(&sums->seen);
	to->submitted += load_relaxed(&sums->submitted);
	to->limited += load_relaxed(&sums->limited);
	to->dropped += load_relaxed(&sums->dropped);
	to->in_flight += load_relaxed(&sums->in_flight);
	to->overflow += load_relaxed(&sums->overflow);
	to->overflow_limited += load_relaxed(&sums->overflow_limited);
}

struct wire_sums totals_kernel(const struct wire_cpu *cpus, unsigned n_cpus, unsigned probe)
{
	struct wire_sums sum = {0};

	for (unsigned i = 0; i < n_cpus; i++)
		totals_add(&sum, &cpus[i].probe[probe]);
	return sum;
}

void totals_line(const struct totals *totals, const struct wire_cpu *cpus, uint32_t probe_mask,
		 char *buf, size_t size)
{
	uint64_t written = 0, limited = 0, lost = 0;
	char kinds[256] = "";
	size_t n = 0;

	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		struct wire_sums sum = totals_kernel(cpus, totals->n_cpus, i);

		if (!(probe_mask & 1u << i))
			continue;
		written += totals_written(totals, i);
		limited += sum.limited;
		lost += sum.dropped + totals->lost_in_sink[i];
		if (n < sizeof(kinds))
			n += (size_t)snprintf(kinds + n, sizeof(kinds) - n, "%s%s %s",
					      n ? ", " : "", probes[i]->name,
					      COUNT(totals_written(totals, i)));
	}
	(void)snprintf(buf, size, "%s written, %s limited, %s lost%s%s%s",
		       COUNTED(written, "event"), COUNT(limited), COUNT(lost), n ? " (" : "", kinds,
		       n ? ")" : "");
}
