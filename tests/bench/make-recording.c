/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: make-recording MIB [EVENTS [VERSION [STREAM]]] >FILE
 *
 * For benchmarks: a recording of at least MIB MiB before compression, or of EVENTS, as the streamer
 * makes it: its encoder, its compressor. VERSION: of the format (2); in 1 there are no runs of
 * events. STREAM: a digit (1): others are of other boots of the host, a day apart, so that a folder
 * of them holds no copies. Denials of 40 containers in an irregular rhythm, 20 a second, and an OOM
 * kill for every 1000. */
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "proto/record/container.h"
#include "proto/record/frame.h"
#include "proto/recording/recording-writer.h"
#include "proto/ringside-fields.h"
#include "tests/lib/wire-record.h"

#define CONTAINERS 40u
#define THREADS 9u
#define BATCH (64u * 1024) /* as much as the streamer writes at once in a storm */
#define REALTIME 1763780645000000000
#define DAY 86400000000000
#define RUN (32u * 1024) /* of events, as in the streamer */
#define CPUS 8u

struct maker {
	struct encoder *encoder;
	struct recording_writer *writer;
	struct wire_record record;
	unsigned version; /* of the format */
	unsigned stream;
	uint64_t realtime_offset;
	uint64_t random, seq, boottime;
	uint8_t batch[BATCH + ENCODER_FRAME_MAX];
	size_t size;
	uint64_t seen[WIRE_PROBE_COUNT][CPUS];
	size_t run; /* bytes of the run of events; 0: the next one begins another */
	struct {
		bool set;
		struct record_sums sums;
	} before[WIRE_PROBE_COUNT][CPUS]; /* in the run */
};

/* xorshift: the same recording every time */
static uint64_t any(struct maker *maker, uint64_t below)
{
	maker->random ^= maker->random << 13;
	maker->random ^= maker->random >> 7;
	maker->random ^= maker->random << 17;
	return maker->random % below;
}

static void write_output(struct maker *maker)
{
	size_t size;
	const uint8_t *out = recording_writer_output(maker->writer, &size);

	if (write_all(STDOUT_FILENO, out, size) < 0)
		exit(1);
	recording_writer_wrote(maker->writer, size);
}

static void flush(struct maker *maker)
{
	size_t at = 0;

	while (at < maker->size) {
		ssize_t n = recording_writer_put(maker->writer, maker->batch + at, maker->size - at,
						 maker->boottime);

		if (n < 0)
			exit(1);
		write_output(maker);
		at += (size_t)n;
	}
	maker->size = 0;
}

/* Puts the record in @pb, which begins behind the room for its length. */
static void put_record(struct maker *maker, struct pb *pb, const uint8_t *start)
{
	uint8_t *p = frame_put_length(maker->batch + maker->size, (size_t)(pb->p - start));

	if (pb->overflow)
		abort();
	memcpy(p, start, (size_t)(pb->p - start));
	maker->size = (size_t)(p - maker->batch) + (size_t)(pb->p - start);
}

static void put_stamp(struct maker *maker, struct pb *pb)
{
	pb_fixed64(pb, FIELD_RECORD_BOOTTIME_NANO, maker->boottime);
	pb_fixed64(pb, FIELD_RECORD_TIME_UNIX_NANO, maker->realtime_offset + maker->boottime);
	pb_uint(pb, FIELD_RECORD_SEQ, ++maker->seq);
}

static void put_header(struct maker *maker)
{
	char stream_id[17], boot_id[37];
	uint8_t buf[512], *mark;
	struct pb pb = pb_make(buf, sizeof(buf));

	mark = pb_open(&pb, FIELD_RECORD_HEADER);
	pb_string(&pb, FIELD_HEADER_MAGIC, "RINGSIDE");
	pb_uint(&pb, FIELD_HEADER_FORMAT_VERSION, maker->version);
	(void)snprintf(stream_id, sizeof(stream_id), "sixteen bytes %02u", maker->stream);
	pb_bytes(&pb, FIELD_HEADER_STREAM_ID, stream_id, 16);
	pb_uint(&pb, FIELD_HEADER_FIRST_SEQ, 1);
	pb_string(&pb, FIELD_HEADER_HOST_NAME, "bench");
	(void)snprintf(boot_id, sizeof(boot_id), "f0a1b2c3-0000-4000-8000-%012u", maker->stream);
	pb_string(&pb, FIELD_HEADER_BOOT_ID, boot_id);
	pb_uint(&pb, FIELD_HEADER_IDENTITY_VERSION, CONTAINER_IDENTITY_VERSION);
	pb_close(&pb, mark);
	put_stamp(maker, &pb);
	put_record(maker, &pb, buf);
}

