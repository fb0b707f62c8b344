/* SPDX-License-Identifier: Apache-2.0 */
/* A memory cgroup of a trigger's own, in whichever hierarchy has the memory controller: made
 * empty, removed with every level it made. Never touches a cgroup it did not make, except for
 * turning the memory controller on in the parents (v2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MEMCG_PATH 1024

struct memcg {
	int version;             /* 1 or 2 */
	char path[MEMCG_PATH];   /* from the hierarchy's root: "/a/b" */
	char folder[MEMCG_PATH]; /* in the file system */
	unsigned made;           /* innermost levels of folder that are ours */
};

/* Makes @name ("a" or "a/b") below the hierarchy's root. Returns 0, -ENODEV when there is no
 * memory controller, -EEXIST when it is there already, or -errno. */
int memcg_make(struct memcg *ret, const char *name);
/* Makes @name below @parent, which gets no processes of its own. */
int memcg_make_child(struct memcg *ret, const struct memcg *parent, const char *name);
int memcg_set_limit(const struct memcg *memcg, uint64_t bytes); /* of memory; and no swap */
int memcg_set_oom_group(const struct memcg *memcg);             /* v2 only: else -ENOENT */
int memcg_usage(const struct memcg *memcg, uint64_t *ret);      /* bytes */
int memcg_enter(const struct memcg *memcg);                     /* the calling process */
/* Waits up to 5 s for the last process to be gone. Returns 0 or -errno. Twice is fine. */
int memcg_remove(struct memcg *memcg);

/* Path of the calling process in the hierarchy with the memory controller. */
int memcg_own_path(char *ret, size_t size);
