/* SPDX-License-Identifier: Apache-2.0 */
/* What an event costs from the ring to the file: the streamer's own pipeline over a real ring.
 * Baselines, over the same records in the same process, in turns: a drain that does nothing with
 * a record; and the same pipeline with protobuf-c, which packs a ready message of the event.
 *
 * First the ring is filled and then drained, for times; then a producer runs at full speed
 * beside it, for drops. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "denial.h"
#include "flood-kernel.h"
#include "load.h"
#include "pipeline-part.h"

#define RUNS 11
#define EVENTS 24576u /* three quarters of the ring */
#define BURST 16384u  /* between two looks at the clock */
#define FLOODS 3
#define FLOOD_NANO 500000000ull
#define PIECE (128u * 1024) /* of what is written: what the streamer writes at once */

#define TMPFS "/dev/shm/ringside-bench-"
#define DISK "/var/tmp/ringside-bench-"

/* What is done with the records. */
enum deed {
	NOTHING,
	READ,  /* each word of them is looked at */
	HASH,  /* nothing, but the bytes of their frames are hashed */
	WRITE, /* nothing, but as many bytes are written */
	ENCODE,
	PACK,
};

struct way {
	const char *name;
	enum deed deed;
	const char *path;
};

static const struct way ways[] = {
	{"no-op drain", NOTHING, NULL},
	{"drain that reads", READ, NULL},
	{"xxh64 alone", HASH, NULL},
	{"write(2) alone, tmpfs", WRITE, TMPFS "w"},
	{"write(2) alone, disk", WRITE, DISK "w"},
	{"streamer, /dev/null", ENCODE, "/dev/null"},
	{"streamer, tmpfs", ENCODE, TMPFS "s.pb"},
	{"streamer, disk", ENCODE, DISK "s.pb"},
	{"streamer, tmpfs, zstd", ENCODE, TMPFS "s.pb.zst"},
	{"protobuf-c, /dev/null", PACK, "/dev/null"},
	{"protobuf-c, tmpfs", PACK, TMPFS "p.pb"},
	{"protobuf-c, disk", PACK, DISK "p.pb"},
	{"protobuf-c, tmpfs, zstd", PACK, TMPFS "p.pb.zst"},
};

#define TO_PACKED 4 /* from a way of the streamer's to protobuf-c's */

struct line {
	const struct way *way;
	int fd; /* of the file, -1: none */
	struct sink *sink;
	struct pipeline *pipeline;
	struct ring ring;
	double values[RUNS];
};

static struct load *load;          /* that is in the ring */
static bool packs;                 /* the pipeline that runs */
static volatile sig_atomic_t stop; /* the consumers that are no pipeline */
static uint64_t sink_of_words;     /* for the compiler */
static uint8_t piece[PIECE];

int __real_encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
			 const struct encoder_stamp *stamp, uint8_t *buf, size_t *ret_size);
int __wrap_encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
			 const struct encoder_stamp *stamp, uint8_t *buf, size_t *ret_size);

/* The linker puts it in encoder_event's place. */
int __wrap_encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
			 const struct encoder_stamp *stamp, uint8_t *buf, size_t *ret_size)
{
	Ringside__V1__Record *message;
	uint8_t *p;

	if (!packs)
		return __real_encoder_event(encoder, head, size, stamp, buf, ret_size);
	message = load->messages[load_index(head)];
	message->cpu_sums->cpu = head->cpu;
	message->cpu_sums->seen = head->seen;
	message->cpu_sums->dropped = head->dropped;
	message->boottime_nano = head->boottime_nano;
	message->time_unix_nano = head->boottime_nano + (uint64_t)stamp->realtime_offset;
	message->seq = stamp->seq;
	p = pb_put_varint(buf, ringside__v1__record__get_packed_size(message));
	*ret_size = (size_t)(p - buf) + ringside__v1__record__pack(message, p);
	return 0;
}

static void die(const char *what)
{
	(void)fprintf(stderr, "bench-drain: %s\n", what);
	exit(EXIT_FAILURE);
}

/* ring_fn */
static int do_nothing(void *data, const void *record, size_t size)
{
	return 0;
}

/* ring_fn */
static int read_words(void *data, const void *record, size_t size)
{
	const uint64_t *words = record;
	uint64_t sum = 0;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		sum ^= words[i];
	sink_of_words ^= sum;
	return 0;
}

static bool is_piped(const struct way *way)
{
	return way->deed == ENCODE || way->deed == PACK;
}

