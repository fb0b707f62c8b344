/* SPDX-License-Identifier: Apache-2.0 */
/* Who acts in each OOM case. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/scene-actor.h"

#define THREADS 8
#define STACK (64 * 1024)
#define FILL_LEFT (100 * PAGE) /* less than the CPUs may hold in stock */
#define MACHINE_BYTES (1ull << 40)

static int hog(struct scene *scene, struct actor *actor)
{
	actor_eat(actor, scene->limit ? 2 * scene->limit : MACHINE_BYTES);
	return -1;
}

static int stage_hog(struct scene *scene)
{
	return actor_start(scene, actor_add(scene, "", true), hog, 0);
}

static int big(struct scene *scene, struct actor *actor)
{
	actor_set_adj(actor, 900);
	actor_eat(actor, scene->limit * 5 / 8);
	actor->ready = true;
	actor_sleep();
}

/* Never chosen, where the privileges suffice: while the victim's memory is being freed, nothing is
 * left to choose but this one, which still waits for its page (seen on Linux 7.2). */
static int small(struct scene *scene, struct actor *actor)
{
	actor_set_adj(actor, -1000);
	actor_eat(actor, scene->limit * 5 / 8);
	return 0;
}

/* Both together are over the limit; the small one gets there, at three eighths of it. */
static int stage_o02(struct scene *scene)
{
	struct actor *victim = actor_add(scene, "-big", true);

	if (actor_start(scene, victim, big, 0) || actor_await(scene, victim))
		return -1;
	scene->trigger = 1;
	return actor_start(scene, actor_add(scene, "-small", false), small, 0);
}

static int member(struct scene *scene, struct actor *actor)
{
	actor_eat(actor, CHUNK);
	actor->ready = true;
	actor_sleep();
}

static int make_group(struct scene *scene)
{
	int r = memcg_set_oom_group(&scene->memcg);

	if (r == -ENOENT)
		return scene_unsupported(scene, "memory.oom.group is only in cgroup v2");
	if (r)
		return scene_fail(scene, "memory.oom.group: %s", strerror(-r));
	scene->group = true;
	return 0;
}

static int add_members(struct scene *scene)
{
	for (int i = 0; i < 2; i++) {
		struct actor *actor = actor_add(scene, i ? "-two" : "-one", true);

		if (actor_start(scene, actor, member, 0) || actor_await(scene, actor))
			return -1;
	}
	return 0;
}

/* The kernel kills the chosen one, and then goes through the group in the order in which its
 * members came into it: through the chosen one again, here at the end. */
static int stage_o03(struct scene *scene)
{
	if (make_group(scene) || add_members(scene))
		return -1;
	scene->trigger = 2;
	return actor_start(scene, actor_add(scene, "-hog", true), hog, 0);
}

static int hog_when_told(struct scene *scene, struct actor *actor)
{
	actor->ready = true;
	return actor_await_go(scene) ? -1 : hog(scene, actor);
}

/* ... here at the beginning. */
static int stage_o12(struct scene *scene)
{
	struct actor *actor = actor_add(scene, "-hog", true);

	if (make_group(scene) || actor_start(scene, actor, hog_when_told, 0) ||
	    actor_await(scene, actor) || add_members(scene))
		return -1;
	scene->go = true;
	return 0;
}

static int stage_o13(struct scene *scene)
{
	return make_group(scene) ? -1 : actor_start(scene, actor_add(scene, "", true), hog, 0);
}

static int sharer(void *data)
{
	struct actor *actor = data;

	actor_set_comm(actor->comm);
	actor->ready = true;
	actor_sleep();
}

static int hog_with_sharer(struct scene *scene, struct actor *actor)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct actor *other = &scene->actors[1];

	if (stack == MAP_FAILED)
		return scene_fail(scene, "no stack: %s", strerror(errno));
	other->oom_score_adj = actor->oom_score_adj;
	other->pid = clone(sharer, stack + STACK, CLONE_VM | SIGCHLD, other);
	if (other->pid < 0)
		return scene_fail(scene, "clone: %s", strerror(errno));
	other->vpid = other->pid;
	if (actor_await(scene, other))
		return -1;
	return hog(scene, actor);
}

static int stage_o04(struct scene *scene)
{
	struct actor *actor = actor_add(scene, "", true);

	(void)actor_add(scene, "-vm", true);
	scene->shares_memory = 1;
	return actor_start(scene, actor, hog_with_sharer, 0);
}

/* The one that shares memory dies of that, and is marked when the turn of the group comes. */
static int stage_o18(struct scene *scene)
{
	return make_group(scene) ? -1 : stage_o04(scene);
}

