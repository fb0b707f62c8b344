/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups made one after another for one task, as a container does that starts and ends others all
 * the time: it enters each, and what it left is removed. */
#pragma once

#include "testdata/memcg.h"

struct cgroup_loop {
	const struct memcg *parent; /* borrowed */
	unsigned long made;         /* "PID-0", "PID-1", ... below it */
	char folder[MEMCG_PATH];    /* that the task is in; "": in none of them */
};

/* The calling process goes on in a new one. Returns 0 or -errno. */
int cgroup_loop_next(struct cgroup_loop *loop);
/* It goes back to the parent, if it ever left. Returns 0 or -errno. */
int cgroup_loop_end(struct cgroup_loop *loop);
