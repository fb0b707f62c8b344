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

static Ringside__V1__CpuSums read_sums(const struct peek *peek)
{
	const uint8_t *p = peek->sums, *end = p + peek->sums_size;
	Ringside__V1__CpuSums sums = RINGSIDE__V1__CPU_SUMS__INIT;
	struct pb_field field;

	while (p && p < end) {
		p = pb_get_field(p, end, &field);
		if (!p || field.type != PB_VARINT)
			continue;
		switch (field.number) {
		case FIELD_CPU_SUMS_CPU:
			sums.has_cpu = true;
			sums.cpu = (uint32_t)field.value;
			break;
		case FIELD_CPU_SUMS_SEEN:
			sums.has_seen = true;
			sums.seen = field.value;
			break;
		case FIELD_CPU_SUMS_LIMITED:
			sums.has_limited = true;
			sums.limited = field.value;
			break;
		case FIELD_CPU_SUMS_DROPPED:
			sums.has_dropped = true;
			sums.dropped = field.value;
			break;
		case FIELD_CPU_SUMS_BETWEEN:
			sums.has_between = true;
			sums.between = field.value;
			break;
		default:
			break;
		}
	}
	return sums;
}

static void derive_sums(Ringside__V1__CpuSums *sums, const struct derived_cpu *before)
{
	if (!sums->has_limited)
		sums->limited = before->limited;
	if (!sums->has_dropped)
		sums->dropped = before->dropped;
	sums->seen = before->seen + 1 + sums->between + (sums->limited - before->limited) +
		     (sums->dropped - before->dropped);
	sums->has_seen = sums->has_limited = sums->has_dropped = true;
}

static void take_sums(struct derived *derived, const struct peek *peek)
{
	Ringside__V1__CpuSums sums = read_sums(peek);
	struct derived_cpu *cpu = sums.has_cpu ? find_cpu(derived, peek->kind, sums.cpu) : NULL;

	if (!cpu)
		return;
	if (sums.has_between && !sums.has_seen && cpu->run == derived->number)
		derive_sums(&sums, cpu);
	if (sums.has_between && sums.has_seen) { /* it has said what it had to */
		sums.has_between = false;
		sums.between = 0;
		derived->parts.sums = sums;
		derived->parts.summed = true;
	}
	*cpu = (struct derived_cpu){0};
	if (sums.has_seen && sums.has_limited && sums.has_dropped)
		*cpu = (struct derived_cpu){
			.run = derived->number,
			.seen = sums.seen,
			.limited = sums.limited,
			.dropped = sums.dropped,
		};
}

void derived_take(struct derived *derived, struct peek *peek)
{
	derived->nth++;
	derived->parts.timed = event_run_goes_on(&derived->run, peek);
	derived->parts.boottime_nano = peek->boottime_nano;
	derived->parts.summed = false;
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
