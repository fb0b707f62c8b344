/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers a task's calls with SECCOMP_RET_USER_NOTIF: a child of the task itself. */
#pragma once

#include <sys/types.h>

/* The calling thread's calls of @nr are asked of a new process: it refuses @count of them with
 * @error, and ends. Returns 0 or -errno. */
int supervisor_install(long nr, unsigned long error, unsigned long count, pid_t *ret);
/* The same without anybody who answers: the calls never return. Returns the listener, to be kept
 * open, or -errno. */
int supervisor_none(long nr);