static void open_line(struct line *line, const struct way *way, struct kernel *kernel)
{
	static const struct options options = {.kernel = {.probes = 2}, .counters_interval = 10};
	const struct sink_config config = {.path = way->path,
					   .force = true,
					   .level = SINK_LEVEL_BY_NAME};
	char error[1024];

	*line = (struct line){.way = way, .fd = -1, .ring = RING_NULL};
	if (ring_init(&line->ring, kernel_bulk_fd(kernel)) < 0)
		die("cannot map the ring");
	if (way->deed == WRITE)
		line->fd = open(way->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (way->deed == WRITE && line->fd < 0)
		die(way->path);
	if (!is_piped(way))
		return;
	packs = way->deed == PACK;
	if (sink_open(&line->sink, &config, error, sizeof(error)) < 0 ||
	    pipeline_new(&line->pipeline, &options, kernel, line->sink, error, sizeof(error)) < 0)
		die(error);
	line->fd = sink_fd(line->sink);
}

static void close_line(struct line *line)
{
	if (line->way->deed == WRITE)
		(void)close(line->fd);
	line->pipeline = pipeline_free(line->pipeline);
	line->sink = sink_free(line->sink);
	ring_done(&line->ring);
	if (line->way->path && strcmp(line->way->path, "/dev/null"))
		(void)unlink(line->way->path);
}

static unsigned drain(struct line *line)
{
	unsigned n;

	(void)ring_drain(&line->ring, 256, line->way->deed == READ ? read_words : do_nothing, NULL,
			 &n);
	return n;
}

static void take_all(struct line *line, unsigned n)
{
	struct pipeline *p = line->pipeline;

	packs = line->way->deed == PACK;
	while (!p && n)
		n -= drain(line);
	if (!p)
		return;
	p->left = n;
	p->reason = NULL;
	if (pipeline_run(p) || p->failure)
		die("the pipeline failed");
	p->reason = NULL;
	pipeline_flush(p);
}

static void hash_or_write(const struct line *line)
{
	size_t bytes = EVENTS * (ringside__v1__record__get_packed_size(load->messages[0]) + 2);
	XXH64_state_t *state = XXH64_createState();

	(void)XXH64_reset(state, 0);
	for (size_t size; bytes; bytes -= size) {
		size = bytes < PIECE ? bytes : PIECE;
		if (line->way->deed == HASH)
			(void)XXH64_update(state, piece, size);
		else if (write(line->fd, piece, size) != (ssize_t)size)
			die(line->way->path);
	}
	sink_of_words ^= XXH64_digest(state);
	(void)XXH64_freeState(state);
}

/* Its pages are needed again: memory that is new to a guest would cost more than all else here. */
static void empty_file(const struct line *line)
{
	struct stat st;

	if (line->fd >= 0 && !fstat(line->fd, &st) && S_ISREG(st.st_mode))
		(void)fallocate(line->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				st.st_size);
}

static double time_line(struct line *line, struct kernel *kernel)
{
	enum deed deed = line->way->deed;
	bool alone = deed == HASH || deed == WRITE;
	uint64_t start;

	empty_file(line);
	if (!alone)
		flood_run(kernel, EVENTS);
	start = cpu_nano();
	if (alone)
		hash_or_write(line);
	else
		take_all(line, EVENTS);
	return (double)(cpu_nano() - start) / EVENTS;
}

static void use(const struct flood_record *records, struct kernel *kernel)
{
	memcpy(flood_records(kernel), records, FLOOD_RECORDS * sizeof(*records));
}

/* The first events of all bring their paths. */
static void introduce(struct line *line, struct kernel *kernel)
{
	use(load->first, kernel);
	flood_run(kernel, FLOOD_RECORDS);
	take_all(line, FLOOD_RECORDS);
	use(load->records, kernel);
}

static void print_times(struct line *lines)
{
	double nano[ARRAY_SIZE(ways)];

	printf("\n%s: a full ring drained, ns of CPU an event of %zu bytes; medians of %u\n"
	       "%-26s %8s %9s %9s %15s\n",
	       load->name, ringside__v1__record__get_packed_size(load->messages[0]) + 2, RUNS, "",
	       "ns", "x no-op", "x reads", "protobuf-c is");
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		nano[i] = median(lines[i].values, RUNS);
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		printf("%-26s %8.1f %9.1f %9.1f", ways[i].name, nano[i], nano[i] / nano[0],
		       nano[i] / nano[1]);
		if (ways[i].deed == ENCODE)
			printf(" %10.1f x it", nano[i + TO_PACKED] / nano[i]);
		(void)putchar('\n');
	}
}

