/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a program that the kernel refused. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Sets *ret to the program's recursion_misses. -ENODATA where the kernel does not count them. */
int missed_runs_of_program(int prog_fd, uint64_t *ret);

/* The same for a kprobe, or one on many functions (@multi), with what the probe itself missed.
 * @link_fd: its bpf_link, or -1. */
int missed_runs_of_link(int prog_fd, int link_fd, bool multi, uint64_t *ret);