struct eater {
	struct scene *scene;
	struct actor *actor;
	pthread_t leader; /* to wait for, before eating */
	bool alone;
};

static void *run_eater(void *data)
{
	struct eater *eater = data;

	if (eater->alone) {
		actor_set_comm(eater->actor->comm);
		(void)pthread_join(eater->leader, NULL);
	}
	(void)hog(eater->scene, eater->actor);
	return NULL;
}

static int threads(struct scene *scene, struct actor *actor)
{
	struct eater eater = {.scene = scene, .actor = actor};
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, run_eater, &eater))
			return scene_fail(scene, "pthread_create failed");
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	return -1;
}

static int stage_o05(struct scene *scene)
{
	return actor_start(scene, actor_add(scene, "", true), threads, 0);
}

static int leave_thread(struct scene *scene, struct actor *actor)
{
	struct eater *eater = malloc(sizeof(*eater)); /* outlives this thread's stack */
	pthread_t thread;

	if (!eater)
		return scene_fail(scene, "no memory");
	*eater = (struct eater){.scene = scene,
				.actor = actor,
				.leader = pthread_self(),
				.alone = true};
	if (pthread_create(&thread, NULL, run_eater, eater))
		return scene_fail(scene, "pthread_create failed");
	pthread_exit(NULL);
}

static int stage_o06(struct scene *scene)
{
	struct actor *actor = actor_add(scene, "-worker", true);

	(void)snprintf(actor->leader_comm, sizeof(actor->leader_comm), "%s", scene->name);
	return actor_start(scene, actor, leave_thread, 0);
}

static int fill_memfd(struct scene *scene, struct actor *actor)
{
	uint64_t size = 2 * scene->limit;
	_cleanup_close_ int fd = memfd_create("o08", MFD_CLOEXEC);
	volatile char *p;

	if (fd < 0 || ftruncate(fd, (off_t)size))
		return scene_fail(scene, "memfd: %s", strerror(errno));
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return scene_fail(scene, "mapping the memfd: %s", strerror(errno));
	for (uint64_t i = 0; i < size; i += PAGE) {
		p[i] = 1;
		actor->touched += PAGE;
	}
	return -1;
}

static int stage_o08(struct scene *scene)
{
	struct actor *actor = actor_add(scene, "", true);

	actor->shmem = true;
	return actor_start(scene, actor, fill_memfd, 0);
}

/* Its child dies with the namespace, of the same SIGKILL, but not of the OOM kill. */
static int init_of_namespace(struct scene *scene, struct actor *actor)
{
	pid_t pid = fork();

	if (pid < 0)
		return scene_fail(scene, "fork: %s", strerror(errno));
	if (!pid)
		actor_sleep();
	return hog(scene, actor);
}

static int stage_o09(struct scene *scene)
{
	struct actor *actor = actor_add(scene, "", true);

	actor->init = true;
	return actor_start(scene, actor, init_of_namespace, CLONE_NEWPID);
}

static int stage_o16(struct scene *scene)
{
	struct actor *actor = actor_add(scene, "", true);

	actor->init = actor->container_init = true;
	return actor_start(scene, actor, hog, CLONE_NEWPID);
}

/* In the namespace that /proc is of, the runner's. */
static pid_t outer_pid(void)
{
	char text[16] = "";

	return readlink("/proc/self", text, sizeof(text) - 1) > 0 ? atoi(text) : 0;
}

static _Noreturn void be_sandbox(struct scene *scene, struct actor *actor)
{
	actor->pid = outer_pid();
	_exit(actor_enter(scene, actor) || hog(scene, actor) ? 1 : 0);
}

