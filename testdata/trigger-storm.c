/* SPDX-License-Identifier: Apache-2.0 */
/* Denied system calls as fast as they go, from many tasks at once, and how many there were: for
 * sums that have to close, and for the cost of a denial. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "testdata/calls.h"
#include "testdata/json.h"
#include "testdata/storm.h"

static unsigned long now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)t.tv_sec * 1000000000ul + (unsigned long)t.tv_nsec;
}

/* How often each pair was denied, where they were counted one by one. */
static void print_rows(const struct storm *storm)
{
	const struct storm_options *o = &storm->options;

	if (o->distinct == 1 || o->distinct > STORM_ROWS_MAX)
		return;
	for (unsigned long row = 0; row < o->distinct; row++) {
		struct calls_pair pair = calls_pair(row);
		unsigned long count = 0;

		for (unsigned long i = 0; i < o->tasks; i++)
			count += storm->tasks[i].rows[row];
		(void)printf("%s{\"nr\":%ld,\"syscall\":\"%s\",\"error_number\":%lu,\"count\":%lu}",
			     row ? "," : ",\"rows\":[", pair.nr, calls_name(pair.nr), pair.error,
			     count);
	}
	(void)printf("]");
}

static void print_tasks(const struct storm *storm)
{
	const struct storm_options *o = &storm->options;

	for (unsigned long i = 0; i < o->tasks; i++)
		(void)printf("%s%d", i ? "," : ",\"pids\":[", storm->tasks[i].pid);
	for (unsigned long i = 0; o->pin && i < o->tasks; i++)
		(void)printf("%s%d", i ? "," : "],\"cpus\":[", storm->tasks[i].cpu);
	(void)printf("]");
}

static void print_result(const struct storm *storm, const char *cgroup, unsigned long wall)
{
	const struct storm_options *o = &storm->options;
	unsigned long denied = 0, nanoseconds = 0;

	for (unsigned long i = 0; i < o->tasks; i++) {
		denied += storm->tasks[i].denied;
		nanoseconds += storm->tasks[i].nanoseconds;
	}
	(void)printf("{\"kind\":\"storm\",\"triggered\":%lu,\"ns_per_call\":%.1f,\"seconds\":%.6f,"
		     "\"tasks\":%lu,\"count\":%lu,\"distinct\":%lu,\"sleepers\":%lu",
		     denied, denied ? (double)nanoseconds / (double)denied : 0.0,
		     (double)wall / 1e9, o->tasks, o->count, o->distinct, o->sleepers);
	if (o->distinct == 1)
		(void)printf(",\"nr\":%ld,\"syscall\":\"%s\",\"error_number\":%lu", o->nr,
			     calls_name(o->nr) ? calls_name(o->nr) : "", o->error);
	if (o->per_cgroup)
		(void)printf(",\"per_cgroup\":%lu", o->per_cgroup);
	print_rows(storm);
	(void)printf(",\"cgroup\":");
	if (*cgroup)
		json_string(stdout, cgroup);
	else
		(void)printf("null");
	print_tasks(storm);
	(void)printf("}\n");
}

static int run(struct storm *storm)
{
	char cgroup[MEMCG_PATH] = "";
	unsigned long begin;
	int r = storm->options.cgroup ? memcg_make(&storm->memcg, storm->options.cgroup) : 0;
	int failed;

	if (r)
		(void)fprintf(stderr, "trigger-storm: making the cgroup %s: %s\n",
			      storm->options.cgroup, strerror(-r));
	if (r || pipe(storm->start))
		return 1;
	(void)snprintf(cgroup, sizeof(cgroup), "%s", storm->memcg.path);
	r = storm_launch(storm);
	if (r)
		(void)fprintf(stderr, "trigger-storm: starting: %s\n", strerror(-r));
	begin = now();
	(void)close(storm->start[1]);
	failed = storm_reap(storm->tasks, storm->options.tasks, r != 0) || r;
	begin = now() - begin;
	failed |= storm_reap(storm->sleepers, storm->options.sleepers, true);
	r = memcg_remove(&storm->memcg);
	if (r)
		(void)fprintf(stderr, "trigger-storm: removing the cgroup: %s\n", strerror(-r));
	if (failed || r)
		return 1;
	print_result(storm, cgroup, begin);
	return 0;
}

int main(int argc, char **argv)
{
	struct storm storm = {.tasks = NULL};
	int r = storm_parse(&storm.options, argc, argv);

	if (r)
		return r < 0 ? 2 : 0;
	storm.tasks = mmap(NULL, 2 * STORM_TASKS_MAX * sizeof(*storm.tasks), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (storm.tasks == MAP_FAILED) {
		(void)fprintf(stderr, "trigger-storm: %s\n", strerror(errno));
		return 1;
	}
	storm.sleepers = storm.tasks + STORM_TASKS_MAX;
	return run(&storm);
}
