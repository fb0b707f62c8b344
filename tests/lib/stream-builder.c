/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stream-builder.h"

#include <xxhash.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "tests/lib/test.h"

#define STEP_NANO 1000000u

static uint8_t stream_id[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff};

/* protobuf-c's strings are not const. */
#define TEXT(s) ((char *)(uintptr_t)(s))

void stream_init(struct stream *stream)
{
	*stream = (struct stream){.kernel_oom_kills = 7};
}

void stream_done(struct stream *stream)
{
	free(stream->data);
	*stream = (struct stream){0};
}

const char *stream_kind(unsigned kind)
{
	static const char *const kinds[STREAM_KINDS] = {"oom_kill", "seccomp_denial"};

	return kinds[kind];
}

void stream_raw(struct stream *stream, const void *data, size_t size)
{
	if (stream->size + size > stream->room) {
		stream->room = 2 * (stream->size + size);
		stream->data = realloc(stream->data, stream->room);
		assert_non_null(stream->data);
	}
	memcpy(stream->data + stream->size, data, size);
	stream->size += size;
}

#define RUN_EVENTS 100u

/* What the reader of a run knows. Reuses the record's sums. */
static void leave_out(struct stream *stream, Ringside__V1__Record *record)
{
	Ringside__V1__CpuSums *sums = record->cpu_sums;
	struct stream_run *run = &stream->run;
	uint64_t offset = record->time_unix_nano - record->boottime_nano;
	bool goes_on = sums && run->open && run->offset == offset && run->events < RUN_EVENTS;
	struct stream_sums *before;

	if (!goes_on)
		*run = (struct stream_run){.open = sums, .offset = offset};
	if (!sums)
		return;
	run->events++;
	record->has_boottime_nano = !goes_on;
	sums->has_between = goes_on;
	before = &run->sums[record->body_case == RINGSIDE__V1__RECORD__BODY_OOM_KILL
				    ? STREAM_OOM
				    : STREAM_SECCOMP][sums->cpu];
	if (before->written) {
		sums->has_seen = false;
		sums->has_limited = sums->limited != before->limited;
		sums->has_dropped = sums->dropped != before->dropped;
		sums->between = sums->seen - sums->limited - sums->dropped -
				(before->seen - before->limited - before->dropped) - 1;
	}
	*before = (struct stream_sums){
		.seen = sums->seen,
		.limited = sums->limited,
		.dropped = sums->dropped,
		.written = 1,
	};
}

void stream_record(struct stream *stream, Ringside__V1__Record *record)
{
	uint8_t prefix[FRAME_PREFIX_MAX];
	_cleanup_free_ uint8_t *packed = NULL;
	size_t size;

	stream->latest = stream->size;
	stream->nano += STEP_NANO;
	record->has_seq = record->has_boottime_nano = record->has_time_unix_nano = 1;
	record->seq = ++stream->seq;
	record->boottime_nano = stream->nano;
	record->time_unix_nano = STREAM_NANO_UNIX + stream->nano + (uint64_t)stream->step;
	if (stream->runs)
		leave_out(stream, record);
	if (stream->mangle)
		stream->mangle(record);
	size = ringside__v1__record__get_packed_size(record);
	packed = malloc(size + 1);
	assert_non_null(packed);
	assert_int_equal(ringside__v1__record__pack(record, packed), size);
	stream_raw(stream, prefix, (size_t)(frame_put_length(prefix, size) - prefix));
	stream_raw(stream, packed, size);
}

