/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "calls.h"
#include "cgroup-loop.h"
#include "filter.h"
#include "storm.h"
#include "supervisor.h"

/* Of CPU time, for the cost of a call: tasks may have to share a CPU. */
static unsigned long now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (unsigned long)t.tv_sec * 1000000000ul + (unsigned long)t.tv_nsec;
}

int storm_fail(struct storm_task *task, const char *what, int error)
{
	(void)snprintf(task->failure, sizeof(task->failure), "%s: %s", what, strerror(error));
	return 1;
}

static int deny(const struct storm *storm, struct storm_task *task)
{
	struct cgroup_loop loop = {.parent = &storm->memcg};
	const struct storm_options *o = &storm->options;
	unsigned long begin = now();
	int r = 0;

	for (unsigned long i = 0; i < o->count; i++) {
		unsigned long number = i % o->distinct;
		struct calls_pair pair =
			o->distinct > 1 ? calls_pair(number) : (struct calls_pair){o->nr, o->error};
		struct call call = {.nr = pair.nr, .args = {pair.error, i}};

		if (o->per_cgroup && i % o->per_cgroup == 0)
			r = cgroup_loop_next(&loop);
		if (r)
			return storm_fail(task, "entering a new cgroup", -r);
		if (call_native(&call) != -(long)pair.error)
			return storm_fail(task, "a call was not denied as it should", 0);
		task->denied++;
	}
	task->nanoseconds = now() - begin;
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

int storm_run_task(struct storm *storm, struct storm_task *task)
{
	const struct storm_options *o = &storm->options;
	pid_t supervisor = 0;
	char c;
	int r;

	(void)prctl(PR_SET_NAME, "storm", 0, 0, 0);
	(void)close(storm->start[1]);
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
