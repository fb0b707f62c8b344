/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/scene-actor.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"

#define READY_POLLS 5000 /* of 2 ms */

void actor_set_comm(const char *comm)
{
	(void)prctl(PR_SET_NAME, comm, 0, 0, 0);
}

static int read_adj(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/oom_score_adj", "re");
	int adj = 0;

	if (!f || fscanf(f, "%d", &adj) != 1)
		return 0;
	return adj;
}

void actor_set_adj(struct actor *actor, int adj)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/oom_score_adj", "we");

	if (f)
		(void)fprintf(f, "%d", adj);
	if (f)
		(void)fflush(f);
	actor->oom_score_adj = read_adj();
}

void actor_eat(struct actor *actor, uint64_t bytes)
{
	for (uint64_t done = 0; done < bytes; done += CHUNK) {
		volatile char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			return;
		for (size_t i = 0; i < CHUNK; i += PAGE) {
			p[i] = 1;
			__atomic_add_fetch(&actor->touched, PAGE, __ATOMIC_RELAXED);
		}
	}
}

_Noreturn void actor_sleep(void)
{
	for (;;)
		(void)pause();
}

int actor_enter(struct scene *scene, struct actor *actor)
{
	const struct memcg *memcg = actor->beside ? &scene->beside : &scene->memcg;
	int r = scene->limit ? memcg_enter(memcg) : 0;

	if (r)
		return scene_fail(scene, "entering %s: %s", memcg->folder, strerror(-r));
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	actor_set_comm(*actor->leader_comm ? actor->leader_comm : actor->comm);
	actor->vpid = getpid();
	actor->oom_score_adj = read_adj();
	return 0;
}

struct actor *actor_add(struct scene *scene, const char *suffix, bool victim)
{
	struct actor *actor = &scene->actors[scene->n_actors++];

	(void)snprintf(actor->comm, sizeof(actor->comm), "%s%s", scene->name, suffix);
	actor->victim = victim;
	return actor;
}

int actor_start(struct scene *scene, struct actor *actor, actor_fn fn, unsigned long flags)
{
	pid_t pid =
		flags ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0) : fork();

	if (pid < 0)
		return scene_fail(scene, "fork: %s", strerror(errno));
	if (!pid)
		_exit(actor_enter(scene, actor) || fn(scene, actor) ? 1 : 0);
	actor->pid = pid;
	return 0;
}

int actor_await(struct scene *scene, const struct actor *actor)
{
	const struct timespec pause_time = {.tv_nsec = 2 * 1000 * 1000};

	for (int i = 0; i < READY_POLLS; i++) {
		if (actor->ready)
			return 0;
		(void)nanosleep(&pause_time, NULL);
	}
	return scene_fail(scene, "%s does not get ready", actor->comm);
}

int actor_await_go(struct scene *scene)
{
	const struct timespec pause_time = {.tv_nsec = 2 * 1000 * 1000};

	for (int i = 0; i < READY_POLLS; i++) {
		if (scene->go)
			return 0;
		(void)nanosleep(&pause_time, NULL);
	}
	return scene_fail(scene, "nobody says go");
}
