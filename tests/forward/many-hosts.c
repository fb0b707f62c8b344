/* SPDX-License-Identifier: Apache-2.0 */
/* usage: many-hosts URL FOLDER...
 *
 * The forwarders of many hosts in one process, over one connection: each FOLDER is the recordings
 * of one host, and has a forwarder of its own, as ringside-forward makes it, with its cursor beside
 * it (FOLDER.cursor). They follow until SIGTERM; then a line says what was sent. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consumer/forward/forward.h"
#include "consumer/targets/to-nats.h"
#include "proto/base/clock.h"

#define OWN 4096u /* records of one host on their way */
#define PUMP_MS 5
#define STACK (1u << 20)

/* One target stands for all: its records are numbered as they come, whosever they are. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t settled;
	struct target *target;
	uint64_t given, done; /* records; settled ones are below done */
	bool stop;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .settled = PTHREAD_COND_INITIALIZER};

/* What a forwarder has for its target. */
struct part {
	uint64_t first, end;   /* of its own records: from first on they are on their way */
	uint64_t numbers[OWN]; /* that they have in the shared target */
	struct target_sums sums;
};

static struct part *part_of(struct target *target)
{
	return (void *)target;
}

static int open_part(struct target **ret, const struct target_options *options,
		     char problem[TARGET_PROBLEM])
{
	struct part *part = calloc(1, sizeof(*part));

	*ret = (void *)part;
	return part ? 0 : -ENOMEM;
}

static void close_part(struct target *target)
{
	free(part_of(target));
}

static int put_record(struct target *target, const struct target_item *item)
{
	struct part *part = part_of(target);
	int r = -EAGAIN;

	(void)pthread_mutex_lock(&shared.lock);
	if (part->end - part->first < OWN)
		r = to_nats.put(shared.target, item);
	if (!r)
		part->numbers[part->end++ % OWN] = shared.given++;
	(void)pthread_mutex_unlock(&shared.lock);
	return r;
}

/* Under the lock. Whether something was settled. */
static bool take_settled(struct part *part)
{
	uint64_t before = part->first;

	while (part->first < part->end && part->numbers[part->first % OWN] < shared.done)
		part->first++;
	return part->first > before;
}

static int run_part(struct target *target, int timeout_ms, bool flush)
{
	struct part *part = part_of(target);
	uint64_t until = clock_nano(CLOCK_REALTIME) + (uint64_t)timeout_ms * 1000000u;
	const struct timespec end = {.tv_sec = (time_t)(until / 1000000000u),
				     .tv_nsec = (long)(until % 1000000000u)};

	(void)pthread_mutex_lock(&shared.lock);
	while (!take_settled(part) && part->first < part->end && timeout_ms && !shared.stop)
		if (pthread_cond_timedwait(&shared.settled, &shared.lock, &end))
			break;
	(void)take_settled(part);
	part->sums.taken = part->end;
	part->sums.settled = part->sums.acknowledged = part->first;
	(void)pthread_mutex_unlock(&shared.lock);
	return 0;
}

static const struct target_sums *sums_of(struct target *target)
{
	return &part_of(target)->sums;
}

static const struct target_ops ops = {
	.open = open_part,
	.put = put_record,
	.run = run_part,
	.sums = sums_of,
	.close = close_part,
};

/* Sends what the parts have given, and hears the answers. */
static void *pump(void *data)
{
	const struct target_sums *sums;
	int r = 0;

	while (!r && !shared.stop) {
		(void)pthread_mutex_lock(&shared.lock);
		r = to_nats.run(shared.target, 0, true);
		sums = to_nats.sums(shared.target);
		if (sums->settled > shared.done) {
			shared.done = sums->settled;
			(void)pthread_cond_broadcast(&shared.settled);
		}
		(void)pthread_mutex_unlock(&shared.lock);
		(void)usleep(PUMP_MS * 1000);
	}
	if (r)
		(void)fprintf(stderr, "many-hosts: %s\n", sums->problem);
	if (r)
		exit(1);
	return NULL;
}

struct host {
	struct forward_options options;
	struct forward forward;
	pthread_t thread;
	char cursor[256], said[512];
	int answer;
};

/* Of so many only what went wrong is printed. */
static void say(void *data, const char *text)
{
	struct host *host = data;

	(void)snprintf(host->said, sizeof(host->said), "%s", text);
}

static int refuse_record(void *data, const uint8_t *stream_id, uint64_t seq, const char *status,
			 const char *why, const uint8_t *frame, size_t size)
{
	return -EIO;
}

static void say_nothing(void *data, const char *text)
{
	(void)fprintf(stderr, "many-hosts: %s\n", text);
}

static void *run_host(void *data)
{
	struct host *host = data;

	host->answer = forward_run(&host->forward, &host->options);
	return NULL;
}

static int start_hosts(struct host *hosts, int n, char **folders, const char *url,
		       const atomic_bool *stop, int stop_fd)
{
	pthread_attr_t attr;
	int r = 0;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK);
	for (int i = 0; !r && i < n; i++) {
		struct host *host = &hosts[i];

		(void)snprintf(host->cursor, sizeof(host->cursor), "%s.cursor", folders[i]);
		host->options = (struct forward_options){
			.ops = &ops,
			.url = url,
			.path = folders[i],
			.cursor = host->cursor,
			.memory = 1u << 20,
			.following = true,
			.stop = stop,
			.stop_fd = stop_fd,
			.say = say,
			.data = host,
		};
		r = pthread_create(&host->thread, &attr, run_host, host);
	}
	(void)pthread_attr_destroy(&attr);
	return r;
}

static int open_shared(const char *url, pthread_t *thread)
{
	static const char *const set[] = {NULL};
	const struct target_options options = {
		.url = url,
		.rest = url + strcspn(url, ":") + 1,
		.memory = 4u << 20,
		.set = set,
		.refuse = refuse_record,
		.say = say_nothing,
	};
	char problem[TARGET_PROBLEM] = "";

	if (to_nats.open(&shared.target, &options, problem)) {
		(void)fprintf(stderr, "many-hosts: %s\n", problem);
		return -1;
	}
	return pthread_create(thread, NULL, pump, NULL);
}

int main(int argc, char **argv)
{
	struct host *hosts = calloc((size_t)argc, sizeof(*hosts));
	atomic_bool stop = false;
	pthread_t thread;
	int ends[2], sig, n = argc - 2, failed = 0;
	sigset_t signals;

	/* As ringside-forward: else glibc learns from the first reader that goes that blocks of its
	 * size are to be used again, and each buffer that is hardly begun is all in memory. */
	(void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	if (n < 1 || !hosts || pipe(ends) < 0)
		return 2;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (open_shared(argv[1], &thread) ||
	    start_hosts(hosts, n, argv + 2, argv[1], &stop, ends[1]))
		return 1;
	(void)sigwait(&signals, &sig);
	atomic_store(&stop, true);
	(void)close(ends[0]);
	for (int i = 0; i < n; i++) {
		(void)pthread_join(hosts[i].thread, NULL);
		failed += hosts[i].answer != 0;
		if (hosts[i].answer)
			(void)fprintf(stderr, "%s: %s\n", argv[i + 2], hosts[i].said);
	}
	shared.stop = true;
	(void)pthread_join(thread, NULL);
	(void)printf("%d hosts, %d failed: %" PRIu64 " records given, %" PRIu64 " settled\n", n,
		     failed, shared.given, shared.done);
	to_nats.close(shared.target);
	free(hosts);
	return failed > 0;
}