static void bench_times(struct load *next, struct kernel *kernel)
{
	struct line lines[ARRAY_SIZE(ways)];

	load = next;
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		open_line(&lines[i], &ways[i], kernel);
		introduce(&lines[i], kernel);
		(void)time_line(&lines[i], kernel);
	}
	for (unsigned run = 0; run < RUNS; run++)
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
			lines[i].values[run] = time_line(&lines[i], kernel);
	print_times(lines);
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		close_line(&lines[i]);
}

static void run_on(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

/* A thread. */
static void *produce(void *data)
{
	uint64_t start;

	run_on(1);
	start = now_nano();
	do
		flood_run(data, BURST);
	while (now_nano() - start < FLOOD_NANO);
	stop = true;
	(void)kill(getpid(), SIGTERM);
	return NULL;
}

static uint64_t drain_until_stopped(struct line *line)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	uint64_t taken = 0;
	bool last = false;

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, line->ring.fd, &event) < 0)
		die("epoll");
	while (!last) {
		last = stop;
		for (unsigned n; (n = drain(line));)
			taken += n;
		if (!last)
			(void)epoll_wait(epoll, &event, 1, 10);
	}
	(void)close(epoll);
	return taken;
}

/* Returns the events that got where they should. */
static uint64_t consume(struct line *line)
{
	struct pipeline *p = line->pipeline;
	char error[1024];
	uint64_t before;

	if (!p)
		return drain_until_stopped(line);
	before = totals_written(&p->totals, WIRE_SECCOMP_DENIAL);
	if (pipeline_run(p) || pipeline_close(p, error, sizeof(error)) < 0)
		die("the pipeline failed");
	return totals_written(&p->totals, WIRE_SECCOMP_DENIAL) - before;
}

struct flow {
	double seen[FLOODS], taken[FLOODS], dropped[FLOODS];
};

static void flood_line(struct kernel *kernel, const struct way *way, struct flow *flow,
		       unsigned run)
{
	struct wire_sums before, after;
	uint64_t taken, seen, dropped, start;
	struct line line;
	pthread_t thread;
	double seconds;

	open_line(&line, way, kernel);
	introduce(&line, kernel);
	before = flood_sums(kernel);
	stop = false;
	start = now_nano();
	if (pthread_create(&thread, NULL, produce, kernel))
		die("no thread");
	taken = consume(&line);
	(void)pthread_join(thread, NULL);
	seconds = (double)(now_nano() - start) / 1e9;
	after = flood_sums(kernel);
	seen = after.seen - before.seen;
	dropped = after.dropped - before.dropped;
	if (seen != taken + dropped)
		die("seen is not taken + dropped");
	flow->seen[run] = (double)seen / seconds / 1e6;
	flow->taken[run] = (double)taken / seconds / 1e6;
	flow->dropped[run] = 100.0 * (double)dropped / (double)seen;
	close_line(&line);
}

static void bench_drops(struct load *next, struct kernel *kernel)
{
	static struct flow flows[ARRAY_SIZE(ways)];
	sigset_t set;

	load = next;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	for (unsigned run = 0; run < FLOODS; run++)
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
			if (ways[i].deed == HASH || ways[i].deed == WRITE)
				continue;
			flood_line(kernel, &ways[i], &flows[i], run);
			(void)sigtimedwait(&set, NULL, &(struct timespec){0});
		}
	printf("\n%s: beside a producer at full speed, million events a second; medians of %u\n"
	       "seen = taken + dropped in each\n%-26s %8s %8s %9s\n",
	       load->name, FLOODS, "", "seen", "taken", "dropped");
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		if (ways[i].deed != HASH && ways[i].deed != WRITE)
			printf("%-26s %8.2f %8.2f %8.1f%%\n", ways[i].name,
			       median(flows[i].seen, FLOODS), median(flows[i].taken, FLOODS),
			       median(flows[i].dropped, FLOODS));
}

int main(void)
{
	struct kernel *kernel = flood_new();
	struct load *storm = load_storm(), *node = load_node();
	sigset_t set;

	/* for all threads: the pipeline waits for it */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	memset(piece, 'x', sizeof(piece));
	run_on(0);
	bench_times(storm, kernel);
	bench_times(node, kernel);
	bench_drops(storm, kernel);
	bench_drops(node, kernel);
	(void)load_free(storm);
	(void)load_free(node);
	(void)kernel_free(kernel);
	return 0;
}
