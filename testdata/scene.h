/* SPDX-License-Identifier: Apache-2.0 */
/* An OOM kill as a scene: a memory cgroup with a limit, and the processes that act in it. The
 * scene is memory shared by all of them; each actor notes there what it has done, since a victim
 * can tell nothing afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "testdata/memcg.h"

#define SCENE_ACTORS 4

struct actor {
	pid_t pid;            /* in the runner's pid namespace */
	pid_t vpid;           /* in the actor's own */
	bool victim;          /* has to die of SIGKILL; the others have to exit with 0 */
	bool init;            /* pid 1 of its own pid namespace */
	bool container_init;  /* ... and of its container */
	bool shmem;           /* what it touches is shared memory */
	bool beside;          /* it is in the cgroup beside */
	bool ended;           /* and was reaped */
	char comm[16];        /* of the thread the kernel marks */
	char leader_comm[16]; /* empty: the same */
	int oom_score_adj;
	volatile bool ready;
	volatile uint64_t touched; /* bytes, so far */
};

struct scene {
	const char *name;
	struct memcg memcg;  /* where the actors are */
	struct memcg owner;  /* whose limit it is: memcg, or a parent */
	struct memcg beside; /* another child of owner's, or empty */
	uint64_t limit;      /* 0: the machine's case, there is no cgroup */
	bool group;          /* memory.oom.group */
	bool sysrq;
	int trigger;       /* index of the actor that hits the limit; -1: not known */
	int shares_memory; /* victims that die only because they share another's memory */
	volatile bool go;  /* to those that wait for others */
	uint32_t n_actors;
	struct actor actors[SCENE_ACTORS];
	char failure[256];
	bool unsupported;
};

typedef int (*actor_fn)(struct scene *scene, struct actor *actor);

struct scene_case {
	const char *name;
	const char *what;
	int (*stage)(struct scene *scene); /* starts the actors; 0, or -1 after scene_fail */
	const char *child;                 /* where the actors are below the owner; NULL: in it */
	bool machine;                      /* kills on the whole machine */
};

extern const struct scene_case scene_cases[];
extern const size_t n_scene_cases;

/* The case with many: "--storm". */
int scene_storm(unsigned tasks, uint64_t limit);
/* Many that are killed at once: "--group". */
int scene_group(unsigned tasks);

__attribute__((format(printf, 2, 3))) int scene_fail(struct scene *scene, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) int scene_unsupported(struct scene *scene, const char *fmt,
							    ...);
