/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer's encoder costs per event, against protobuf-c packing an equal message that
 * is ready in memory (filling that message is not counted). Both in one process, in turns; the
 * median of the runs. */
#include "tests/lib/denial.h"
#include "tests/lib/stopwatch.h"

#define RUNS 31
#define EVENTS 20000

struct bench {
	const char *name;
	struct encoder *encoder;
	uint8_t *ring; /* records, as they lie in the ring; taken in turn */
	size_t stride;
	unsigned n_records;
	Ringside__V1__Record *message;
	uint8_t frame[ENCODER_FRAME_MAX], packed[ENCODER_FRAME_MAX];
	size_t frame_size;
};

static void fill_kill(struct wire_record *record)
{
	struct wire_oom_kill *kill = &record->kill;

	record_init(record, WIRE_OOM_KILL);
	fill_process(&kill->victim);
	fill_process(&kill->trigger);
	kill->trigger.pid++;
	record_path(record, &kill->victim.exe, "/usr/sbin/nginx");
	record_path(record, &kill->trigger.exe, "/usr/sbin/nginx");
	kill->victim_cgroup.id = kill->trigger_cgroup.id = 1;
	kill->owner.id = 2;
	record_path(record, &kill->victim_cgroup.path, POD "/cri-containerd-" ID ".scope");
	record_path(record, &kill->trigger_cgroup.path, POD "/cri-containerd-" ID ".scope");
	record_path(record, &kill->owner.path, POD);
	kill->limit_bytes = kill->usage_bytes = kill->anon_rss_bytes = 512 << 20;
	kill->scope = WIRE_SCOPE_MEMCG;
	kill->kill_id = kill->victim_number = 1;
	kill->flags =
		WIRE_OOM_HAS_OWNER | WIRE_OOM_HAS_POINTS | WIRE_OOM_HAS_CONTROL | WIRE_OOM_HAS_MM;
}

static void encode_one(struct bench *bench, unsigned i)
{
	const struct wire_head *head =
		(const void *)(bench->ring + i % bench->n_records * bench->stride);
	struct record_stamp stamp = {.seq = 1000000 + i, .realtime_offset = 1700000000000000000};

	if (encoder_event(bench->encoder, head, head->size, &stamp, bench->frame,
			  &bench->frame_size) < 0)
		abort();
}

static double time_encoder(struct bench *bench)
{
	uint64_t start = cpu_nano();

	for (unsigned i = 0; i < EVENTS; i++)
		encode_one(bench, i);
	return (double)(cpu_nano() - start) / EVENTS;
}

static double time_pack(struct bench *bench)
{
	uint64_t start = cpu_nano();

	for (unsigned i = 0; i < EVENTS; i++) {
		bench->message->seq = 1000000 + i;
		if (!ringside__v1__record__pack(bench->message, bench->packed))
			abort();
	}
	return (double)(cpu_nano() - start) / EVENTS;
}

static void run(struct bench *bench)
{
	double encoder[RUNS], pack[RUNS], ns, pack_ns;

	encode_one(bench, 0);
	bench->message = record_decode(bench->frame, bench->frame_size);
	(void)time_encoder(bench);
	(void)time_pack(bench);
	for (unsigned i = 0; i < RUNS; i++) {
		encoder[i] = time_encoder(bench);
		pack[i] = time_pack(bench);
	}
	ns = median(encoder, RUNS);
	pack_ns = median(pack, RUNS);
	printf("%-34s %5zu %9.1f %12.1f %7.1f\n", bench->name, bench->frame_size, ns, pack_ns,
	       pack_ns / ns);
	ringside__v1__record__free_unpacked(bench->message, NULL);
}

static struct bench *bench_new(const char *name, unsigned n_records, size_t stride)
{
	static const struct kubelet nowhere = {};
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench || encoder_new(&bench->encoder, &nowhere) < 0)
		abort();
	bench->name = name;
	bench->n_records = n_records;
	bench->stride = stride;
	bench->ring = calloc(n_records, stride);
	if (!bench->ring)
		abort();
	return bench;
}

static void bench_free(struct bench *bench)
{
	(void)encoder_free(bench->encoder);
	free(bench->ring);
	free(bench);
}

/* The first event brings the paths, the measured ones do not. */
static void warm_up(struct bench *bench, const struct wire_record *record)
{
	struct wire_record with_paths = *record;
	struct record_stamp stamp = {};

	record_path(&with_paths, &with_paths.denial.process.exe, "/usr/sbin/nginx");
	record_path(&with_paths, &with_paths.denial.cgroup.path,
		    POD "/cri-containerd-" ID ".scope");
	if (encoder_event(bench->encoder, &with_paths.head, with_paths.head.size, &stamp,
			  bench->frame, &bench->frame_size) < 0)
		abort();
}

static void bench_denials(const char *name, unsigned n,
			  void (*vary)(struct wire_record *, unsigned))
{
	struct bench *bench = bench_new(name, n, sizeof(struct wire_seccomp_denial) + 8);

	for (unsigned i = 0; i < n; i++) {
		struct wire_record record;

		fill_denial(&record);
		vary(&record, i);
		warm_up(bench, &record);
		memcpy(bench->ring + i * bench->stride, &record, sizeof(record.denial));
	}
	run(bench);
	bench_free(bench);
}

static void nothing_varies(struct wire_record *record, unsigned i)
{
}

static void thread_varies(struct wire_record *record, unsigned i)
{
	record->denial.process.tid += i;
}

static void all_varies(struct wire_record *record, unsigned i)
{
	record->denial.process.pid += i;
	record->denial.process.start_boottime += i;
	record->denial.cgroup.id += i;
	record->denial.key.nr += (int)i;
	record->denial.args[0] = 1ull << 8 * i;
}

/* 64 processes in 16 containers, each refused two calls. */
static void node_varies(struct wire_record *record, unsigned i)
{
	record->denial.process.pid += i % 64;
	record->denial.process.tid += i % 64;
	record->denial.process.start_boottime += i % 64;
	record->denial.cgroup.id += i % 16;
	record->denial.key.nr += (int)(i / 64 % 2);
}

/* A buffer elsewhere each time. */
static void pointer_varies(struct wire_record *record, unsigned i)
{
	all_varies(record, i % 8);
	record->denial.args[1] += 4096ull * i;
}

static void registers_vary(struct wire_record *record, unsigned i)
{
	all_varies(record, i % 8);
	record->denial.ip += i;
	for (unsigned k = 0; k < 6; k++)
		record->denial.args[k] += i;
}

static void bench_kills(const char *name)
{
	struct bench *bench = bench_new(name, 1, sizeof(struct wire_record));

	fill_kill((struct wire_record *)bench->ring);
	run(bench);
	bench_free(bench);
}

int main(void)
{
	printf("encode alone, ns an event; baseline: protobuf-c, packing a ready message\n"
	       "%-34s %5s %9s %12s %7s\n",
	       "", "bytes", "encoder", "protobuf-c", "ratio");
	bench_denials("seccomp_denial, same again", 1, nothing_varies);
	bench_denials("seccomp_denial, 8 threads", 8, thread_varies);
	bench_denials("seccomp_denial, 8 containers", 8, all_varies);
	bench_denials("seccomp_denial, 16 containers", 512, node_varies);
	bench_denials("8 containers, a new pointer each", 512, pointer_varies);
	bench_denials("8 containers, new registers each", 512, registers_vary);
	bench_kills("oom_kill, with its paths");
	return 0;
}
