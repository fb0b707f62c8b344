/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a program that the kernel refused. */
#pragma once

#include <stdint.h>

/* Sets *ret to the program's recursion_misses. -ENODATA where the kernel does not count them. */
int missed_runs_of_program(int prog_fd, uint64_t *ret);

/* The same for a kprobe, with what the probe itself missed. @link_fd: its bpf_link, or -1. */
int missed_runs_of_kprobe(int prog_fd, int link_fd, uint64_t *ret);

/* The same for a program on many functions (kprobe.multi). */
int missed_runs_of_multi(int prog_fd, int link_fd, uint64_t *ret);