/* Nothing was held back or dropped: what was seen was submitted and written. */
static void put_sums(struct pb *pb, const char *kind, const uint64_t *seen)
{
	uint8_t *sums = pb_open(pb, FIELD_FOOTER_PROBES);

	pb_string(pb, FIELD_PROBE_SUMS_KIND, kind);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		uint8_t *mark = pb_open(pb, FIELD_PROBE_SUMS_CPUS);

		pb_uint(pb, FIELD_CPU_COUNTERS_CPU, cpu);
		pb_uint(pb, FIELD_CPU_COUNTERS_SEEN, seen[cpu]);
		pb_uint(pb, FIELD_CPU_COUNTERS_SUBMITTED, seen[cpu]);
		pb_uint(pb, FIELD_CPU_COUNTERS_WRITTEN, seen[cpu]);
		pb_uint(pb, FIELD_CPU_COUNTERS_CARRIED_SEEN, seen[cpu]);
		pb_close(pb, mark);
	}
	pb_close(pb, sums);
}

static void put_footer(struct maker *maker)
{
	uint8_t buf[1024], *mark;
	struct pb pb = pb_make(buf, sizeof(buf));

	mark = pb_open(&pb, FIELD_RECORD_FOOTER);
	pb_string(&pb, FIELD_FOOTER_REASON, "SIGTERM");
	pb_uint(&pb, FIELD_FOOTER_RECORDS, maker->seq + 1);
	put_sums(&pb, "oom_kill", maker->seen[WIRE_OOM_KILL]);
	put_sums(&pb, "seccomp_denial", maker->seen[WIRE_SECCOMP_DENIAL]);
	pb_close(&pb, mark);
	put_stamp(maker, &pb);
	put_record(maker, &pb, buf);
}

static void fill_process(struct wire_process *process, unsigned container, unsigned thread)
{
	static const char *const names[] = {"nginx", "python3", "java", "php-fpm", "node"};

	*process = (struct wire_process){
		.pid = 30000 + 20 * container,
		.tid = 30000 + 20 * container + thread,
		.ppid = 29999,
		.vpid = 1 + thread,
		.uid = 1000 + container,
		.gid = 1000,
		.start_boottime = 1000000000000ull * container,
	};
	(void)snprintf(process->comm, sizeof(process->comm), "%s", names[container % 5]);
	memcpy(process->leader_comm, process->comm, sizeof(process->leader_comm));
}

static void set_path(struct wire_record *record, struct wire_cgroup *cgroup, unsigned container)
{
	char path[256];

	(void)snprintf(
		path, sizeof(path),
		"/kubepods.slice/kubepods-burstable.slice/"
		"kubepods-burstable-pod%08x_43a0_413e_aac2_5eb0868f6c1a.slice/"
		"cri-containerd-%08xf3d70e1beff50a308f77067065ea6be0d91a3378375056cd%08x.scope",
		container * 2654435761u, container * 40503u, container * 2246822519u);
	record_path(record, &cgroup->path, path);
}

static void fill_denial(struct maker *maker, bool with_path)
{
	static const int calls[] = {250, 435, 101, 321, 298, 272};
	struct wire_record *record = &maker->record;
	struct wire_seccomp_denial *denial = &record->denial;
	unsigned container = (unsigned)any(maker, CONTAINERS);

	record_init(record, WIRE_SECCOMP_DENIAL);
	fill_process(&denial->process, container, (unsigned)any(maker, THREADS));
	denial->cgroup.id = 1000 + container;
	denial->key = (struct wire_denial_key){
		.cgroup_id = 1000 + container,
		.arch = AUDIT_ARCH_X86_64,
		.nr = calls[any(maker, 6)],
		.action = SECCOMP_RET_ERRNO,
		.error = any(maker, 8) ? 1 : 38,
	};
	denial->ip = 0x7f0000000000 + (container << 20) + any(maker, 64) * 16;
	for (unsigned i = 0; i < 6; i++)
		denial->args[i] = i & 1 ? 0x7ffd00000000 + any(maker, 1 << 20) * 8 : any(maker, 64);
	denial->ret_data = denial->key.error;
	denial->filters = 1;
	denial->flags = WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_ERRNO | WIRE_SECCOMP_HAS_DATA |
			WIRE_SECCOMP_HAS_CALL | WIRE_SECCOMP_KNOWS_LOG;
	if (!with_path)
		return;
	record_path(record, &denial->process.exe, "/usr/sbin/nginx");
	set_path(record, &denial->cgroup, container);
}