void stream_header(struct stream *stream)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__Header__LabelsEntry label = RINGSIDE__V1__HEADER__LABELS_ENTRY__INIT;
	Ringside__V1__Header__LabelsEntry *labels[] = {&label};
	Ringside__V1__Probe probe[STREAM_KINDS], *probes[STREAM_KINDS];
	char *hooks[] = {TEXT("fentry/oom_kill_process")};

	stream->hashed_from = stream->size;
	for (unsigned i = 0; i < STREAM_KINDS; i++) {
		ringside__v1__probe__init(&probe[i]);
		probe[i].kind = TEXT(stream_kind(i));
		probe[i].has_tier = 1;
		probe[i].tier = RINGSIDE__V1__TIER__TIER_FENTRY;
		probe[i].n_hooks = 1;
		probe[i].hooks = hooks;
		probes[i] = &probe[i];
	}
	label.key = TEXT("cluster");
	label.value = TEXT("eu1");
	header.magic = TEXT("RINGSIDE");
	header.has_format_version = 1;
	header.format_version = stream->runs ? 2 : 1;
	header.has_identity_version = 1;
	header.identity_version = 2; /* its containers are what they say */
	header.has_stream_id = 1;
	header.stream_id = (ProtobufCBinaryData){sizeof(stream_id), stream_id};
	header.has_file_index = 1;
	header.has_first_seq = 1;
	header.first_seq = stream->seq + 1;
	header.host_name = TEXT("web-1");
	header.kernel_release = TEXT("6.1.0");
	header.n_labels = 1;
	header.labels = labels;
	header.has_kernel_oom_kills = 1;
	header.kernel_oom_kills = stream->kernel_oom_kills;
	header.n_probes = STREAM_KINDS;
	header.probes = probes;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = &header;
	stream_record(stream, &record);
}

static void fill_oom(Ringside__V1__OomKill *kill, Ringside__V1__Process *victim,
		     Ringside__V1__Container *container)
{
	victim->has_pid = 1;
	victim->pid = 1234;
	victim->comm = TEXT("python3");
	victim->has_start_boottime_nano = 1;
	victim->start_boottime_nano = 12345678901234567u;
	container->id = TEXT("0123456789ab");
	container->runtime = TEXT("docker");
	container->cgroup_path = TEXT("/docker/0123456789ab");
	kill->victim = victim;
	kill->victim_container = container;
	kill->has_limit_level = 1;
	kill->limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER;
	kill->has_limit_bytes = 1;
	kill->limit_bytes = 512u << 20;
	kill->has_scope = 1;
	kill->scope = RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMCG;
	kill->has_oom_score_adj = 1;
	kill->oom_score_adj = -998;
	kill->has_badness_points = 1;
	kill->badness_points = -5;
	kill->has_gfp_mask = 1;
	kill->gfp_mask = 0xcc0;
	kill->has_container_init = 1;
}

static void fill_denial(Ringside__V1__SeccompDenial *denial, Ringside__V1__Process *process,
			uint64_t args[6])
{
	process->has_pid = 1;
	process->pid = 77;
	process->comm = TEXT("nginx");
	denial->process = process;
	denial->has_arch = 1;
	denial->arch = 0xc000003e;
	denial->has_syscall_number = 1;
	denial->syscall_number = 250;
	denial->syscall_name = TEXT("keyctl");
	denial->has_action = 1;
	denial->action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO;
	denial->has_error_number = 1;
	denial->error_number = 1;
	denial->error_name = TEXT("EPERM");
	denial->has_instruction_pointer = 1;
	denial->instruction_pointer = 0x7f0012345678;
	denial->n_args = 6;
	denial->args = args;
	denial->has_logged = 1;
}

void stream_event(struct stream *stream, unsigned kind, unsigned cpu)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Ringside__V1__Process process = RINGSIDE__V1__PROCESS__INIT;
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;
	Ringside__V1__CpuSums carried = RINGSIDE__V1__CPU_SUMS__INIT;
	struct stream_sums *sums = &stream->sums[kind][cpu];
	uint64_t args[6] = {1, 2, 0xffffffffffffffff, 0, 0, 6};

	sums->seen++;
	sums->submitted++;
	sums->written++;
	carried.has_cpu = carried.has_seen = carried.has_limited = carried.has_dropped = 1;
	carried.cpu = cpu;
	carried.seen = sums->carried_seen = sums->seen;
	carried.limited = sums->carried_limited = sums->limited;
	carried.dropped = sums->carried_dropped = sums->dropped;
	record.cpu_sums = &carried;
	if (kind == STREAM_OOM) {
		stream->kernel_oom_kills++;
		fill_oom(&kill, &process, &container);
		record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
		record.oom_kill = &kill;
	} else {
		fill_denial(&denial, &process, args);
		record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
		record.seccomp_denial = &denial;
	}
	stream_record(stream, &record);
}

