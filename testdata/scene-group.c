/* SPDX-License-Identifier: Apache-2.0 */
/* Many processes in one memory cgroup with memory.oom.group, which the kernel kills at once when
 * its limit is set below what they use. The truth is how many were killed. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/json.h"
#include "testdata/scene.h"

#define TIGHT (1024 * 1024) /* bytes */
/* The kernel tries that before it kills, and then kills all without looking for signals. */
#define RECLAIM_SECONDS 10

/* The first of them makes the others, says whether all are there, and waits with them. */
static _Noreturn void live(const struct memcg *memcg, unsigned tasks, int ready)
{
	bool fine = !memcg_enter(memcg);

	(void)prctl(PR_SET_NAME, "group", 0, 0, 0);
	while (fine && --tasks) {
		const pid_t pid = fork();

		if (!pid)
			break;
		fine = pid > 0;
	}
	/* those that were made break off while there are tasks left */
	if (!fine || !tasks)
		(void)write_all(ready, fine ? "y" : "n", 1);
	for (;;)
		(void)pause();
}

/* Children of those that are killed come to us. Returns how many died of SIGKILL. */
static unsigned reap(void)
{
	unsigned killed = 0;
	int status;

	while (waitpid(-1, &status, 0) > 0 || errno == EINTR)
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return killed;
}

/* All that come after stay on this CPU. */
static int stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static void ignore(int signal)
{
}

/* Ahead of all others on this CPU, so that none of them has ended before the last is killed. Then
 * the kernel would wait here for the memory that they cannot give back: until a signal comes. */
static int kill_all(const struct memcg *memcg)
{
	const struct sched_param first = {.sched_priority = 1}, usual = {0};
	const struct sigaction on_alarm = {.sa_handler = ignore};
	int r;

	if (sigaction(SIGALRM, &on_alarm, NULL) || sched_setscheduler(0, SCHED_FIFO, &first))
		return -errno;
	(void)alarm(RECLAIM_SECONDS);
	r = memcg_set_limit(memcg, TIGHT);
	(void)sched_setscheduler(0, SCHED_OTHER, &usual);
	return r;
}

static int run_tasks(const struct memcg *memcg, unsigned tasks, unsigned *ret_killed)
{
	_cleanup_close_ int out = -1;
	int pipe_ends[2], r;
	char answer = 'n';
	pid_t pid;

	if (stay_here() || pipe(pipe_ends))
		return -errno;
	out = pipe_ends[0];
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (!pid)
		live(memcg, tasks, pipe_ends[1]);
	(void)close(pipe_ends[1]);
	if (pid < 0)
		return -errno;
	if (read_full(out, &answer, 1) != 1 || answer != 'y') {
		(void)fprintf(stderr, "trigger-oom: not all %u processes could be made\n", tasks);
		answer = 'n';
	}
	r = kill_all(memcg);
	*ret_killed = r ? 0 : reap();
	return r ? r : answer == 'y' ? 0 : -EAGAIN;
}

int scene_group(unsigned tasks)
{
	unsigned killed = 0;
	struct memcg memcg;
	int r = memcg_make(&memcg, "ringside-group"), removed;

	if (!r)
		r = memcg_set_oom_group(&memcg);
	if (!r)
		r = run_tasks(&memcg, tasks, &killed);
	removed = memcg_remove(&memcg);
	if (r || removed || killed != tasks) {
		(void)fprintf(stderr, "trigger-oom: group: %u of %u killed: %s; cgroup: %s\n",
			      killed, tasks, strerror(-r), strerror(-removed));
		return 1;
	}
	(void)printf("{\"kind\":\"oom_group\",\"comm\":\"group\",\"killed\":%u}\n", killed);
	return 0;
}
