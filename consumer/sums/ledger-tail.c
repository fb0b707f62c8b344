/* SPDX-License-Identifier: Apache-2.0 */
/* Counters come every few seconds. Each event behind them carries what its CPU had counted by then;
 * one that waited in the ring while they were read carries less than they have, and tells nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "consumer/sums/ledger-internal.h"
#include "proto/base/util.h"

#define CPUS_MAX 8192u /* the most a kernel can have; of more, what events carry is not told */

/* NULL: it is none, or there is no memory. No number then, rather than a wrong one. */
static struct ledger_tail_cpu *find_cpu(struct ledger_tail *tail, uint32_t cpu)
{
	struct ledger_tail_cpu *cpus;
	unsigned n = cpu + 1;

	if (cpu >= CPUS_MAX)
		return NULL;
	if (cpu < tail->n_cpus)
		return &tail->cpus[cpu];
	cpus = realloc(tail->cpus, n * sizeof(*cpus));
	if (!cpus)
		return NULL;
	memset(cpus + tail->n_cpus, 0, (n - tail->n_cpus) * sizeof(*cpus));
	tail->cpus = cpus;
	tail->n_cpus = n;
	return &tail->cpus[cpu];
}

/* Returns by how much it grew. */
static uint64_t raise_to(uint64_t *v, uint64_t to)
{
	uint64_t more = to > *v ? to - *v : 0;

	*v += more;
	return more;
}

void ledger_tail_begin(struct ledger_tail *tail, const Ringside__V1__ProbeSums *from)
{
	memset(tail->sums, 0, sizeof(tail->sums));
	for (size_t i = 0; i < from->n_cpus; i++) {
		const Ringside__V1__CpuCounters *counters = from->cpus[i];
		struct ledger_tail_cpu *cpu = find_cpu(tail, counters->cpu);

		if (!cpu)
			continue;
		(void)raise_to(&cpu->seen, counters->seen);
		(void)raise_to(&cpu->limited, counters->limited);
		(void)raise_to(&cpu->dropped, counters->dropped);
	}
}

void ledger_tail_take(struct ledger_tail *tail, const Ringside__V1__CpuSums *sums)
{
	struct ledger_tail_cpu *cpu;

	tail->sums[LEDGER_WRITTEN]++;
	cpu = sums ? find_cpu(tail, sums->cpu) : NULL;
	if (!cpu)
		return;
	tail->sums[LEDGER_SEEN] += raise_to(&cpu->seen, sums->seen);
	tail->sums[LEDGER_LIMITED] += raise_to(&cpu->limited, sums->limited);
	tail->sums[LEDGER_DROPPED] += raise_to(&cpu->dropped, sums->dropped);
}

uint64_t ledger_latest(const struct ledger *ledger, const struct ledger_stream *stream,
		       unsigned kind, enum ledger_sum sum)
{
	const struct account *account = &stream->sums[kind][sum];

	/* what it had counted before, and does not count because another one has, stays out */
	return ledger->kinds[kind].sums[sum] +
	       (account->counted == account->value ? stream->tails[kind].sums[sum] : 0);
}