void stream_clock(struct stream *stream)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Clock clock = RINGSIDE__V1__CLOCK__INIT;

	clock.has_boottime_nano = clock.has_time_unix_nano = 1;
	clock.boottime_nano = stream->nano;
	clock.time_unix_nano = STREAM_NANO_UNIX + stream->nano;
	record.body_case = RINGSIDE__V1__RECORD__BODY_CLOCK;
	record.clock = &clock;
	stream_record(stream, &record);
}

/* ProbeSums of all kinds, and what they point to. */
struct all_sums {
	Ringside__V1__ProbeSums sums[STREAM_KINDS], *list[STREAM_KINDS];
	Ringside__V1__CpuCounters cpus[STREAM_KINDS][STREAM_CPUS],
		*cpu_list[STREAM_KINDS][STREAM_CPUS];
};

static void fill_cpu(Ringside__V1__CpuCounters *cpu, unsigned number,
		     const struct stream_sums *sums)
{
	ringside__v1__cpu_counters__init(cpu);
	cpu->has_cpu = cpu->has_seen = cpu->has_submitted = cpu->has_limited = 1;
	cpu->has_dropped = cpu->has_in_flight = cpu->has_written = cpu->has_carried_seen = 1;
	cpu->has_carried_limited = cpu->has_carried_dropped = 1;
	cpu->cpu = number;
	cpu->seen = sums->seen;
	cpu->submitted = sums->submitted;
	cpu->limited = sums->limited;
	cpu->dropped = sums->dropped;
	cpu->in_flight = sums->in_flight;
	cpu->written = sums->written;
	cpu->carried_seen = sums->carried_seen;
	cpu->carried_limited = sums->carried_limited;
	cpu->carried_dropped = sums->carried_dropped;
}

static void fill_sums(const struct stream *stream, struct all_sums *all)
{
	for (unsigned kind = 0; kind < STREAM_KINDS; kind++) {
		Ringside__V1__ProbeSums *sums = all->list[kind] = &all->sums[kind];

		ringside__v1__probe_sums__init(sums);
		sums->kind = TEXT(stream_kind(kind));
		sums->cpus = all->cpu_list[kind];
		for (unsigned cpu = 0; cpu < STREAM_CPUS; cpu++) {
			if (!stream->sums[kind][cpu].seen)
				continue;
			fill_cpu(&all->cpus[kind][cpu], cpu, &stream->sums[kind][cpu]);
			sums->cpus[sums->n_cpus++] = &all->cpus[kind][cpu];
		}
		sums->has_missed_runs = stream->missed_runs[kind] != UINT64_MAX;
		sums->missed_runs = stream->missed_runs[kind];
		sums->has_overflow = sums->has_overflow_limited = sums->has_lost_in_sink = 1;
		sums->overflow = sums->overflow_limited = stream->overflow_limited[kind];
		sums->lost_in_sink = stream->lost_in_sink[kind];
	}
}

#define PUT_HASH(stream, message)                                                                  \
	do {                                                                                       \
		const uint8_t *bytes = (stream)->data + (stream)->hashed_from;                     \
                                                                                                   \
		(message)->has_hashed_bytes = 1;                                                   \
		(message)->hashed_bytes = (stream)->size - (stream)->hashed_from;                  \
		(message)->has_xxh64 = (stream)->has_xxh64;                                        \
		(message)->xxh64 = XXH64(bytes, (message)->hashed_bytes, 0);                       \
		(message)->has_xxh3 = !(stream)->has_xxh64;                                        \
		(message)->xxh3 = XXH3_64bits(bytes, (message)->hashed_bytes);                     \
	} while (0)

