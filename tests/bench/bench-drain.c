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

#include "denial.h"
#include "flood-kernel.h"
#include "load.h"
#include "pipeline-part.h"

#define RUNS 11
#define EVENTS 24576u /* three quarters of the ring */
#define BURST 65536u  /* between two looks at the clock */
#define FLOOD_NANO 1500000000ull

/* Where to; without a path nothing is done with a record. */
struct way {
	const char *name;
	const char *path;
	bool packs; /* by protobuf-c */
};

static const struct way ways[] = {
	{"no-op", NULL, false},
	{"streamer, /dev/null", "/dev/null", false},
	{"streamer, tmpfs", "/dev/shm/ringside-bench-s.pb", false},
	{"streamer, disk", "/var/tmp/ringside-bench-s.pb", false},
	{"streamer, tmpfs, zstd", "/dev/shm/ringside-bench-s.pb.zst", false},
	{"protobuf-c, /dev/null", "/dev/null", true},
	{"protobuf-c, tmpfs", "/dev/shm/ringside-bench-p.pb", true},
	{"protobuf-c, disk", "/var/tmp/ringside-bench-p.pb", true},
	{"protobuf-c, tmpfs, zstd", "/dev/shm/ringside-bench-p.pb.zst", true},
};

#define NOTHING 0 /* of ways */
#define TO_TMPFS 2
#define PACKED_TO_TMPFS 6

struct line {
	const struct way *way;
	struct sink *sink;
	struct pipeline *pipeline;
	struct ring ring;
	double nano[RUNS];
};

static struct load *load;          /* that is in the ring */
static bool packs;                 /* the pipeline that runs */
static volatile sig_atomic_t stop; /* the consumer that does nothing */

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

static void open_line(struct line *line, const struct way *way, struct kernel *kernel)
{
	static const struct options options = {.kernel = {.probes = 2}, .counters_interval = 10};
	const struct sink_config config = {.path = way->path,
					   .force = true,
					   .level = SINK_LEVEL_BY_NAME};
	char error[1024];

	*line = (struct line){.way = way, .ring = RING_NULL};
	if (ring_init(&line->ring, kernel_bulk_fd(kernel)) < 0)
		die("cannot map the ring");
	if (!way->path)
		return;
	packs = way->packs;
	if (sink_open(&line->sink, &config, error, sizeof(error)) < 0 ||
	    pipeline_new(&line->pipeline, &options, kernel, line->sink, error, sizeof(error)) < 0)
		die(error);
}

static void close_line(struct line *line)
{
	line->pipeline = pipeline_free(line->pipeline);
	line->sink = sink_free(line->sink);
	ring_done(&line->ring);
	if (line->way->path && strcmp(line->way->path, "/dev/null"))
		(void)unlink(line->way->path);
}

/* Takes @n records, the way the streamer runs. */
static void take(struct line *line, unsigned n)
{
	struct pipeline *p = line->pipeline;
	unsigned taken;

	packs = line->way->packs;
	while (!p && n) {
		(void)ring_drain(&line->ring, 256, do_nothing, NULL, &taken);
		n -= taken;
	}
	if (!p)
		return;
	p->left = n;
	p->reason = NULL;
	if (pipeline_run(p) || p->failure)
		die("the pipeline failed");
	p->reason = NULL;
	pipeline_flush(p);
}

/* Its pages are needed again: memory that is new to a guest would cost more than all else here. */
static void empty_file(const struct line *line)
{
	struct stat st;

	if (line->sink && !fstat(sink_fd(line->sink), &st) && S_ISREG(st.st_mode))
		(void)fallocate(sink_fd(line->sink), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				st.st_size);
}

static double time_line(struct line *line, struct kernel *kernel)
{
	uint64_t start;

	empty_file(line);

	flood_run(kernel, EVENTS);
	start = now_nano();
	take(line, EVENTS);
	return (double)(now_nano() - start) / EVENTS;
}

static void use_load(struct load *next, struct kernel *kernel)
{
	load = next;
	memcpy(flood_records(kernel), load->records, sizeof(load->records));
}

static void print_times(struct line *lines)
{
	double nano[ARRAY_SIZE(ways)];

	printf("\n%s: drain of a full ring, ns an event; %u runs, medians\n%-26s %8s %10s %14s\n",
	       load->name, RUNS, "", "ns", "x no-op", "protobuf-c is");
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		nano[i] = median(lines[i].nano, RUNS);
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		printf("%-26s %8.1f %10.1f", ways[i].name, nano[i], nano[i] / nano[NOTHING]);
		if (ways[i].path && !ways[i].packs)
			printf(" %10.1f x it", nano[i + 4] / nano[i]);
		(void)putchar('\n');
	}
}

static void bench_times(struct load *next, struct kernel *kernel)
{
	struct line lines[ARRAY_SIZE(ways)];

	use_load(next, kernel);
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		open_line(&lines[i], &ways[i], kernel);
		(void)time_line(&lines[i], kernel);
	}
	for (unsigned run = 0; run < RUNS; run++)
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
			lines[i].nano[run] = time_line(&lines[i], kernel);
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
	uint64_t start = now_nano();

	run_on(1);
	while (now_nano() - start < FLOOD_NANO)
		flood_run(data, BURST);
	stop = true;
	(void)kill(getpid(), SIGTERM);
	return NULL;
}

static void drain_until_stopped(struct line *line, uint64_t *ret_taken)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool last = false;
	unsigned n;

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, line->ring.fd, &event) < 0)
		die("epoll");
	for (*ret_taken = 0; !last;) {
		last = stop;
		do {
			(void)ring_drain(&line->ring, 256, do_nothing, NULL, &n);
			*ret_taken += n;
		} while (n);
		if (!last)
			(void)epoll_wait(epoll, &event, 1, 10);
	}
	(void)close(epoll);
}

/* Returns the events that got where they should. */
static uint64_t consume(struct line *line)
{
	char error[1024];
	uint64_t taken;

	packs = line->way->packs;
	if (!line->pipeline) {
		drain_until_stopped(line, &taken);
		return taken;
	}
	if (pipeline_run(line->pipeline) ||
	    pipeline_close(line->pipeline, error, sizeof(error)) < 0)
		die("the pipeline failed");
	return totals_written(&line->pipeline->totals, WIRE_SECCOMP_DENIAL);
}

static void bench_drops(struct kernel *kernel, const struct way *way)
{
	struct wire_sums before = flood_sums(kernel), after;
	uint64_t taken, seen, dropped, start;
	struct line line;
	pthread_t thread;
	double seconds;

	open_line(&line, way, kernel);
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
	printf("%-26s %10.2f %10.2f %9.1f%%   %s\n", way->name, (double)seen / seconds / 1e6,
	       (double)taken / seconds / 1e6, 100.0 * (double)dropped / (double)seen,
	       seen == taken + dropped ? "yes" : "NO");
	if (seen != taken + dropped)
		die("events are missing");
	close_line(&line);
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
	run_on(0);
	bench_times(storm, kernel);
	bench_times(node, kernel);

	use_load(storm, kernel);
	printf("\nstorm: beside a producer at full speed\n%-26s %10s %10s %10s   %s\n", "",
	       "M seen/s", "M taken/s", "dropped", "sums close");
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		bench_drops(kernel, &ways[i]);
		(void)sigtimedwait(&set, NULL, &(struct timespec){0});
	}
	(void)load_free(storm);
	(void)load_free(node);
	(void)kernel_free(kernel);
	return 0;
}
