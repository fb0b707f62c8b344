/* SPDX-License-Identifier: Apache-2.0 */
/* Many small processes in a memory cgroup that holds few of them: kill upon kill, with usage going
 * down below the limit in between. The truth is how many were killed. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "testdata/json.h"
#include "testdata/scene.h"

#define TASK_BYTES (1024 * 1024)
#define PAGE 4096
#define SECONDS 60
#define TASKS_MAX 500

struct storm {
	volatile bool *ready;  /* shared with the tasks */
	pid_t pids[TASKS_MAX]; /* 0: it has ended */
	unsigned tasks;
	unsigned killed; /* by the kernel */
	unsigned failed;
};

static _Noreturn void live(const struct memcg *memcg, volatile bool *ready)
{
	volatile char *p =
		mmap(NULL, TASK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	(void)prctl(PR_SET_NAME, "storm", 0, 0, 0);
	if (p == MAP_FAILED || memcg_enter(memcg))
		_exit(1);
	for (size_t i = 0; i < TASK_BYTES; i += PAGE)
		p[i] = 1;
	*ready = true;
	for (;;)
		(void)pause();
}

/* Returns whether one has ended. */
static bool reap(struct storm *storm, int flags)
{
	int status;
	pid_t pid = waitpid(-1, &status, flags);

	if (pid <= 0)
		return false;
	for (unsigned i = 0; i < storm->tasks; i++)
		if (storm->pids[i] == pid)
			storm->pids[i] = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		storm->killed++;
	else if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
		storm->failed++;
	return true;
}

static bool is_quiet(const struct storm *storm)
{
	for (unsigned i = 0; i < storm->tasks; i++)
		if (storm->pids[i] && !storm->ready[i])
			return false;
	return true;
}

static void run_tasks(struct storm *storm, unsigned tasks, const struct memcg *memcg)
{
	const struct timespec pause_time = {.tv_nsec = 10 * 1000 * 1000};

	for (; storm->tasks < tasks; storm->tasks++) {
		pid_t pid = fork();

		if (!pid)
			live(memcg, &storm->ready[storm->tasks]);
		if (pid < 0)
			break;
		storm->pids[storm->tasks] = pid;
	}
	for (int i = 0; i < SECONDS * 100 && !is_quiet(storm); i++)
		if (!reap(storm, WNOHANG))
			(void)nanosleep(&pause_time, NULL);
	while (reap(storm, WNOHANG))
		;
	for (unsigned i = 0; i < storm->tasks; i++)
		if (storm->pids[i])
			(void)kill(storm->pids[i], SIGTERM);
	while (reap(storm, 0))
		;
}

int scene_storm(unsigned tasks, uint64_t limit)
{
	struct storm storm = {.ready = mmap(NULL, TASKS_MAX, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
	char path[MEMCG_PATH];
	struct memcg memcg;
	int r = memcg_make(&memcg, "ringside-storm");

	if (!r)
		r = memcg_set_limit(&memcg, limit);
	if (r || storm.ready == MAP_FAILED) {
		(void)fprintf(stderr, "trigger-oom: no memory cgroup: %s\n", strerror(-r));
		return 1;
	}
	(void)strcpy(path, memcg.path);
	run_tasks(&storm, tasks < TASKS_MAX ? tasks : TASKS_MAX, &memcg);
	r = memcg_remove(&memcg);
	if (r || storm.failed || !storm.killed) {
		(void)fprintf(stderr, "trigger-oom: storm: %u killed, %u failed, cgroup: %s\n",
			      storm.killed, storm.failed, strerror(-r));
		return 1;
	}
	(void)printf("{\"kind\":\"oom_storm\",\"comm\":\"storm\",\"killed\":%u,"
		     "\"limit_bytes\":%" PRIu64 ",\"owner\":",
		     storm.killed, limit);
	json_string(stdout, path);
	(void)printf("}\n");
	return 0;
}
