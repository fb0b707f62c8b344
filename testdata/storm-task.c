/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "testdata/call.h"
#include "testdata/calls.h"
#include "testdata/cgroup-loop.h"
#include "testdata/filter.h"
#include "testdata/storm.h"
#include "testdata/supervisor.h"

#define BURST_NANO 100000000ul

/* CLOCK_PROCESS_CPUTIME_ID for the cost of a call: tasks may have to share a CPU. */
static unsigned long now(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (unsigned long)t.tv_sec * 1000000000ul + (unsigned long)t.tv_nsec;
}

int storm_fail(struct storm_task *task, const char *what, int error)
{
	(void)snprintf(task->failure, sizeof(task->failure), "%s: %s", what, strerror(error));
	return 1;
}

/* Before the @i-th call of a task that began at @begin: waits until its burst is due. */
static int await_burst(const struct storm_options *o, unsigned long i, unsigned long begin)
{
	unsigned long bursts = o->seconds * (1000000000ul / BURST_NANO);
	unsigned long size = (o->count + bursts - 1) / bursts, due;
	struct timespec t;

	if (i % size)
		return 0;
	due = begin + i / size * BURST_NANO;
	t = (struct timespec){(time_t)(due / 1000000000ul), (long)(due % 1000000000ul)};
	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int deny(const struct storm *storm, struct storm_task *task)
{
	struct cgroup_loop loop = {.parent = &storm->memcg};
	const struct storm_options *o = &storm->options;
	unsigned long begin = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
	int r = 0;

	for (unsigned long i = 0; i < o->count; i++) {
		unsigned long number = i % o->distinct;
		struct calls_pair pair =
			o->distinct > 1 ? calls_pair(number) : (struct calls_pair){o->nr, o->error};
		struct call call = {.nr = pair.nr, .args = {pair.error, i}};

		r = o->seconds ? await_burst(o, i, begin) : 0;
		if (r)
			return storm_fail(task, "waiting for the next burst", -r);
		if (o->per_cgroup && i % o->per_cgroup == 0)
			r = cgroup_loop_next(&loop);
		if (r)
			return storm_fail(task, "entering a new cgroup", -r);
		if (call_native(&call) != -(long)pair.error)
			return storm_fail(task, "a call was not denied as it should", 0);
		task->denied++;
		if (o->distinct <= STORM_ROWS_MAX)
			task->rows[number]++;
	}
	task->nanoseconds = now(CLOCK_PROCESS_CPUTIME_ID) - used;
	r = cgroup_loop_end(&loop);
	return r ? storm_fail(task, "leaving the last cgroup", -r) : 0;
}

static int install(const struct storm_options *o, pid_t *ret_supervisor)
{
	if (o->supervised)
		return supervisor_install(o->nr, o->error, o->count, ret_supervisor);
	if (o->distinct > 1)
		return calls_deny();
	return filter_deny(CALL_ARCH, o->nr, SECCOMP_RET_ERRNO | (uint32_t)o->error, 0);
}

/* The task's turn among the CPUs it may use. */
static int pin(const struct storm *storm, struct storm_task *task)
{
	cpu_set_t allowed, one;
	long left;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	left = (task - storm->tasks) % CPU_COUNT(&allowed);
	for (task->cpu = 0; !CPU_ISSET(task->cpu, &allowed) || left-- > 0;)
		task->cpu++;
	CPU_ZERO(&one);
	CPU_SET(task->cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

int storm_run_task(struct storm *storm, struct storm_task *task)
{
	const struct storm_options *o = &storm->options;
	pid_t supervisor = 0;
	char c;
	int r;

	(void)prctl(PR_SET_NAME, "storm", 0, 0, 0);
	(void)close(storm->start[1]);
	task->cpu = -1;
	r = o->pin ? pin(storm, task) : 0;
	if (r)
		return storm_fail(task, "pinning it to a CPU", -r);
	r = install(o, &supervisor);
	if (r)
		return storm_fail(task, "installing the filter", -r);
	task->ready = true;
	if (read(storm->start[0], &c, 1))
		return storm_fail(task, "waiting for the start", errno);
	r = deny(storm, task);
	if (supervisor > 0 && waitpid(supervisor, NULL, 0) != supervisor)
		return storm_fail(task, "waiting for the supervisor", errno);
	return r;
}

/* Listens to itself, so nobody ever answers. */
int storm_run_sleeper(struct storm *storm, struct storm_task *task)
{
	struct call call = {.nr = SYS_getppid};
	int fd;

	(void)prctl(PR_SET_NAME, "storm-sleeper", 0, 0, 0);
	(void)close(storm->start[1]);
	fd = supervisor_none(SYS_getppid);
	if (fd < 0)
		return storm_fail(task, "installing the filter", -fd);
	task->ready = true;
	(void)call_native(&call);
	return storm_fail(task, "a sleeper woke up", 0);
}
