/* SPDX-License-Identifier: Apache-2.0 */
/* What an event costs from the ring to the file: the streamer's own pipeline over a real ring.
 * Baselines, over the same records in the same process, in turns: a drain that does nothing with
 * a record; and the same pipeline with protobuf-c, which packs a ready message of the event.
 *
 * First the ring is filled and then drained, for times; then a producer runs at full speed
 * beside it, for drops. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/bench/line.h"
#include "tests/lib/denial.h"
#include "tests/lib/stopwatch.h"

#define RUNS 11
#define EVENTS 24576u /* three quarters of the ring */
#define BURST 16384u  /* between two looks at the clock */
#define FLOODS 3
#define FLOOD_NANO 500000000ull

#define TMPFS "/dev/shm/ringside-bench-"
#define DISK "/var/tmp/ringside-bench-"

static const struct way ways[] = {
	{"no-op drain", NOTHING, NULL},
	{"drain that reads", READ, NULL},
	{"hash alone", HASH, NULL},
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

static volatile sig_atomic_t stop; /* the consumers that are no pipeline */

static void print_times(const struct load *load, double values[][RUNS])
{
	double nano[ARRAY_SIZE(ways)];

	printf("\n%s: a full ring drained, ns of CPU an event of %zu bytes; medians of %u\n"
	       "%-26s %8s %9s %9s %15s\n",
	       load->name, ringside__v1__record__get_packed_size(load->messages[0]) + 2, RUNS, "",
	       "ns", "x no-op", "x reads", "protobuf-c is");
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		nano[i] = median(values[i], RUNS);
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		printf("%-26s %8.1f %9.1f %9.1f", ways[i].name, nano[i], nano[i] / nano[0],
		       nano[i] / nano[1]);
		if (ways[i].deed == ENCODE)
			printf(" %10.1f x it", nano[i + TO_PACKED] / nano[i]);
		(void)putchar('\n');
	}
}

static void bench_times(const struct load *load, struct kernel *kernel)
{
	struct line lines[ARRAY_SIZE(ways)];
	double values[ARRAY_SIZE(ways)][RUNS];

	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		line_open(&lines[i], &ways[i], load, kernel);
		(void)line_time(&lines[i], EVENTS);
	}
	for (unsigned run = 0; run < RUNS; run++)
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
			values[i][run] = (double)line_time(&lines[i], EVENTS) / EVENTS;
	print_times(load, values);
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		line_close(&lines[i]);
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
		for (unsigned n; (n = line_drain(line));)
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

	line_run(line);
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

static void flood_line(struct line *line, struct flow *flow, unsigned run)
{
	struct wire_sums before = flood_sums(line->kernel), after;
	uint64_t taken, seen, dropped, start;
	pthread_t thread;
	double seconds;

	stop = false;
	start = now_nano();
	if (pthread_create(&thread, NULL, produce, line->kernel))
		die("no thread");
	taken = consume(line);
	(void)pthread_join(thread, NULL);
	seconds = (double)(now_nano() - start) / 1e9;
	after = flood_sums(line->kernel);
	seen = after.seen - before.seen;
	dropped = after.dropped - before.dropped;
	if (seen != taken + dropped)
		die("seen is not taken + dropped");
	flow->seen[run] = (double)seen / seconds / 1e6;
	flow->taken[run] = (double)taken / seconds / 1e6;
	flow->dropped[run] = 100.0 * (double)dropped / (double)seen;
}

static void bench_drops(const struct load *load, struct kernel *kernel)
{
	static struct flow flows[ARRAY_SIZE(ways)];
	struct line line;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	for (unsigned run = 0; run < FLOODS; run++)
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
			if (!line_takes(&ways[i]))
				continue;
			line_open(&line, &ways[i], load, kernel);
			flood_line(&line, &flows[i], run);
			line_close(&line);
			(void)sigtimedwait(&set, NULL, &(struct timespec){0});
		}
	printf("\n%s: beside a producer at full speed, million events a second; medians of %u\n"
	       "seen = taken + dropped in each\n%-26s %8s %8s %9s\n",
	       load->name, FLOODS, "", "seen", "taken", "dropped");
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		if (line_takes(&ways[i]))
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