void stream_counters(struct stream *stream)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	struct all_sums all;

	fill_sums(stream, &all);
	counters.has_part = counters.has_parts = counters.has_full = 1;
	counters.part = 1;
	counters.parts = 2;
	counters.n_probes = STREAM_KINDS;
	counters.probes = all.list;
	counters.has_kernel_oom_kills = 1;
	counters.kernel_oom_kills = stream->kernel_oom_kills;
	PUT_HASH(stream, &counters);
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	stream->hashed_from = stream->size;
	stream_record(stream, &record);

	ringside__v1__counters__init(&counters);
	counters.has_part = counters.has_parts = counters.has_full = 1;
	counters.part = 2;
	counters.parts = 2;
	stream_record(stream, &record);
}

static void fill_total(const struct stream *stream, unsigned kind, Ringside__V1__KindTotal *total)
{
	ringside__v1__kind_total__init(total);
	total->kind = TEXT(stream_kind(kind));
	total->has_written = total->has_limited = total->has_lost = 1;
	total->lost = stream->lost_in_sink[kind];
	for (unsigned cpu = 0; cpu < STREAM_CPUS; cpu++) {
		total->written += stream->sums[kind][cpu].written;
		total->limited += stream->sums[kind][cpu].limited;
		total->lost += stream->sums[kind][cpu].dropped;
	}
}

void stream_footer(struct stream *stream)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Footer footer = RINGSIDE__V1__FOOTER__INIT;
	Ringside__V1__KindTotal total[STREAM_KINDS], *totals[STREAM_KINDS];
	struct all_sums all;

	fill_sums(stream, &all);
	for (unsigned kind = 0; kind < STREAM_KINDS; kind++) {
		fill_total(stream, kind, &total[kind]);
		totals[kind] = &total[kind];
	}
	footer.reason = TEXT("SIGTERM");
	footer.has_records = 1;
	footer.records = stream->seq + 1;
	footer.n_totals = STREAM_KINDS;
	footer.totals = totals;
	footer.n_probes = STREAM_KINDS;
	footer.probes = all.list;
	footer.has_kernel_oom_kills = 1;
	footer.kernel_oom_kills = stream->kernel_oom_kills;
	PUT_HASH(stream, &footer);
	record.body_case = RINGSIDE__V1__RECORD__BODY_FOOTER;
	record.footer = &footer;
	stream->hashed_from = stream->size;
	stream_record(stream, &record);
}

void stream_drop(struct stream *stream, unsigned kind, unsigned cpu, uint64_t n)
{
	stream->sums[kind][cpu].seen += n;
	stream->sums[kind][cpu].dropped += n;
	if (kind == STREAM_OOM)
		stream->kernel_oom_kills += n;
}

void stream_hold(struct stream *stream, unsigned kind, unsigned cpu, uint64_t n)
{
	stream->sums[kind][cpu].seen += n;
	stream->sums[kind][cpu].limited += n;
}

void stream_lost(struct stream *stream, Ringside__V1__Lost__Reason reason, unsigned kind,
		 unsigned cpu, uint64_t n)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Lost lost = RINGSIDE__V1__LOST__INIT;

	lost.has_reason = lost.has_count = lost.has_cpu = 1;
	lost.reason = reason;
	lost.kind = TEXT(stream_kind(kind));
	lost.count = n;
	lost.cpu = cpu;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	record.lost = &lost;
	stream_record(stream, &record);
}

void stream_limited(struct stream *stream, unsigned kind, uint64_t n)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Limited limited = RINGSIDE__V1__LIMITED__INIT;

	limited.kind = TEXT(stream_kind(kind));
	limited.has_count = 1;
	limited.count = n;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED;
	record.limited = &limited;
	stream_record(stream, &record);
}
