/* SPDX-License-Identifier: Apache-2.0 */
/* A storm: many tasks that make denied calls at once, and what each of them did, in memory they
 * share with the one who prints it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "testdata/memcg.h"

#define STORM_TASKS_MAX 512
#define STORM_ROWS_MAX 256 /* pairs of call and errno that are counted one by one */

struct storm_options {
	unsigned long tasks;
	unsigned long count;
	unsigned long error;
	unsigned long distinct; /* 1: one pair, nr and error */
	unsigned long sleepers;
	unsigned long per_cgroup; /* 0: all in one */
	unsigned long seconds;    /* that it is to take; 0: as fast as they go */
	bool supervised;
	bool pin;
	long nr;
	const char *cgroup; /* NULL: none of its own */
};

struct storm_task {
	pid_t pid;
	int cpu; /* it is pinned to; -1: to none */
	volatile bool ready;
	unsigned long denied;
	unsigned long rows[STORM_ROWS_MAX]; /* of these, by pair, where there are not more pairs */
	unsigned long nanoseconds;          /* of CPU time */
	char failure[128];
};

struct storm {
	struct storm_options options;
	struct memcg memcg;
	int start[2]; /* its closing is the signal to begin */
	struct storm_task *tasks;
	struct storm_task *sleepers;
};

/* Returns 0; 1: --help was answered; -EINVAL: it has been said what is wrong. */
int storm_parse(struct storm_options *ret, int argc, char **argv);

/* What a task and a sleeper do, in a process of their own; their exit code. */
int storm_run_task(struct storm *storm, struct storm_task *task);
int storm_run_sleeper(struct storm *storm, struct storm_task *task);
/* Notes what failed. Returns 1. */
int storm_fail(struct storm_task *task, const char *what, int error);

/* Starts all tasks and sleepers, and waits until they wait for the start. Returns 0 or -errno. */
int storm_launch(struct storm *storm);
/* Waits for @n of them and says which failed, 0: none; @kill_them: those that would not end. */
int storm_reap(struct storm_task *tasks, unsigned long n, bool kill_them);
