/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/derived.h"

#include <stdlib.h>
#include <string.h>

#include "proto/record/pb-read.h"
#include "proto/ringside-fields.h"

void derived_init(struct derived *derived)
{
	*derived = (struct derived){0};
	ringside__v1__cpu_sums__init(&derived->parts.sums);
}

void derived_done(struct derived *derived)
{
	for (unsigned i = 0; i < RECORD_BODIES; i++)
		free(derived->cpus[i]);
	derived_init(derived);
}

void derived_break(struct derived *derived)
{
	derived->run.open = false;
	derived->nth++;
}

/* NULL: there is none, or no memory for it. */
static struct derived_cpu *find_cpu(struct derived *derived, unsigned kind, uint32_t cpu)
{
	unsigned have = derived->n_cpus[kind], n = have ? have : 8;
	struct derived_cpu *cpus;

	if (!kind || cpu >= DERIVED_CPUS)
		return NULL;
	while (n <= cpu)
		n *= 2;
	if (n > have) {
		cpus = realloc(derived->cpus[kind], n * sizeof(*cpus));
		if (!cpus)
			return NULL;
		memset(cpus + have, 0, (n - have) * sizeof(*cpus));
		derived->cpus[kind] = cpus;
		derived->n_cpus[kind] = n;
	}
	return &derived->cpus[kind][cpu];
}

/* What a CpuSums has, by the fields' numbers. */
struct told {
	unsigned has;
	uint64_t value[FIELD_CPU_SUMS_BETWEEN + 1];
};

#define HAS(FIELD) (1u << FIELD_CPU_SUMS_##FIELD)
#define HAS_SUMS (HAS(SEEN) | HAS(LIMITED) | HAS(DROPPED))

static inline void read_sums(const struct peek *peek, struct told *told)
{
	const uint8_t *p = peek->sums, *end = p + peek->sums_size;
	struct pb_field field;

	while (p && p < end) {
		p = pb_get_field(p, end, &field);
		if (!p || field.type != PB_VARINT || field.number > FIELD_CPU_SUMS_BETWEEN)
			continue;
		told->value[field.number] = field.value;
		told->has |= 1u << field.number;
	}
}

static inline void derive_sums(struct told *told, const struct derived_cpu *before)
{
	uint64_t *value = told->value;

	if (!(told->has & HAS(LIMITED)))
		value[FIELD_CPU_SUMS_LIMITED] = before->limited;
	if (!(told->has & HAS(DROPPED)))
		value[FIELD_CPU_SUMS_DROPPED] = before->dropped;
	value[FIELD_CPU_SUMS_SEEN] = before->seen + 1 + value[FIELD_CPU_SUMS_BETWEEN] +
				     (value[FIELD_CPU_SUMS_LIMITED] - before->limited) +
				     (value[FIELD_CPU_SUMS_DROPPED] - before->dropped);
	told->has |= HAS_SUMS;
}

/* Without `between`, which has said what it had to. */
static inline void tell_sums(struct derived *derived, const struct told *told)
{
	Ringside__V1__CpuSums *sums = &derived->parts.sums;

	derived->parts.summed = true;
	sums->has_cpu = sums->has_seen = true;
	sums->has_limited = told->has & HAS(LIMITED);
	sums->has_dropped = told->has & HAS(DROPPED);
	sums->cpu = (uint32_t)told->value[FIELD_CPU_SUMS_CPU];
	sums->seen = told->value[FIELD_CPU_SUMS_SEEN];
	sums->limited = told->value[FIELD_CPU_SUMS_LIMITED];
	sums->dropped = told->value[FIELD_CPU_SUMS_DROPPED];
}

static void take_sums(struct derived *derived, const struct peek *peek)
{
	struct derived_cpu *cpu = NULL;
	struct told told = {0};

	read_sums(peek, &told);
	if (told.has & HAS(CPU))
		cpu = find_cpu(derived, peek->kind, (uint32_t)told.value[FIELD_CPU_SUMS_CPU]);
	if (!cpu)
		return;
	if (told.has & HAS(BETWEEN) && !(told.has & HAS(SEEN)) && cpu->run == derived->number)
		derive_sums(&told, cpu);
	if (told.has & HAS(BETWEEN) && told.has & HAS(SEEN))
		tell_sums(derived, &told);
	cpu->run = (told.has & HAS_SUMS) == HAS_SUMS ? derived->number : 0;
	cpu->seen = told.value[FIELD_CPU_SUMS_SEEN];
	cpu->limited = told.value[FIELD_CPU_SUMS_LIMITED];
	cpu->dropped = told.value[FIELD_CPU_SUMS_DROPPED];
}

