/* SPDX-License-Identifier: Apache-2.0 */
/* Proves that an attached seccomp probe sees what it should: a child makes two calls its own
 * filter denies, and the records must arrive and be right. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* @bulk_fd is the ring's map; its records are looked at, not taken. *@cookie, in the
 * programs' memory, is set to what marks the calls for the time of the test. Returns 0, or -errno
 * with a sentence in @error: -ENODATA if something was missing or wrong. */
int selftest_seccomp(int bulk_fd, uint64_t *cookie, char *error, size_t size);

/* A short storm of denials by several tasks on one CPU, which the programs take long over but do
 * not report (*quiet is set meanwhile): where tasks are preempted inside them, the kernel's count
 * of refused runs has grown afterwards. 0 or -errno. */
int selftest_storm(uint64_t *cookie, uint32_t *quiet);

/* Sets *cookie to what marks calls, for us and for others (trial-calls.h), until the end. Returns 0
 * or -errno. */
int selftest_begin(uint64_t *cookie);
void selftest_end(uint64_t *cookie);

/* As selftest_seccomp(), with one call that a supervisor refuses, beside others that wait for
 * theirs: more than twice the CPUs, to which return probes are limited by default; @at_least of
 * them. */
int selftest_sleepers(int bulk_fd, uint64_t *cookie, unsigned at_least, char *error, size_t size);
