/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a second thread would run beside the first. */
#pragma once

/* The CPUs this process may keep busy: those it is allowed to run on, and no more than the time
 * that its cgroup and those above it have (cpu.max of version 2), rounded up. At least 1. */
unsigned cpus_usable(void);

/* As many as cpu.max leaves to the @cgroup ("/a/b") of the hierarchy that is mounted at @root;
 * UINT_MAX: any. */
unsigned cpus_of_cgroup(const char *root, const char *cgroup);