void derived_take(struct derived *derived, struct peek *peek)
{
	derived->nth++;
	derived->parts.summed = false;
	derived->parts.timed = !derived->whole && event_run_goes_on(&derived->run, peek);
	if (derived->whole)
		return;
	derived->parts.boottime_nano = peek->boottime_nano;
	if (!derived->parts.timed)
		derived->number++;
	if (peek->sums)
		take_sums(derived, peek);
}

void derived_apply(struct derived_parts *parts, const Ringside__V1__Record *record)
{
	Ringside__V1__Record *whole = (Ringside__V1__Record *)(uintptr_t)record;

	if (parts->timed) {
		whole->has_boottime_nano = true;
		whole->boottime_nano = parts->boottime_nano;
	}
	if (parts->summed)
		whole->cpu_sums = &parts->sums;
}

bool derived_sums(const struct derived *derived, const struct peek *peek,
		  Ringside__V1__CpuSums *ret)
{
	struct told told = {0};

	if (derived->parts.summed) {
		*ret = derived->parts.sums;
		return true;
	}
	if (!peek->sums)
		return false;
	read_sums(peek, &told);
	*ret = (Ringside__V1__CpuSums){
		.cpu = (uint32_t)told.value[FIELD_CPU_SUMS_CPU],
		.seen = told.value[FIELD_CPU_SUMS_SEEN],
		.limited = told.value[FIELD_CPU_SUMS_LIMITED],
		.dropped = told.value[FIELD_CPU_SUMS_DROPPED],
	};
	return told.has & HAS(SEEN);
}

bool derived_apart(struct derived_put *put, const struct derived *of, uint64_t seq)
{
	bool behind = of == put->of && of->nth == put->nth + 1 && seq == put->seq + 1;

	*put = (struct derived_put){of, of->nth, seq, of->parts.timed && (put->apart || !behind)};
	return put->apart;
}

/* The two fields that stand before the real time. */
static uint8_t *put_derived(const struct derived *derived, uint8_t *p)
{
	struct pb pb = pb_make(p, DERIVED_MORE);
	uint8_t *mark;

	if (derived->parts.summed) {
		mark = pb_open(&pb, FIELD_RECORD_CPU_SUMS);
		pb_uint(&pb, FIELD_CPU_SUMS_CPU, derived->parts.sums.cpu);
		pb_uint(&pb, FIELD_CPU_SUMS_SEEN, derived->parts.sums.seen);
		pb_uint(&pb, FIELD_CPU_SUMS_LIMITED, derived->parts.sums.limited);
		pb_uint(&pb, FIELD_CPU_SUMS_DROPPED, derived->parts.sums.dropped);
		pb_close(&pb, mark);
	}
	/* one that has its own would have it twice */
	if (derived->parts.timed)
		pb_fixed64(&pb, FIELD_RECORD_BOOTTIME_NANO, derived->parts.boottime_nano);
	return pb.p;
}

size_t derived_complete(const struct derived *derived, const uint8_t *frame, size_t size,
			uint8_t *buf)
{
	const uint8_t *p = frame, *end = frame + size, *next;
	struct pb_field field;
	uint8_t *to = buf;
	bool put = false;

	for (; p < end; p = next) {
		next = pb_get_field(p, end, &field);
		if (!next)
			break;
		if (field.number == FIELD_RECORD_TIME_UNIX_NANO && !put) {
			to = put_derived(derived, to);
			put = true;
		}
		if (field.number == FIELD_RECORD_CPU_SUMS && derived->parts.summed)
			continue;
		memcpy(to, p, (size_t)(next - p));
		to += next - p;
	}
	return (size_t)(to - buf);
}
