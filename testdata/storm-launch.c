/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/storm.h"

#define READY_POLLS 5000 /* of 2 ms */

static int launch(struct storm *storm, struct storm_task *task,
		  int (*run)(struct storm *storm, struct storm_task *task))
{
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid) {
		task->pid = pid; /* shared: the child would write 0 here */
		return 0;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	r = storm->memcg.made ? memcg_enter(&storm->memcg) : 0;
	_exit(r ? storm_fail(task, "entering the cgroup", -r) : run(storm, task));
}

static bool is_asleep(pid_t pid)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], state = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	return f && fscanf(f, "%*d %*s %c", &state) == 1 && state == 'S';
}

static int await(const struct storm_task *tasks, unsigned long n)
{
	const struct timespec pause_time = {.tv_nsec = 2 * 1000 * 1000};
	unsigned long ready = 0;

	for (int i = 0; i < READY_POLLS; i++) {
		while (ready < n && tasks[ready].ready && is_asleep(tasks[ready].pid))
			ready++;
		if (ready == n)
			return 0;
		if (*tasks[ready].failure)
			return -ECANCELED; /* storm_reap() says which */
		(void)nanosleep(&pause_time, NULL);
	}
	return -ETIMEDOUT;
}

int storm_launch(struct storm *storm)
{
	int r = 0;

	for (unsigned long i = 0; !r && i < storm->options.sleepers; i++)
		r = launch(storm, &storm->sleepers[i], storm_run_sleeper);
	for (unsigned long i = 0; !r && i < storm->options.tasks; i++)
		r = launch(storm, &storm->tasks[i], storm_run_task);
	if (!r)
		r = await(storm->sleepers, storm->options.sleepers);
	if (!r)
		r = await(storm->tasks, storm->options.tasks);
	return r;
}

int storm_reap(struct storm_task *tasks, unsigned long n, bool kill_them)
{
	int failed = 0, status;

	for (unsigned long i = 0; i < n; i++) {
		if (tasks[i].pid <= 0)
			continue;
		if (kill_them)
			(void)kill(tasks[i].pid, SIGKILL);
		if (waitpid(tasks[i].pid, &status, 0) != tasks[i].pid ||
		    (kill_them ? *tasks[i].failure != 0 : status != 0)) {
			(void)fprintf(stderr, "trigger-storm: task %lu: status %#x %s\n", i, status,
				      tasks[i].failure);
			failed = 1;
		}
	}
	return failed;
}