/* As bubblewrap, browsers and build sandboxes do. The container lives on. */
static int start_sandbox(struct scene *scene, struct actor *actor)
{
	struct actor *victim = actor + 1;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
	int status;

	if (pid < 0)
		return scene_fail(scene, "clone: %s", strerror(errno));
	if (!pid)
		be_sandbox(scene, victim);
	if (waitpid(pid, &status, 0) < 0 || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return scene_fail(scene, "the sandbox was not killed");
	victim->ended = true;
	return 0;
}

static int stage_o17(struct scene *scene)
{
	struct actor *container = actor_add(scene, "-container", false), *victim;

	scene->trigger = 1;
	victim = actor_add(scene, "", true);
	victim->init = true;
	return actor_start(scene, container, start_sandbox, CLONE_NEWPID);
}

static int hog_with_adj(struct scene *scene, struct actor *actor)
{
	actor_set_adj(actor, 42);
	if (actor->oom_score_adj != 42)
		return scene_fail(scene, "oom_score_adj is %d", actor->oom_score_adj);
	return hog(scene, actor);
}

static int stage_o11(struct scene *scene)
{
	return actor_start(scene, actor_add(scene, "", true), hog_with_adj, 0);
}

/* Up to a little below the limit of its own cgroup, which that does not reach. */
static int fill(struct scene *scene, struct actor *actor)
{
	const uint64_t limit = scene->limit / 4 * 3;
	uint64_t usage = 0;

	actor_set_adj(actor, 900);
	while (!memcg_usage(&scene->memcg, &usage) && usage + FILL_LEFT < limit) {
		volatile char *p = mmap(NULL, PAGE * 16, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (size_t i = 0; p != MAP_FAILED && i < PAGE * 16;
		     i += PAGE, actor->touched += PAGE)
			p[i] = 1;
	}
	if (!usage)
		return scene_fail(scene, "the usage of %s cannot be read", scene->memcg.folder);
	actor->ready = true;
	actor_sleep();
}

/* A container with a limit of its own, idle just below it, in a pod whose limit another hits. */
static int stage_o15(struct scene *scene)
{
	struct actor *victim = actor_add(scene, "-idle", true), *grower;
	int r = memcg_set_limit(&scene->memcg, scene->limit / 4 * 3);

	if (!r)
		r = memcg_make_child(&scene->beside, &scene->owner, "beside");
	if (r)
		return scene_fail(scene, "making the second cgroup: %s", strerror(-r));
	if (actor_start(scene, victim, fill, 0) || actor_await(scene, victim))
		return -1;
	scene->trigger = 1;
	grower = actor_add(scene, "-small", false);
	grower->beside = true;
	return actor_start(scene, grower, small, 0);
}

static int first_choice(struct scene *scene, struct actor *actor)
{
	actor_set_adj(actor, 1000);
	if (actor->oom_score_adj != 1000)
		return scene_fail(scene, "oom_score_adj is %d", actor->oom_score_adj);
	if (!scene->sysrq)
		return hog(scene, actor);
	actor_eat(actor, 16 * CHUNK);
	actor->ready = true;
	actor_sleep();
}

static int stage_g01(struct scene *scene)
{
	scene->trigger = -1;
	return actor_start(scene, actor_add(scene, "", true), first_choice, 0);
}

static int stage_g02(struct scene *scene)
{
	_cleanup_close_ int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	struct actor *actor = actor_add(scene, "", true);

	if (fd < 0)
		return scene_unsupported(scene, "/proc/sysrq-trigger: %s", strerror(errno));
	scene->trigger = -1;
	scene->sysrq = true;
	if (actor_start(scene, actor, first_choice, 0) || actor_await(scene, actor))
		return -1;
	return write_all(fd, "f", 1) ? scene_fail(scene, "sysrq f failed") : 0;
}

#define DEEP "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20"

#define CONTAINER "docker/36c927d78b3a0ac080354a74649d61cec26c3064426f6173b242356e75a324e3"

const struct scene_case scene_cases[] = {
	{"o01", "the victim hits the limit itself", stage_hog, NULL, false},
	{"o02", "one process hits the limit, another is chosen", stage_o02, NULL, false},
	{"o03", "memory.oom.group, three processes, the chosen one last", stage_o03, NULL, false},
	{"o04", "another process shares the victim's memory", stage_o04, NULL, false},
	{"o05", "eight threads allocate", stage_o05, NULL, false},
	{"o06", "the thread group leader has exited", stage_o06, NULL, false},
	{"o07", "the limit is the parent cgroup's", stage_hog, "child", false},
	{"o08", "the memory is shared memory", stage_o08, NULL, false},
	{"o09", "the victim is pid 1 of a pid namespace", stage_o09, NULL, false},
	{"o10", "the cgroup is removed at once", stage_hog, NULL, false},
	{"o11", "the victim has oom_score_adj 42", stage_o11, NULL, false},
	{"o12", "memory.oom.group, three processes, the chosen one first", stage_o12, NULL, false},
	{"o13", "memory.oom.group, one process alone", stage_o13, NULL, false},
	{"o14", "the limit is that of a cgroup 20 levels up", stage_hog, DEEP, false},
	{"o15", "the limit is the parent's, the victim's own is as good as reached", stage_o15,
	 "child", false},
	{"o16", "the victim is pid 1 of a container", stage_o16, CONTAINER, false},
	{"o17", "the victim is pid 1 of a sandbox in a container", stage_o17, CONTAINER, false},
	{"o18", "memory.oom.group, another process of it shares the victim's memory", stage_o18,
	 NULL, false},
	{"g01", "the machine runs out of memory", stage_g01, NULL, true},
	{"g02", "sysrq f", stage_g02, NULL, true},
};
const size_t n_scene_cases = ARRAY_SIZE(scene_cases);