static void fill_kill(struct maker *maker)
{
	struct wire_record *record = &maker->record;
	struct wire_oom_kill *kill = &record->kill;
	unsigned container = (unsigned)any(maker, CONTAINERS);

	record_init(record, WIRE_OOM_KILL);
	fill_process(&kill->victim, container, 0);
	fill_process(&kill->trigger, container, 1);
	record_path(record, &kill->victim.exe, "/usr/bin/java");
	kill->victim_cgroup.id = kill->trigger_cgroup.id = kill->owner.id = 1000 + container;
	set_path(record, &kill->victim_cgroup, container);
	set_path(record, &kill->trigger_cgroup, container);
	set_path(record, &kill->owner, container);
	kill->limit_bytes = kill->usage_bytes = 512 << 20;
	kill->anon_rss_bytes = any(maker, 512 << 8) * 4096;
	kill->scope = WIRE_SCOPE_MEMCG;
	kill->kill_id = maker->seq;
	kill->victim_number = 1;
	kill->flags =
		WIRE_OOM_HAS_OWNER | WIRE_OOM_HAS_POINTS | WIRE_OOM_HAS_CONTROL | WIRE_OOM_HAS_MM;
}

static struct record_stamp next_stamp(struct maker *maker)
{
	const struct wire_head *head = &maker->record.head;
	bool goes_on = maker->version > 1 && maker->run && maker->run < RUN;

	if (!goes_on) {
		maker->run = 0;
		memset(maker->before, 0, sizeof(maker->before));
	}
	return (struct record_stamp){
		.seq = ++maker->seq,
		.realtime_offset = maker->realtime_offset,
		.goes_on = goes_on,
		.before = maker->before[head->probe][head->cpu].set
				  ? &maker->before[head->probe][head->cpu].sums
				  : NULL,
	};
}

static void put_event(struct maker *maker, uint64_t number)
{
	struct wire_head *head = &maker->record.head;
	struct record_stamp stamp;
	size_t size;

	maker->boottime += any(maker, 100000000); /* 50 ms on average */
	if (number % 1000 == 999)
		fill_kill(maker);
	else
		fill_denial(maker, number < 20 * CONTAINERS);
	head->boottime_nano = maker->boottime;
	head->cpu = (uint32_t)any(maker, CPUS);
	head->seen = ++maker->seen[head->probe][head->cpu];
	head->limited = head->dropped = 0;
	stamp = next_stamp(maker);
	if (encoder_event(maker->encoder, head, head->size, &stamp, maker->batch + maker->size,
			  &size) < 0)
		abort();
	maker->size += size;
	maker->run += size;
	maker->before[head->probe][head->cpu].set = true;
	maker->before[head->probe][head->cpu].sums.seen = head->seen;
}

int main(int argc, char **argv)
{
	static const struct kubelet nowhere = {};
	uint64_t bytes = argc > 1 ? strtoull(argv[1], NULL, 10) << 20 : 0, done = 0;
	uint64_t events = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_MAX;
	struct maker *maker = calloc(1, sizeof(*maker));

	if ((!bytes && argc < 3) || isatty(STDOUT_FILENO)) {
		(void)fputs("usage: make-recording MIB [EVENTS [VERSION [STREAM]]] >FILE\n",
			    stderr);
		return 2;
	}
	if (!maker || encoder_new(&maker->encoder, &nowhere) < 0 ||
	    recording_writer_new(&maker->writer, RECORDING_LEVEL_DEFAULT) < 0)
		return 1;
	maker->version = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 2;
	maker->stream = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) % 10 : 1;
	maker->realtime_offset = REALTIME + maker->stream * DAY;
	maker->random = 88172645463325252u;
	maker->boottime = 1000000000;
	put_header(maker);
	for (uint64_t n = 0; n < events && (argc > 2 || done < bytes); n++) {
		put_event(maker, n);
		if (maker->size < BATCH)
			continue;
		done += maker->size;
		flush(maker);
	}
	put_footer(maker);
	flush(maker);
	if (recording_writer_close(maker->writer) < 0)
		return 1;
	write_output(maker);
	(void)recording_writer_free(maker->writer);
	(void)encoder_free(maker->encoder);
	free(maker);
	return 0;
}
